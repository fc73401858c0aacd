# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""libvirt's own test driver as hypervisor, and a virt-install that writes domains for it."""

from __future__ import annotations

import lzma
import os
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import libvirt
import pytest
from lxml import etree

from ansible_collections.virtio.lab.plugins.module_utils._runner import Result

URI = "test:///default"
RELEASE = "6.12.5-test"
# Name in the file system: the module that modprobe is to load before it.
MODULES = {"failover": "", "virtio_net": "failover", "virtio_console": "", "virtio-rng": "", "evdev": ""}


@pytest.fixture(name="connection")
def open_connection() -> Iterator[libvirt.virConnect]:
    """Keep the test driver's world, with its running domain test and its network default, for one test."""
    libvirt.registerErrorHandler(lambda _context, _error: None, None)
    with libvirt.open(URI) as connection:
        yield connection
        # The world lasts as long as any connection to it, and a failed test keeps its own.
        for domain in connection.listAllDomains():
            if domain.name() != "test":
                active, persistent = domain.isActive(), domain.isPersistent()
                if active:
                    domain.destroy()
                if persistent:
                    domain.undefine()
        for network in connection.listAllNetworks(libvirt.VIR_CONNECT_LIST_NETWORKS_INACTIVE):
            network.undefine()


@pytest.fixture(autouse=True)
def _undefine_as_qemu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the test driver the flags for NVRAM and checkpoints, which it does not know."""
    undefine = libvirt.virDomain.undefineFlags
    known = libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | libvirt.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
    monkeypatch.setattr(libvirt.virDomain, "undefineFlags", lambda domain, flags: undefine(domain, flags & known))


@pytest.fixture(name="listening")
def _listening(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Have guests power off when they are asked to, by either way; the test driver knows one without a name only."""
    asked: list[int] = []

    def power_off(domain: libvirt.virDomain, way: int) -> None:
        asked.append(way)
        domain.shutdown()

    monkeypatch.setattr(libvirt.virDomain, "shutdownFlags", power_off)
    return asked


@pytest.fixture(name="deaf")
def _deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have guests take no notice of being asked."""
    monkeypatch.setattr(libvirt.virDomain, "shutdownFlags", lambda _domain, _way: None)


def words(option: str) -> dict[str, str]:
    """Split an option of virt-install as it does itself: at commas, by the rules of a shell's words."""
    splitter = shlex.shlex(option, posix=True)
    splitter.whitespace, splitter.whitespace_split, splitter.commenters = ",", True, ""
    return dict(word.partition("=")[::2] for word in splitter)


def virt_install(argv: Sequence[str], **_options: object) -> Result:
    """Print a domain as virt-install --print-xml does, in what the recipe is read from; the host has no links."""
    if argv[0] == "ip":
        return Result(0, "[]", "")
    given = dict(pairwise(argv))
    domain = etree.Element("domain", type=given["--virt-type"])
    for tag, text in {
        "name": given["--name"],
        "uuid": "11111111-2222-3333-4444-555555555555",
        "memory": str(int(given["--memory"]) * 1024),
        "vcpu": given["--vcpus"],
    }.items():
        etree.SubElement(domain, tag).text = text
    system = etree.SubElement(domain, "os")
    etree.SubElement(system, "type").text = "hvm"
    boot = words(given["--boot"])
    for tag, key in {"kernel": "kernel", "initrd": "initrd", "cmdline": "kernel_args"}.items():
        if key in boot:
            etree.SubElement(system, tag).text = boot[key]
    devices = etree.SubElement(domain, "devices")
    if given["--disk"] != "none":
        disk = etree.SubElement(devices, "disk", type="file", device="disk")
        etree.SubElement(disk, "source", file=words(given["--disk"])["path"])
        etree.SubElement(disk, "target", dev="vda", bus="virtio")
    for option in (value for key, value in pairwise(argv) if key == "--network"):
        nic = etree.SubElement(devices, "interface", type="network")
        etree.SubElement(nic, "mac", address=words(option)["mac"])
        etree.SubElement(nic, "source", network=words(option)["network"])
    if "log.file" in words(given["--serial"]):
        serial = etree.SubElement(devices, "serial", type="pty")
        etree.SubElement(serial, "log", file=words(given["--serial"])["log.file"])
    return Result(0, etree.tostring(domain, encoding="unicode"), "")


def script(tree: Path, name: str, body: str) -> None:
    """Put a program into tree."""
    path = tree / "usr/bin" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


@pytest.fixture(name="tree")
def tree_with_a_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a tree with a kernel image and modules: compressed, plain and built in."""
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}:/usr/sbin:/sbin")  # depmod and modprobe, for who is not root
    tree = tmp_path / "tree"
    (tree / "boot").mkdir(parents=True)
    (tree / f"boot/vmlinuz-{RELEASE}").write_bytes(b"kernel")
    folder = tree / "lib/modules" / RELEASE
    (folder / "kernel").mkdir(parents=True)
    for name, needed in MODULES.items():
        _compile(folder / f"kernel/{name}.ko", needed)
    plain = folder / "kernel/failover.ko"
    Path(f"{plain}.xz").write_bytes(lzma.compress(plain.read_bytes()))
    plain.unlink()
    (folder / "modules.order").touch()
    (folder / "modules.builtin").write_text("kernel/virtio_pci.ko\nkernel/button.ko\n")
    (folder / "modules.builtin.modinfo").write_bytes(b"virtio_pci.license=GPL\0button.license=GPL\0")
    subprocess.run(["depmod", "--basedir", str(tree), RELEASE], check=True)
    return tree


def _compile(path: Path, needed: str) -> None:
    """Write an object that depmod takes for a kernel module."""
    words = ["license=GPL", *([f"softdep=pre: {needed}"] if needed else [])]
    source = "\n".join(
        f'__attribute__((section(".modinfo"), used)) static const char info{number}[] = "{word}";'
        for number, word in enumerate(words)
    )
    subprocess.run(["gcc", "-c", "-x", "c", "-o", str(path), "-"], input=source.encode(), check=True)

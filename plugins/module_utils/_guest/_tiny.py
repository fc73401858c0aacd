# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tiny guest: a distribution's kernel and an initramfs with what a datapath measurement needs."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from pathlib import Path
from typing import NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._frontends import FRONTENDS
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._guest import _initramfs, _kernel, _tiny_files, _tree
from ansible_collections.virtio.lab.plugins.module_utils._guest._initramfs import Entry
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner

PROGRAMS = ("busybox", "iperf3", "netserver", "ethtool", "lspci", "qemu-ga", "netperf")
# Not linked but loaded when needed: without it glibc ends a program that cancels a thread, as iperf3 does since 3.16.
LOADED_LATER = ("libgcc_s.so.1",)
APPLETS = ("init", "insmod", "udhcpc", "uevent", "acpid", "poweroff", "ip", "grep", "usleep")
# button and evdev carry the power button of `virsh shutdown` to acpid.
MODULES = ("virtio_pci", "virtio_net", "virtio_console", "virtio_rng", "button", "evdev")
# The guest's drivers of the NICs that datapaths give it.
NIC_MODULES = tuple(frontend.module for frontend in FRONTENDS if frontend.module not in MODULES)
TOOLS = ("cpio", "modprobe")
PCI_IDS = ("/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids")
# Realtek, Red Hat (virtio, QEMU's bridges), Bochs and Intel (chipset, NICs, VFs): all that lspci meets in a guest.
PCI_VENDORS = ("10ec", "1234", "1af4", "1b36", "8086")
KERNEL_ARGS = "console=ttyS0 quiet random.trust_cpu=on"


class Image(NamedTuple):
    """A tiny guest that could be written: sources on this machine and what the guest will hold."""

    kernel: _kernel.Kernel
    entries: list[Entry]
    digest: str


def read(root: str, runner: Runner) -> Image:
    """Collect the guest's content from root.

    Raises LabError that names every program, applet, file or module that is missing; nothing is written before.
    """
    _require_tools()
    programs = _find_programs(root)
    _require_applets(root, programs["busybox"], runner)
    kernel = _kernel.newest(root)
    modules = _kernel.modules(root, kernel.release, MODULES, runner, NIC_MODULES)
    entries = _initramfs.with_parents(
        [
            *_tiny_files.skeleton(),
            *_program_entries(root, programs, runner),
            *(
                _initramfs.regular(f"usr/lib/modules/{module.name}", _kernel.content(module, runner))
                for module in modules
            ),
            _initramfs.regular("etc/modules", "".join(f"/lib/modules/{each.name}\n" for each in modules).encode()),
            _initramfs.regular(PCI_IDS[0].lstrip("/"), _pci_ids(root)),
        ]
    )
    return Image(kernel, entries, _digest(kernel, entries))


def present(dest: str) -> Optional[str]:
    """Return the digest of the image in dest, None unless its files are those that were written with that digest."""
    try:
        manifest = json.loads(Path(dest, "manifest.json").read_text(encoding="utf-8"))
        whole = all(_sha256(Path(dest, name)) == manifest["sha256"][name] for name in ("vmlinuz", "initrd.img"))
        return manifest["digest"] if whole else None
    except (OSError, ValueError, KeyError):
        return None


def write(image: Image, dest: str, runner: Runner) -> None:
    """Write vmlinuz, initrd.img and manifest.json into dest; the manifest comes last, so a torn write is seen."""
    os.makedirs(dest, exist_ok=True)
    target = Path(dest)
    needed = os.path.getsize(image.kernel.image) + sum(len(entry.content) for entry in image.entries)
    free = shutil.disk_usage(dest).free
    if free < 2 * needed:
        raise LabError(f"{dest} has {free >> 20} MiB free; the tiny guest wants {2 * needed >> 20} MiB")
    shutil.copyfile(image.kernel.image, target / "vmlinuz.new")
    _initramfs.write(image.entries, str(target / "initrd.img.new"), runner)
    sums = {name: _sha256(target / f"{name}.new") for name in ("vmlinuz", "initrd.img")}
    manifest = {"digest": image.digest, "kernel_release": image.kernel.release, "sha256": sums}
    (target / "manifest.json.new").write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    for name in ("vmlinuz", "initrd.img", "manifest.json"):
        os.chmod(target / f"{name}.new", 0o644 if name == "manifest.json" else 0o600)
        os.replace(target / f"{name}.new", target / name)


def _require_tools() -> None:
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        raise LabError(f"building the tiny guest takes {', '.join(missing)} on this host; install cpio and kmod")


def _find_programs(root: str) -> dict[str, str]:
    found = {name: _tree.find_program(root, name) for name in PROGRAMS}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        raise LabError(f"the tiny guest needs {', '.join(missing)} from {root}: install them there")
    return {name: path for name, path in found.items() if path}


def _require_applets(root: str, busybox: str, runner: Runner) -> None:
    listed = runner(_tree.argv_in(root, busybox, "--list")).stdout.split()
    missing = [applet for applet in APPLETS if applet not in listed]
    if missing:
        raise LabError(f"the busybox of {root} lacks {', '.join(missing)}; a fuller one is the package busybox-static")


def _program_entries(root: str, programs: dict[str, str], runner: Runner) -> list[Entry]:
    shared = {path for program in programs.values() for path in _tree.libraries(root, program, runner)}
    later = {os.path.join(os.path.dirname(path), name) for path in shared for name in LOADED_LATER}
    shared |= {path for path in later if _tree.resolve(root, path)}
    places = {f"usr/bin/{name}": path for name, path in programs.items()}
    places.update((_under_usr(path), path) for path in shared)
    return [_initramfs.regular(place, _tree.read_bytes(root, path), 0o755) for place, path in places.items()]


def _under_usr(library: str) -> str:
    return library.lstrip("/") if library.startswith("/usr/") else f"usr{library}"


def _pci_ids(root: str) -> bytes:
    """Return the database of lspci cut down to PCI_VENDORS and the device classes."""
    found = next((path for path in (_tree.resolve(root, place) for place in PCI_IDS) if path), None)
    if found is None:
        raise LabError(f"the tiny guest needs pci.ids from {root}: install the package pci.ids or hwdata there")
    text = Path(found).read_text(encoding="utf-8", errors="replace")
    blocks = re.split(r"^(?=[0-9a-fC])", text, flags=re.MULTILINE)
    kept = [block for block in blocks if block.startswith((*PCI_VENDORS, "C "))]
    return "".join(line for block in kept for line in block.splitlines(True) if not line.startswith("#")).encode()


def _digest(kernel: _kernel.Kernel, entries: list[Entry]) -> str:
    both = f"{_sha256(Path(kernel.image))}\n{_initramfs.digest(entries)}\n{KERNEL_ARGS}\n"
    return hashlib.sha256(both.encode()).hexdigest()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

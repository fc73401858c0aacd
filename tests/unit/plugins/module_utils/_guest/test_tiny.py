# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tiny guest from a tree as a distribution has it: what it holds, and what is said where something is missing."""

from __future__ import annotations

import shutil
import stat
from collections import namedtuple
from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._guest import _tiny, _tiny_files, _tree
from ansible_collections.virtio.lab.plugins.module_utils._runner import run

from . import _cpio
from .conftest import RELEASE, script


@pytest.fixture(name="whole")
def whole_tree(tree: Path) -> Path:
    """Return a tree with everything: programs that are scripts, but for ethtool, which is a real one."""
    for name in ("iperf3", "netserver", "netperf", "lspci", "qemu-ga"):
        script(tree, name, "")
    script(tree, "busybox", f"printf '%s\\n' {' '.join(_tiny.APPLETS)}")
    for path in ("/usr/bin/env", *_tree.libraries("/", "/usr/bin/env", run)):
        place = tree / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)
    (tree / "usr/sbin").mkdir()
    (tree / "usr/bin/env").rename(tree / "usr/sbin/ethtool")
    (tree / "usr/share/misc").mkdir(parents=True)
    (tree / "usr/share/misc/pci.ids").write_text(
        "# comment\n1af4  Red Hat, Inc.\n\t1041  Virtio network device\n10de  NVIDIA\n\t0001  not here\n"
        "C 02  Network controller\n\t00  Ethernet controller\n"
    )
    return tree


def test_the_guest_holds_programs_libraries_modules_and_scripts(whole: Path, tmp_path: Path) -> None:
    libc = next(Path(path) for path in _tree.libraries("/", "/usr/bin/env", run) if "libc.so" in path)
    (whole / str(libc).lstrip("/")).with_name("libgcc_s.so.1").write_bytes(b"loaded later")
    image = _tiny.read(str(whole), run)
    dest = tmp_path / "image"
    _tiny.write(image, str(dest), run)
    assert (dest / "vmlinuz").read_bytes() == (whole / f"boot/vmlinuz-{RELEASE}").read_bytes()
    found = {entry.path: entry for entry in _cpio.read((dest / "initrd.img").read_bytes())}
    assert found["usr/bin/ethtool"].content == Path("/usr/bin/env").read_bytes()
    assert stat.S_IMODE(found["usr/bin/busybox"].mode) == 0o755
    names = {Path(path).name for path in found if path.startswith("usr/lib")}
    assert {Path(library).name for library in _tree.libraries("/", "/usr/bin/env", run)} <= names
    assert found[f"usr{libc.parent}/libgcc_s.so.1"].content == b"loaded later"
    modules = found["etc/modules"].content.decode().splitlines()
    assert modules[:2] == ["/lib/modules/failover.ko", "/lib/modules/virtio_net.ko"]
    assert all(found[f"usr{path}"].content[:4] == b"\x7fELF" for path in modules)
    assert found["usr/share/misc/pci.ids"].content.decode() == (
        "1af4  Red Hat, Inc.\n\t1041  Virtio network device\nC 02  Network controller\n\t00  Ethernet controller\n"
    )


def test_the_same_tree_gives_the_same_digest_and_another_kernel_another(whole: Path) -> None:
    digest = _tiny.read(str(whole), run).digest
    assert _tiny.read(str(whole), run).digest == digest
    (whole / f"boot/vmlinuz-{RELEASE}").write_bytes(b"another")
    assert _tiny.read(str(whole), run).digest != digest


def test_an_image_is_there_only_when_it_is_whole(whole: Path, tmp_path: Path) -> None:
    dest = tmp_path / "image"
    assert _tiny.present(str(dest)) is None
    image = _tiny.read(str(whole), run)
    _tiny.write(image, str(dest), run)
    assert _tiny.present(str(dest)) == image.digest
    (dest / "initrd.img").write_bytes(b"torn")
    assert _tiny.present(str(dest)) is None
    _tiny.write(image, str(dest), run)
    (dest / "manifest.json").write_text("{}")
    assert _tiny.present(str(dest)) is None


def test_a_full_disk_is_seen_before_anything_is_written(whole: Path, tmp_path: Path, monkeypatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(1 << 30, 1 << 30, 1000))
    with pytest.raises(LabError, match="0 MiB free"):
        _tiny.write(_tiny.read(str(whole), run), str(tmp_path / "image"), run)
    assert list((tmp_path / "image").iterdir()) == []


def test_programs_that_are_missing_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="busybox, iperf3, netserver, ethtool, lspci, qemu-ga, netperf"):
        _tiny.read(str(tmp_path), run)


def test_applets_that_are_missing_are_named(whole: Path) -> None:
    script(whole, "busybox", "printf '%s\\n' init insmod ip grep poweroff usleep")
    with pytest.raises(LabError, match="lacks udhcpc, uevent, acpid; a fuller one"):
        _tiny.read(str(whole), run)


def test_the_names_of_pci_devices_are_needed(whole: Path) -> None:
    (whole / "usr/share/misc/pci.ids").unlink()
    with pytest.raises(LabError, match=r"needs pci\.ids from"):
        _tiny.read(str(whole), run)


def test_tools_that_are_missing_here_are_named(whole: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(LabError, match="takes cpio, modprobe on this host"):
        _tiny.read(str(whole), run)


def test_the_server_does_not_write_to_the_console_while_it_is_measured():
    inittab = next(entry.content.decode() for entry in _tiny_files.skeleton() if entry.path == "etc/inittab")
    assert "::respawn:/bin/iperf3 -s >/dev/null\n" in inittab

# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The initramfs by the real cpio, and programs found in a tree that is not '/'."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._guest import _initramfs, _kernel, _tiny, _tiny_files, _tree
from ansible_collections.virtio.lab.plugins.module_utils._runner import run


def entries() -> list[_initramfs.Entry]:
    return _initramfs.with_parents(
        [
            _initramfs.regular("usr/bin/tool", b"#!/bin/sh\n", 0o755),
            _initramfs.link("bin", "usr/bin"),
            _initramfs.regular("etc/motd", b"hello\n"),
        ]
    )


def test_folders_come_before_what_they_hold() -> None:
    assert [entry.path for entry in entries()] == ["bin", "etc", "etc/motd", "usr", "usr/bin", "usr/bin/tool"]


@pytest.mark.skipif(shutil.which("cpio") is None, reason="cpio is not installed")
def test_the_same_entries_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        _initramfs.write(entries(), str(tmp_path / name), run)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    listed = run(["cpio", "--list", "--verbose", "--quiet", f"--file={tmp_path / 'one'}"]).stdout
    assert "bin -> usr/bin" in listed
    assert "-rwxr-xr-x" in listed


def test_digest_sees_modes_and_contents() -> None:
    changed = [entry._replace(mode=entry.mode & ~0o111) for entry in entries()]
    assert _initramfs.digest(entries()) == _initramfs.digest(entries())
    assert _initramfs.digest(entries()) != _initramfs.digest(changed)


def test_absolute_links_stay_inside_the_tree(tmp_path: Path) -> None:
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "bin").symlink_to("/usr/bin")
    tool = tmp_path / "usr/bin/real"
    tool.write_bytes(b"")
    tool.chmod(0o755)
    (tmp_path / "usr/bin/tool").symlink_to("/bin/real")
    assert _tree.resolve(str(tmp_path), "/bin/tool") == str(tool)
    assert _tree.find_program(str(tmp_path), "tool") == "/usr/bin/tool"


def test_a_loop_of_links_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert _tree.resolve(str(tmp_path), "/a") is None


def test_libraries_of_a_real_program() -> None:
    listed = _tree.libraries("/", "/usr/bin/env", run)
    assert any("libc.so" in path for path in listed)
    assert _tree.interpreter("/usr/bin/env") in listed


def test_a_script_has_no_libraries(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(f"#!{sys.executable}\n")
    assert _tree.interpreter(str(script)) is None


def test_the_newest_kernel_with_modules(tmp_path: Path) -> None:
    for release in ("6.9.1", "6.12.5", "6.13.0"):
        (tmp_path / "lib/modules" / release).mkdir(parents=True)
        (tmp_path / "boot").mkdir(exist_ok=True)
        (tmp_path / f"boot/vmlinuz-{release}").write_bytes(b"")
    for release in ("6.9.1", "6.12.5"):
        (tmp_path / "lib/modules" / release / "modules.dep").write_text("")
    assert _kernel.newest(str(tmp_path)).release == "6.12.5"


def test_what_is_missing_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="busybox, iperf3, netserver, ethtool, lspci, qemu-ga"):
        _tiny.read(str(tmp_path), run)


def test_the_server_does_not_write_to_the_console_while_it_is_measured() -> None:
    inittab = next(entry.content.decode() for entry in _tiny_files.skeleton() if entry.path == "etc/inittab")
    assert "::respawn:/bin/iperf3 -s >/dev/null\n" in inittab

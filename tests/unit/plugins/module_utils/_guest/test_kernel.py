# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kernels and modules of a tree, found by the real depmod and modprobe; the modules are compiled here."""

from __future__ import annotations

import gzip
import lzma
from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._guest import _kernel
from ansible_collections.virtio.lab.plugins.module_utils._guest._kernel import Module
from ansible_collections.virtio.lab.plugins.module_utils._runner import run

from .conftest import RELEASE


def test_the_newest_kernel_with_modules(tmp_path: Path) -> None:
    for release in ("6.9.1", "6.12.5", "6.13.0"):
        (tmp_path / "lib/modules" / release).mkdir(parents=True)
        (tmp_path / "boot").mkdir(exist_ok=True)
        (tmp_path / f"boot/vmlinuz-{release}").write_bytes(b"")
    for release in ("6.9.1", "6.12.5"):
        (tmp_path / "lib/modules" / release / "modules.dep").write_text("")
    assert _kernel.newest(str(tmp_path)).release == "6.12.5"


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("6.9.1", "6.12.5"),
        ("6.12-rc1", "6.12"),
        ("6.12~rc1-amd64", "6.12-amd64"),
        ("6.1.0-9-amd64", "6.1.0-10-amd64"),
        ("6.1", "6.1.1"),
    ],
)
def test_releases_are_compared_as_numbers(older: str, newer: str) -> None:
    assert max(older, newer, key=_kernel._version_key) == newer


def test_an_image_may_lie_beside_its_modules(tmp_path: Path) -> None:
    folder = tmp_path / "lib/modules/6.12.5"
    folder.mkdir(parents=True)
    for name in ("vmlinuz", "modules.dep"):
        (folder / name).write_bytes(b"")
    assert _kernel.newest(str(tmp_path)).image == str(folder / "vmlinuz")


def test_a_tree_without_a_kernel_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="holds no kernel with its modules"):
        _kernel.newest(str(tmp_path))


def test_modules_come_after_what_they_need_and_built_in_ones_not_at_all(tree: Path) -> None:
    found = _kernel.modules(str(tree), RELEASE, ["virtio_net", "virtio_pci", "virtio_console"], run)
    assert [module.name for module in found] == ["failover.ko", "virtio_net.ko", "virtio_console.ko"]
    assert all(Path(module.path).is_relative_to(tree) for module in found)


def test_a_module_that_two_need_is_loaded_once(tree: Path) -> None:
    found = _kernel.modules(str(tree), RELEASE, ["virtio_net", "failover", "virtio_net"], run)
    assert [module.name for module in found] == ["failover.ko", "virtio_net.ko"]


def test_all_modules_that_are_missing_are_named(tree: Path) -> None:
    with pytest.raises(LabError, match=f"kernel {RELEASE} of .* has no module one, two"):
        _kernel.modules(str(tree), RELEASE, ["one", "virtio_net", "two"], run)


def test_every_compression_is_undone(tmp_path: Path) -> None:
    plain = b"\x7fELF" + bytes(1000)
    (tmp_path / "a.ko").write_bytes(plain)
    (tmp_path / "a.ko.gz").write_bytes(gzip.compress(plain))
    (tmp_path / "a.ko.xz").write_bytes(lzma.compress(plain))
    run(["zstd", "--quiet", str(tmp_path / "a.ko")])
    for name in ("a.ko", "a.ko.gz", "a.ko.xz", "a.ko.zst"):
        assert _kernel.content(Module("a.ko", str(tmp_path / name)), run) == plain

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The initramfs, made by the real cpio and read back."""

from __future__ import annotations

import stat
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.virtio.lab.plugins.module_utils._guest import _initramfs
from ansible_collections.virtio.lab.plugins.module_utils._guest._initramfs import Entry
from ansible_collections.virtio.lab.plugins.module_utils._runner import run

from . import _cpio


def entries() -> list[Entry]:
    return _initramfs.with_parents(
        [
            _initramfs.regular("usr/bin/tool", b"#!/bin/sh\n", 0o755),
            _initramfs.link("bin", "usr/bin"),
            _initramfs.regular("etc/motd", b"hello\n"),
        ]
    )


def test_folders_come_before_what_they_hold():
    assert [entry.path for entry in entries()] == ["bin", "etc", "etc/motd", "usr", "usr/bin", "usr/bin/tool"]


def test_the_same_entries_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        _initramfs.write(entries(), str(tmp_path / name), run)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


folders = st.lists(st.sampled_from(["a", "b", "ä c"]), max_size=3).map("/".join)
# A name that is no folder's, so that no file lies below another.
names = st.text("xyz -\n'é", min_size=1, max_size=5).map("f{}".format)
paths = st.builds(lambda folder, name: f"{folder}/{name}".lstrip("/"), folders, names)
files = st.builds(
    _initramfs.regular, paths, st.binary(max_size=50), st.sampled_from([0o644, 0o755, 0o600, 0o4755, 0o000])
)
# cpio leaves out a ./ that a target begins with, and the same is meant without it.
targets = st.text("ab/. é", min_size=1).filter(lambda target: not target.startswith("./"))
links = st.builds(_initramfs.link, paths, targets)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(files | links, max_size=8))
def test_what_goes_in_is_what_a_kernel_finds(tmp_path: Path, wanted: list[Entry]) -> None:
    laid = _initramfs.with_parents(wanted)
    _initramfs.write(laid, str(tmp_path / "archive"), run)
    found = _cpio.read((tmp_path / "archive").read_bytes())
    assert found == laid
    assert {entry.path for entry in wanted} <= {entry.path for entry in found}
    assert all(stat.S_ISDIR(entry.mode) for entry in found if entry.path not in {each.path for each in wanted})


@given(st.lists(files | links, min_size=1, max_size=5), st.data())
def test_digest_sees_paths_modes_and_contents(wanted: list[Entry], data: st.DataObject) -> None:
    laid = _initramfs.with_parents(wanted)
    assert _initramfs.digest(laid) == _initramfs.digest(list(laid))
    which = data.draw(st.integers(0, len(laid) - 1))
    changed = data.draw(
        st.sampled_from(
            [
                laid[which]._replace(path=laid[which].path + "0"),
                laid[which]._replace(mode=laid[which].mode ^ 0o100),
                laid[which]._replace(content=laid[which].content + b"0"),
            ]
        )
    )
    assert _initramfs.digest([*laid[:which], changed, *laid[which + 1 :]]) != _initramfs.digest(laid)

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A folder that cannot be written to is told before anything is written, in check mode too."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._named import folder
from ansible_collections.virtio.lab.plugins.plugin_utils._report._report_files import Write, apply, changes


@pytest.mark.parametrize("given", ["", " ", "a\0b"])
def test_no_path_is_not_the_current_folder(given: str) -> None:
    with pytest.raises(LabError, match=r"dest is .* which is no path"):
        folder("dest", given)


def test_a_path_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert folder("dest", "my out") == tmp_path / "my out"


def test_what_cannot_be_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for dest in (tmp_path / "file", tmp_path / "file/in/it"):
        with pytest.raises(LabError, match=r"cannot be a folder, as .*/file is a file"):
            changes({"a": "x"}, dest)


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    with pytest.raises(LabError, match=r"/b is a folder, and a file is to be there"):
        changes({"a": "x", "b": "y"}, tmp_path)


def test_nothing_is_left_of_what_could_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(OSError, match="directory"):
        apply([Write(tmp_path / "a", None, "x")])
    assert [path.name for path in tmp_path.iterdir()] == ["a"]

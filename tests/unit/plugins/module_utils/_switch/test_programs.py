# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file of a build is one that libvirt's XML can name."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._switch._programs import _check_file


@pytest.mark.parametrize("name", ["a\x1bb", "a\nb", "a\0b", "a "])
def test_a_path_that_no_xml_can_hold(tmp_path: Path, name: str) -> None:
    if "\0" not in name:
        (tmp_path / name).write_text("there")
    with pytest.raises(LabError, match="a path without control characters, or spaces at its end, would be right"):
        _check_file("kernel", str(tmp_path / name))


def test_a_path_with_a_space_inside(tmp_path: Path) -> None:
    (tmp_path / "a b").write_text("there")
    _check_file("kernel", str(tmp_path / "a b"))

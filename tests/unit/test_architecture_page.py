# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/architecture.md names no file or folder that is not there; of NAME its folder is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
TOPS = (
    "benchmarks",
    "changelogs",
    "docs",
    "labs",
    "meta",
    "molecule",
    "playbooks",
    "plugins",
    "roles",
    "scripts",
    "tests",
)
NAMED = sorted(set(re.findall(rf"`((?:{'|'.join(TOPS)})/[\w./-]*)`", PAGE)))
ROOMS = {
    path.relative_to(ROOT).as_posix()
    for part in ("module_utils", "plugin_utils")
    for path in (ROOT / "plugins" / part).rglob("__init__.py")
}


def test_there_are_names():
    assert len(NAMED) > 60


@pytest.mark.parametrize("name", NAMED)
def test_each_name_is_there(name):
    before, placeholder, _after = name.replace("_ROOM", "NAME").replace("_NAME", "NAME").partition("NAME")
    assert (ROOT / before).is_dir() if placeholder else (ROOT / name).exists(), name


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_each_room_has_its_row(room):
    folder = room.removesuffix("/__init__.py")
    inside = folder.rpartition("/")[2]
    rows = [line for line in PAGE.splitlines() if line.startswith("| `plugins/")]
    assert any(f"`{folder}/`" in row or (folder.rpartition("/")[0] in row and f"`{inside}`" in row) for row in rows), (
        folder
    )

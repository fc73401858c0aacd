# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Captured guests: a real QEMU process on either datapath, written back as a /proc tree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "datapath"


class Guest:
    """A capture and the /proc tree made of it; attributes may be changed before the tree is written."""

    def __init__(self, name: str, root: Path) -> None:
        self.data: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
        self.root = str(root)
        self.pid = self.data["pid"]
        home = root / str(self.pid)
        (home / "fd").mkdir(parents=True)
        home.joinpath("cmdline").write_text("".join(f"{word}\0" for word in self.data["argv"]), encoding="utf-8")
        home.joinpath("comm").write_text("qemu-system-x86\n", encoding="utf-8")
        for number, target in self.data["links"].items():
            home.joinpath("fd", number).symlink_to(target)
        for tid, task in self.data["tasks"].items():
            self.add_thread(home / "task" / tid, task["comm"], task["schedstat"])

    def add_thread(self, place: Path, comm: str, schedstat: str = "5 0 1") -> None:
        place.mkdir(parents=True)
        place.joinpath("comm").write_text(f"{comm}\n", encoding="utf-8")
        place.joinpath("schedstat").write_text(f"{schedstat}\n", encoding="utf-8")

    def turn_worker_into_kernel_thread(self, tid: int) -> None:
        """Make the capture look like Linux before 6.4."""
        for old in Path(self.root, str(self.pid), "task").iterdir():
            if old.joinpath("comm").read_text(encoding="utf-8").startswith("vhost-"):
                for file in old.iterdir():
                    file.unlink()
                old.rmdir()
        place = Path(self.root, str(tid))
        self.add_thread(place, f"vhost-{self.pid}", "77 0 1")
        place.joinpath("cmdline").write_text("", encoding="utf-8")


@pytest.fixture
def guest(tmp_path):
    """Return a function that unpacks the capture of that name (vhost or qemu)."""
    return lambda name: Guest(name, tmp_path / name)

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A machine from what was captured of a real one: sysfs as a tree, `ip` as a program that prints what it printed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._runner import Result
from ansible_collections.virtio.lab.plugins.module_utils._sriov._host import Host

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures" / "sriov"


class Machine:
    """links: what `ip` shows here; namespaces: what it shows elsewhere, by the words before its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.links: list[dict[str, Any]] = json.loads((FIXTURES / "links-iproute2-6.15.json").read_text())
        self.netns = (FIXTURES / "netns-iproute2-6.15.json").read_text()
        self.calls: list[list[str]] = []
        self.batch_error = ""
        self.on_batch: Callable[[str], None] = lambda lines: None
        self.host = Host(self.run, str(root / "sys"), str(root / "proc"), str(root / "run/netns"))
        for path, what in json.loads((FIXTURES / "sysfs-6.12.json").read_text()).items():
            self.write(path, what)
        self.process(1, "/sbin/init", namespace="self")
        (root / "proc/self").symlink_to("1")
        self.card = root / "sys/devices/pci0000:00/0000:00:04.0/0000:01:00.0"

    def run(self, argv, *, stdin=None, check=True, **_) -> Result:
        self.calls.append(argv)
        if "-batch" in argv:
            self.on_batch(stdin)
            return Result(1 if self.batch_error else 0, "", self.batch_error)
        if argv[0] == "modprobe":
            return Result(0 if "uio" in argv else 1, "", "")
        if argv[:2] == ["ip", "-j"]:
            return Result(0, json.dumps(self.links), "")
        return Result(0, self.netns, "")

    def write(self, path: str, what: Any = "") -> None:
        """A file, a symbolic link or a directory, as in the fixture."""
        place = self.root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if what == {"directory": True}:
            place.mkdir(exist_ok=True)
        elif isinstance(what, dict):
            place.symlink_to(what["link"])
            (place.parent / what["link"]).resolve().mkdir(parents=True, exist_ok=True)
        else:
            place.write_text(what)

    def process(self, pid: int, *argv: str, namespace: str, holds: str = "") -> None:
        """A process in a namespace, perhaps with a file open."""
        self.write(f"/proc/{pid}/cmdline", "\0".join(argv) + "\0")
        self.write(f"/ns/{namespace}")
        (self.root / f"proc/{pid}/ns").mkdir()
        (self.root / f"proc/{pid}/ns/net").symlink_to(self.root / "ns" / namespace)
        (self.root / f"proc/{pid}/fd").mkdir()
        if holds:
            (self.root / f"proc/{pid}/fd/9").symlink_to(holds)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)

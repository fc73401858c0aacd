# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which processes hold a TUN/TAP device: /proc/PID/fdinfo of an open /dev/net/tun names it (`iff:`)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Collection, Dict, Iterator, List, Tuple

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Action


@dataclass(frozen=True)
class Holder:
    """A process with the device open."""

    pid: int
    comm: str

    def __str__(self) -> str:
        return f"{self.comm} (pid {self.pid})"


def holders(names: Collection[str], proc: str = "/proc") -> Dict[str, List[Holder]]:
    """Holders by device name, for the names asked about; a device that nobody holds is not in the result."""
    found: Dict[str, List[Holder]] = {}
    for pid in sorted(int(entry) for entry in os.listdir(proc) if entry.isdigit()):
        for name in sorted({iff for _fd, iff in _held(proc, pid) if iff in names}):
            found.setdefault(name, []).append(Holder(pid, _read(f"{proc}/{pid}/comm").strip()))
    return found


def refuse_held(actions: Collection[Action], held: Dict[str, List[Holder]]) -> None:
    """Raises LabError for the first action that would pull a device from under a process."""
    for action in actions:
        if action.cuts and held.get(action.device):
            by = ", ".join(str(holder) for holder in held[action.device])
            raise LabError(
                f"device {action.label} is held by {by} and the change {action.cuts}; "
                "stop the process first, or allow it with force: true"
            )


def _held(proc: str, pid: int) -> Iterator[Tuple[str, str]]:
    try:
        fds = os.listdir(f"{proc}/{pid}/fd")
    except OSError:  # the process ended meanwhile
        return
    for fd in fds:
        try:
            if not os.readlink(f"{proc}/{pid}/fd/{fd}").endswith("/net/tun"):
                continue
        except OSError:
            continue
        for line in _read(f"{proc}/{pid}/fdinfo/{fd}").splitlines():
            if line.startswith("iff:"):
                yield fd, line[len("iff:"):].strip()


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""

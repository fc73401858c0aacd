# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A QEMU process as /proc shows it: its argv and the devices it holds open.

Every function takes the root of /proc, so that captured trees can be read as well as the live one.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError

PROC = "/proc"

_DEVICES = (
    (re.compile(r"/dev/vhost-net\Z"), "vhost_net"),
    (re.compile(r"/dev/net/tun\Z"), "tun"),
    (re.compile(r"/dev/tap[0-9]{1,10}\Z"), "tap"),
    (re.compile(r"/dev/vfio/([0-9]{1,10}|devices/vfio[0-9]{1,10})\Z"), "vfio"),
)
_IFF = re.compile(r"^iff:[ \t]{0,9}(\S{1,64})$", re.MULTILINE)


def qemu_pid(uuid: str, root: str = PROC) -> Optional[int]:
    """Return the pid of the QEMU process that libvirt started with -uuid uuid, None when there is none."""
    for pid in pids(root):
        words = argv(pid, root)
        if "-uuid" in words[:-1] and words[words.index("-uuid") + 1] == uuid:
            return pid
    return None


def argv(pid: int, root: str = PROC) -> list[str]:
    """Return the command line of pid; [] for a kernel thread and for a process that has gone."""
    try:
        return Path(root, str(pid), "cmdline").read_text(encoding="utf-8", errors="replace").split("\0")[:-1]
    except OSError:
        return []


def is_stopped(pid: int, root: str = PROC) -> bool:
    """Return whether pid was stopped, by a signal or a debugger, so that it does nothing until it is let go on."""
    try:
        stat = Path(root, str(pid), "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    # The state comes after the name, which is in brackets and may have some of its own.
    return stat.rpartition(")")[2].lstrip()[:1] in ("T", "t")


def exe(pid: int, root: str = PROC) -> Optional[str]:
    """Return the file that pid runs, with " (deleted)" behind it where that has gone; None where it may not be seen."""
    try:
        return os.readlink(f"{root}/{pid}/exe")
    except OSError:
        return None


def links(pid: int, root: str = PROC) -> dict[int, str]:
    """Return what each file descriptor of pid points at.

    Raises LabError when this user may not look, or when the process has gone.
    """
    folder = f"{root}/{pid}/fd"
    try:
        names = os.listdir(folder)
    except PermissionError as denied:
        raise LabError(f"{folder} may be read by root only; use become: true") from denied
    except FileNotFoundError as gone:
        raise LabError(f"no process {pid}: QEMU has ended") from gone
    found = {}
    for name in names:
        try:
            found[int(name)] = os.readlink(f"{folder}/{name}")
        except FileNotFoundError:  # closed since it was listed
            continue
    return found


def taps(pid: int, root: str = PROC) -> dict[int, str]:
    """Return which TAP each open /dev/net/tun of pid feeds, by descriptor; those that feed none are left out.

    The kernel tells in fdinfo (`iff`). Raises LabError as links() does.
    """
    found = {}
    for number, target in links(pid, root).items():
        if target == "/dev/net/tun":
            name = _IFF.search(read(Path(root, str(pid), "fdinfo", str(number))))
            if name:
                found[number] = name.group(1)
    return found


def count_devices(targets: dict[int, str]) -> dict[str, int]:
    """Count, in what links() returned, the descriptors of the devices a datapath can be told by."""
    counts = {kind: 0 for _pattern, kind in _DEVICES}
    for target in targets.values():
        for pattern, kind in _DEVICES:
            counts[kind] += bool(pattern.match(target))
    return counts


def fds(pid: int, root: str = PROC) -> dict[str, int]:
    """Return how many descriptors pid holds of /dev/vhost-net, /dev/net/tun, /dev/tapN and VFIO groups."""
    return count_devices(links(pid, root))


def pids(root: str) -> list[int]:
    """Return every pid, in order."""
    return sorted(int(name) for name in os.listdir(root) if name.isdigit())


def read(path: Path) -> str:
    """Return the text of a file of /proc without its last line break, "" where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").rstrip("\n")
    except OSError:
        return ""

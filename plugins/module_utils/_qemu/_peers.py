# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The process at the other end of a NIC's socket: who it is, and whether it has mapped the guest's memory.

QEMU connects to a socket that the other process listens at, over vhost-user or, with passt, as to a wire. The kernel
shows what is accepted there under the same path, and whose descriptor it is.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Dict, Iterable, Iterator, NamedTuple, Optional, Set, Tuple

from ansible_collections.virtio.lab.plugins.module_utils._qemu import _ovs_control
from ansible_collections.virtio.lab.plugins.module_utils._qemu._process import PROC, argv, is_stopped, pids, read

_CONNECTED = "03"
# Num RefCount Protocol Flags Type St Inode Path
_COLUMNS = 8
# The memory of a guest is one of these; private mappings are a program's own.
_SHARED = "s"
# How the programs of Open vSwitch are called, which have threads that poll one port and not another.
_SWITCH = "ovs-vswitchd"


class Peer(NamedTuple):
    """A process: its pid, the name of its program, whether memory of QEMU's is mapped in it too.

    stopped: whether it does nothing until somebody lets it go on. idle: why it moves no packet all the same, in words,
    None where nothing tells that.
    """

    pid: int
    program: str
    has_memory: bool
    stopped: bool = False
    idle: Optional[str] = None


def peers_of(pid: int, paths: Iterable[str], root: str = PROC) -> Dict[str, Peer]:
    """Return by path the process that has accepted a connection at that socket; pid is QEMU's.

    A path at which nobody has is left out, as is one that this user may not see.
    """
    wanted = set(paths)
    accepted: Dict[str, str] = {}
    for inode, path in _connected(pid, root) if wanted else ():
        if path in wanted:
            accepted[f"socket:[{inode}]"] = path
    found: Dict[str, Peer] = {}
    for other in pids(root) if accepted else ():
        for path in _held(other, accepted, root) if other != pid else ():
            program = os.path.basename(next(iter(argv(other, root)), ""))
            shares = bool(_mapped(other, root) & _mapped(pid, root))
            stopped = is_stopped(other, root)
            # What was stopped would not answer, and what has no memory has said so.
            asked = shares and not stopped and program.startswith(_SWITCH)
            found[path] = Peer(other, program, shares, stopped, _ovs_control.idle(other, path, root) if asked else None)
    return found


def passt_sockets(pid: int, domain_id: int, aliases: Iterable[str], root: str = PROC) -> Dict[str, str]:
    """Return by a NIC's alias the path at which its passt has accepted QEMU; libvirt does not tell it.

    libvirt makes it of the domain's number, as much of its name as fits, and the alias.
    """
    found: Dict[str, str] = {}
    # The longest first: of ua-net0 and net0 the names end in the same way.
    wanted = sorted(set(aliases), key=len, reverse=True)
    for _inode, path in _connected(pid, root) if wanted else ():
        folder, _slash, name = path.rpartition("/")
        if folder.endswith("/passt") and name.startswith(f"{domain_id}-"):
            alias = next((alias for alias in wanted if name.endswith(f"-{alias}.socket")), None)
            found.update({alias: path} if alias else {})
    return found


def _connected(pid: int, root: str) -> Iterator[Tuple[str, str]]:
    """Yield inode and path of what is connected and has a path, as this process and as that one sees it."""
    for table in dict.fromkeys((f"{root}/net/unix", f"{root}/{pid}/net/unix")):
        for line in read(Path(table)).splitlines()[1:]:
            words = line.split(None, _COLUMNS - 1)
            if len(words) == _COLUMNS and words[5] == _CONNECTED:
                yield words[6], words[7]


def _held(pid: int, accepted: Dict[str, str], root: str) -> Set[str]:
    folder, found = f"{root}/{pid}/fd", set()
    with suppress(OSError):  # it ended, or is not ours to see
        for name in os.listdir(folder):
            with suppress(OSError):
                found.add(accepted.get(os.readlink(f"{folder}/{name}"), ""))
    return found - {""}


def _mapped(pid: int, root: str) -> Set[Tuple[str, str]]:
    """Return device and inode of what a process maps to share it."""
    found = set()
    for line in read(Path(root, str(pid), "maps")).splitlines():
        # address perms offset dev inode path
        words = line.split(None, 5)
        if len(words) == 6 and words[1].endswith(_SHARED) and words[4] != "0":
            found.add((words[3], words[4]))
    return found

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The servers of a load on the hypervisor, where the guest alone can open connections: at one address, for one run."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Iterator, List

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._load import Load
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._background import Background
from ansible_collections.virtio.lab.plugins.module_utils._qemu._process import PROC

_LISTENS_WITHIN_S = 10.0
_POLL_S = 0.02
_LISTEN = "0A"  # of the column st in /proc/net/tcp
_TRIES = 50
_MOST_PORTS = 1024  # each is held by a descriptor meanwhile


def free_port(address: str, count: int = 1) -> int:
    """Return the first of that many ports in a row which nobody has at an address; LabError where there are none."""
    for _attempt in range(_TRIES if count <= _MOST_PORTS else 0):
        with ExitStack() as stack:
            first = _bound(stack, address, 0)
            if first and all(_bound(stack, address, first + more) for more in range(1, count)):
                return first
    raise LabError(f"there are no {count} free ports in a row at {address}")


def _bound(stack: ExitStack, address: str, port: int) -> int:
    holder = stack.enter_context(socket.socket())
    try:
        holder.bind((address, port))
    except (OSError, OverflowError):
        return 0
    return int(holder.getsockname()[1])


@contextmanager
def serving(load: Load, address: str, folder: Path, root: str = PROC) -> Iterator[List[int]]:
    """Run the servers of a load at an address, without any right of root's; they end with the block.

    Returned are their processes. Raises LabError when one is missing or does not come to listen.
    """
    pids: List[int] = []
    with ExitStack() as stack:
        for number, member in enumerate(load.members(), 1):
            argv = member.listen_argv(address)
            if argv is not None:
                name = f"{load.name}-server{f'-{number}' if number > 1 else ''}"
                server = stack.enter_context(Background(argv, folder, name))
                _wait(server, address, int(argv[argv.index("-p") + 1]), root)
                pids.append(server.pid)
        yield pids


def _wait(server: Background, address: str, port: int, root: str) -> None:
    end = time.monotonic() + _LISTENS_WITHIN_S
    while not listens(Path(root, "net/tcp").read_text(encoding="ascii"), address, port):
        if server.ended(_POLL_S) or time.monotonic() > end:
            said = (server.stderr() or server.stdout()).strip().splitlines()
            why = said[0] if said else "it said nothing"
            raise LabError(f"{server.argv[0]} does not listen at port {port} of {address}: {why}")


def listens(table: str, address: str, port: int) -> bool:
    """Whether somebody listens there by the text of /proc/net/tcp, which has addresses as the CPU keeps them."""
    wanted = f"{int.from_bytes(socket.inet_aton(address), 'little'):08X}:{port:04X}"
    rows: List[List[str]] = [line.split() for line in table.splitlines()[1:]]
    return any(len(row) > 3 and row[1] == wanted and row[3] == _LISTEN for row in rows)

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""strace -c -f: the teaching run, as the blog shows it.

It stops QEMU at every call, so its run is kept out of every performance figure; and of its table only the calls
are true: with several threads the seconds are not.
"""

from __future__ import annotations

import re
from typing import Callable, Dict, List, Optional, Tuple

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._syscalls import Syscalls

# % time, seconds, usecs/call, calls, errors (empty when there are none), syscall
_ROW = re.compile(
    r"^ {0,9}[0-9.]{1,9} {1,20}[0-9.]{1,20} {1,40}(?:[0-9]{1,20} {1,40})?([0-9]{1,20})(?: {1,20}([0-9]{1,20}))? {1,20}"
    r"([a-z_0-9]{1,64})$",
    re.MULTILINE,
)


class Strace:
    """strace on a QEMU process and its threads; it ends, and writes its table, on SIGINT."""

    name = "strace"
    perturbing = True
    attaches_first = False
    pass_fds: Tuple[int, ...] = ()

    def __init__(self, pid: int, output: str) -> None:
        self.pid = pid
        self.output = output

    def begin(self, _ended: Callable[[], bool]) -> None:
        """Do nothing: strace counts from the moment it is attached."""

    def end(self, _ended: Callable[[], bool]) -> None:
        """Do nothing: strace counts until it is interrupted."""

    def argv(self) -> List[str]:
        """Return the command line; the table goes to the output file."""
        return ["strace", "-c", "-f", "-p", str(self.pid), "-o", self.output]

    def parse(self, table: str, stderr: str = "") -> Syscalls:
        """Read the table; an empty one means that no thread finished a call.

        Raises LabError when strace could not attach.
        """
        if "attached" not in stderr:
            said = stderr.strip().splitlines()
            raise LabError(f"strace on process {self.pid}: {said[-1] if said else 'it did not attach'}")
        rows = [row for row in _ROW.findall(table) if row[2] != "total"]
        if table.strip() and not rows:
            raise LabError(f"strace on process {self.pid}: its table cannot be read: {table.strip().splitlines()[-1]}")
        by_name: Dict[str, Dict[str, Optional[int]]] = {
            name: {"calls": int(calls), "errors": int(errors or 0)} for calls, errors, name in rows
        }
        return Syscalls("strace", sum(int(calls) for calls, _errors, _name in rows), by_name)

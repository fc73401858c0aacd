# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A command that runs in a guest while something is measured; it is started and asked after by the guest agent."""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import List, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _files
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._agent import Agent, Ended

# As much as the agent of QEMU keeps of what a program prints.
LARGEST_OUTPUT = 16 << 20


class GuestProcess:
    """What Background is for the hypervisor, for a guest: start argv at once, leave nothing running.

    The agent is asked only at the end of each wait, so that the guest is left alone while it is measured. The output
    goes to the same files once the command has ended. Raises LabError when the guest cannot start it.
    """

    def __init__(self, agent: Agent, argv: List[str], folder: Path, name: str, _keep: Sequence[str] = ()) -> None:
        self.argv = argv
        self._agent = agent
        self._files = {stream: folder / f"{name}.{stream}" for stream in ("stdout", "stderr")}
        self._end: Optional[Ended] = None
        self._pid = agent.start(argv)

    def __enter__(self) -> GuestProcess:
        return self

    def __exit__(self, *_error: object) -> None:
        try:
            if not self.has_ended():
                self._agent.exec(["kill", "-9", str(self._pid)])
        except LabError:  # a guest that has gone runs nothing
            pass

    def ended(self, within_s: float) -> bool:
        """Wait within_s, then tell whether it has ended."""
        if not self._end:
            time.sleep(max(0.0, within_s))
        return self.has_ended()

    def has_ended(self) -> bool:
        """Ask whether it has ended."""
        if not self._end:
            self._end = self._agent.status(self._pid, LARGEST_OUTPUT)
            if self._end:
                for stream, printed in (("stdout", self._end.out), ("stderr", self._end.err)):
                    with _files.fresh(self._files[stream]) as file:
                        file.write(printed)
        return self._end is not None

    def finish(self, within_s: float) -> int:
        """Wait for the end and return the exit code, minus the number of the signal that ended it.

        Raises LabError when it did not come within that time.
        """
        end = time.monotonic() + within_s
        while not self.ended(min(0.2, max(0.0, end - time.monotonic()))):
            if time.monotonic() >= end:
                raise LabError(f"`{shlex.join(self.argv)}` in the guest did not finish in time")
        return self._end.rc if self._end else 0

    def stdout(self) -> str:
        """Return what it wrote on standard output, "" before its end."""
        return self._read("stdout", None)

    def stderr(self, limit: Optional[int] = 4096) -> str:
        """Return the first characters of what it wrote on standard error, "" before its end."""
        return self._read("stderr", limit)

    def _read(self, stream: str, limit: Optional[int]) -> str:
        return self._files[stream].read_text(encoding="utf-8", errors="replace")[:limit] if self._end else ""

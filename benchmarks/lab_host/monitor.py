# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask the QEMU of an embedded lab host: monitor.py RUN-FOLDER COMMAND..., each a command of QEMU's human monitor."""

from __future__ import annotations

import json
import socket
import sys
import time
from pathlib import Path
from typing import Any


class LostError(Exception):
    """QEMU's monitor went away."""


class Monitor:
    """QMP over a Unix socket; one connection at a time."""

    def __init__(self, path: Path, wait_s: float = 20) -> None:
        self.events: list[dict[str, Any]] = []
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(60)
        until = time.monotonic() + wait_s
        while True:
            try:
                self._socket.connect(str(path))
                break
            except OSError as error:
                if time.monotonic() > until:
                    raise LostError(f"{path}: {error.strerror}") from error
                time.sleep(0.2)
        self._file = self._socket.makefile("rw", encoding="utf-8")
        self._read()
        self.ask("qmp_capabilities")

    def _read(self) -> dict[str, Any]:
        line = self._file.readline()
        if not line:
            raise LostError("QEMU closed its monitor")
        return json.loads(line)

    def ask(self, command: str, **arguments: object) -> Any:
        """Return the answer of a command; what happened meanwhile is in events."""
        try:
            self._file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
            self._file.flush()
            while True:
                answer = self._read()
                if "event" not in answer:
                    return answer.get("return")
                self.events.append(answer)
        except OSError as error:
            raise LostError(f"QEMU's monitor: {error}") from error

    def human(self, command: str) -> str:
        return self.ask("human-monitor-command", **{"command-line": command}) or ""


def main() -> None:
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        monitor = Monitor(Path(sys.argv[1], "monitor", "qmp"), wait_s=2)
        for command in sys.argv[2:]:
            print(f"== {command}\n{monitor.human(command)}")
    except LostError as error:
        sys.exit(f"monitor.py: {error}")


if __name__ == "__main__":
    main()

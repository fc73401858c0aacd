# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""answers.py PORT CONSOLE SECONDS: wait until an SSH server answers on 127.0.0.1:PORT, and print how the wait ended.

`answers`; `stalled` where the kernel said twice on its console that a timer's interrupt never came, after which it does
not go on (docs/lab-host.md); `late` where neither happened in that time.
"""

from __future__ import annotations

import socket
import sys
import time

STALL = b"kthread timer wakeup didn't happen"
STALLS = 2


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as server:
            return server.recv(64).startswith(b"SSH-")
    except OSError:
        return False


def stalls(console: str) -> int:
    try:
        with open(console, "rb") as said:
            return said.read(1 << 20).count(STALL)
    except OSError:
        return 0


def main() -> str:
    port, console, seconds = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    end = time.monotonic() + seconds
    while not answers(port):
        if stalls(console) >= STALLS:
            return "stalled"
        if time.monotonic() >= end:
            return "late"
        time.sleep(1)
    return "answers"


if __name__ == "__main__":
    print(main())

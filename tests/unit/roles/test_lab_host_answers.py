# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the role lab_host tells a machine that stands still from one that is slow."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "roles" / "lab_host" / "python" / "answers.py"
STALL = "rcu: rcu_preempt kthread timer wakeup didn't happen for 5255 jiffies! g-1091 f0x0 ->state=0x402\n"


@pytest.fixture(name="server")
def _server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def ended(port: int, console: Path, seconds: float) -> str:
    argv = [sys.executable, str(SCRIPT), str(port), str(console), str(seconds)]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()


def test_a_server_that_says_ssh_answers(server: socket.socket, tmp_path: Path) -> None:
    def greet() -> None:
        server.accept()[0].sendall(b"SSH-2.0-OpenSSH_10.0\r\n")

    threading.Thread(target=greet, daemon=True).start()
    assert ended(server.getsockname()[1], tmp_path / "console.log", 20) == "answers"


@pytest.mark.parametrize(("console", "end"), [(STALL * 2, "stalled"), (STALL, "late"), ("", "late")])
def test_one_complaint_may_come_of_a_busy_machine_two_are_a_stall(tmp_path: Path, console: str, end: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    path = tmp_path / "console.log"
    path.write_text(console, encoding="utf-8")
    assert ended(port, path, 0) == end


def test_a_machine_whose_console_is_not_there_yet_is_late(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert ended(port, tmp_path / "console.log", 0) == "late"

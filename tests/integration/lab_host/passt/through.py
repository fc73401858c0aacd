# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Have a guest on passt send to a socket of this host's loopback, and count at both ends: through.py DOMAIN MAC."""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

SENT = 4_000_000
COUNTERS = "cat statistics/tx_bytes statistics/tx_packets"


def virsh(*words: str) -> str:
    argv = ["virsh", "--connect", "qemu:///system", *words]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def inside(domain: str, line: str) -> str:
    def agent(command: str, **arguments: object) -> dict:
        text = json.dumps({"execute": command, "arguments": arguments})
        return json.loads(virsh("qemu-agent-command", domain, text))["return"]

    pid = agent("guest-exec", path="/bin/sh", arg=["-c", line], **{"capture-output": True})["pid"]
    while not (status := agent("guest-exec-status", pid=pid))["exited"]:
        time.sleep(0.1)
    return base64.b64decode(status.get("out-data", "")).decode()


def passts() -> list[int]:
    comms = {int(path.parent.name): path.read_text().strip() for path in Path("/proc").glob("[0-9]*/comm")}
    return [pid for pid, comm in comms.items() if comm.startswith("passt")]


def cpu_ns(pid: int) -> int:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])


def main() -> None:
    domain, mac = sys.argv[1:]
    link = f"cd $(dirname $(grep -l {mac} /sys/class/net/*/address))"
    router = inside(domain, "ip route show default").split()[2]
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(60)
    received: list[int] = []
    sender: list[str] = []

    def receive() -> None:
        connection, peer = server.accept()
        connection.settimeout(60)
        sender.append(peer[0])
        while block := connection.recv(65536):
            received.append(len(block))

    thread = threading.Thread(target=receive)
    thread.start()
    pids = passts()
    before, used = inside(domain, f"{link}; {COUNTERS}").split(), cpu_ns(pids[0])
    inside(domain, f"dd if=/dev/zero bs=1000 count={SENT // 1000} | nc {router} {server.getsockname()[1]}")
    thread.join()
    after = inside(domain, f"{link}; {COUNTERS}").split()
    found = {
        "sent": SENT,
        "received": sum(received),
        "sender": sender[0],
        "guest_tx_bytes": int(after[0]) - int(before[0]),
        "guest_tx_packets": int(after[1]) - int(before[1]),
        "pids": pids,
        "passt_cpu_ns": cpu_ns(pids[0]) - used,
        "monitor": virsh("qemu-monitor-command", domain, "--hmp", "info network"),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()

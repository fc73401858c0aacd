# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel, QEMU and testpmd say of a NIC on vhost-user, as JSON: outside.py DOMAIN SOCKET NAME."""

from __future__ import annotations

import json
import os
import pwd
import re
import socket
import subprocess
import sys
from pathlib import Path


def run(*argv: str) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def switch_ports(folder: str) -> list:
    """What came in at the NIC's port, and what the veth carried.

    A port at which Open vSwitch listens has no statistics of its own, but the one thread that polls it has.
    """
    control = ("ovs-appctl", "-t", f"{folder}/ovs-vswitchd.ctl")
    shown = run(*control, "dpctl/show", "-s", "netdev@ovs-netdev")
    wire = re.search(r"port \d+: wire\b.*?RX packets:(\d+).*?TX packets:(\d+)", shown, re.DOTALL)
    polled = re.search(r"pmd thread .*?packets received: (\d+)", run(*control, "dpif-netdev/pmd-stats-show"), re.DOTALL)
    return [{"ipackets": int(polled[1])}, {"ipackets": int(wire[1]), "opackets": int(wire[2])}]


def is_polled(folder: str) -> bool:
    shown = run("ovs-appctl", "-t", f"{folder}/ovs-vswitchd.ctl", "dpif-netdev/pmd-rxq-show")
    return bool(re.search(r"port: vhost +queue-id: +0 \(enabled\)", shown))


def ports(folder: str, name: str) -> list:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asked:
        asked.connect(f"{folder}/dpdk/{name}/dpdk_telemetry.v2")
        asked.recv(16384)
        found = []
        for port in (0, 1):
            asked.send(f"/ethdev/stats,{port}".encode())
            found.append(json.loads(asked.recv(16384))["/ethdev/stats"])
        return found


def memory(pid: int) -> set:
    text = Path(f"/proc/{pid}/maps").read_text(encoding="utf-8")
    return set(re.findall(r"rw-s \S+ \S+ (\d+) +/memfd:memory-backend-memfd", text))


def main() -> None:
    domain, path, name = sys.argv[1:]
    folder, is_switch = os.path.dirname(path), name.startswith("vld")
    virsh = ("virsh", "--quiet", "--connect", "qemu:///system", "qemu-monitor-command", domain)
    pid = int(Path(f"/run/libvirt/qemu/{domain}.pid").read_text(encoding="ascii"))
    peer = int(re.search(rf"{path} .*users:.*pid=(\d+)", run("ss", "-x", "-p", "-H", "state", "connected")).group(1))
    devices = [os.readlink(f"/proc/{pid}/fd/{number}") for number in os.listdir(f"/proc/{pid}/fd")]
    shown = json.loads(run("ip", "-j", "link", "show", "dev", name))[0]
    about = os.stat(path)
    alias = re.search(r"<alias name='(net\d+)'", run(*virsh[:4], "dumpxml", domain)).group(1)
    asked = {"execute": "x-query-virtio-status", "arguments": {"path": f"/machine/peripheral/{alias}/virtio-backend"}}
    told = {
        "program": os.path.basename(Path(f"/proc/{peer}/cmdline").read_text(encoding="utf-8").split("\0")[0]),
        "pid": peer,
        "shares": bool(memory(pid) & memory(peer)),
        "devices": " ".join(sorted(link for link in devices if re.match("/dev/(net/tun|tap|vhost)", link))),
        "master": shown.get("master", ""),
        "mode": f"{about.st_mode & 0o7777:o} {pwd.getpwuid(about.st_uid).pw_name}",
        "ports": switch_ports(folder) if is_switch else ports(folder, name),
        "polled": is_polled(folder) if is_switch else True,
        "counted": {
            way: int(Path(f"/sys/class/net/{name}/statistics/{way}_packets").read_text()) for way in ("rx", "tx")
        },
        "monitor": run(*virsh, json.dumps(asked)),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()

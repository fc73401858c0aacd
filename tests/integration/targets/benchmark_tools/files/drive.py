# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drive the collection's own tool classes against the installed tools; print one word for each part that holds."""

from __future__ import annotations

import pwd
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._hping3 import Hping3
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._iperf3 import Iperf3, parallel
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._load import Load, RefusedError
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._netperf import Netperf
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._perf import Perf, events, has_tracepoint
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._strace import Strace
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._background import Background
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._sampler import Reader
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._window import Window, measure

SECONDS = 2
NET_RAW = 1 << 13  # CAP_NET_RAW of linux/capability.h
looked_at: set[str] = set()
ADDRESS = "127.0.0.1"
# KVM_RUN on what is no KVM: the call fails, and is counted.
CALLER = """
import fcntl, os, time
null = os.open("/dev/null", os.O_RDWR)
while True:
    os.write(null, b"x")
    try:
        fcntl.ioctl(null, 0xAE80)
    except OSError:
        pass
    time.sleep(0.005)
"""


def window(load: Load, pid: int, tracer: Strace | Perf | None = None, samplers: bool = True) -> Window:
    """Measure; in the middle of the window the client is looked at: it has no more rights than it needs."""
    clients: list[int] = []

    def start(argv: list[str], place: Path, name: str, keep: Sequence[str]) -> Background:
        client = Background(argv, place, name, keep)
        clients.append(client.pid)
        return client

    with tempfile.TemporaryDirectory() as folder:
        if tracer:
            tracer.output = str(Path(folder, "trace"))
        return measure(
            load,
            tracer,
            duration_s=SECONDS,
            folder=Path(folder),
            read=Reader(pid, "lo"),
            witness=lambda: unprivileged(clients[-1], load),
            samplers=samplers,
            start=start,
        )


def unprivileged(pid: int, load: Load) -> dict[str, str]:
    """What the kernel says of the client: nobody's, no group, no capability but raw packets for hping3, no way back."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    status = {key: value.split() for key, _colon, value in (line.partition(":") for line in text.splitlines())}
    nobody = pwd.getpwnam("nobody")
    assert status["Name"] == [load.name], status["Name"]
    assert set(status["Uid"]) == {str(nobody.pw_uid)} != {"0"}, status["Uid"]
    assert set(status["Gid"]) == {str(nobody.pw_gid)} != {"0"}, status["Gid"]
    assert status["Groups"] == [], status["Groups"]
    allowed = NET_RAW if load.name == "hping3" else 0
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[kind][0], 16) == allowed, (kind, status[kind])
    assert status["NoNewPrivs"] == ["1"], status["NoNewPrivs"]
    environment = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    assert {entry.split("=")[0] for entry in environment if entry} <= {"PATH", "LC_ALL", "PWD"}, environment
    looked_at.add(load.name)
    return {}


def small_packets(pid: int) -> None:
    """UDP in both directions, one process and two; every datagram is received or lost."""
    for direction in ("host_to_guest", "guest_to_host"):
        load = Iperf3(ADDRESS, direction=direction, duration_s=SECONDS, warmup_s=1, proto="udp", rate_mbps=5)
        figures = window(load, pid).figures
        sent = figures.datagrams_per_second / (1 - figures.loss)
        assert abs(sent * 64 * 8 / 5e6 - 1) < 0.2, figures
        assert figures.jitter_us > 0, figures
    print("udp")
    both = Iperf3(ADDRESS, direction="host_to_guest", duration_s=SECONDS, warmup_s=1, streams=2)
    load = parallel(both, "3.12")
    second = subprocess.Popen(["iperf3", "-s", "-p", "5202"], stdout=subprocess.DEVNULL)
    try:
        time.sleep(1)
        figures = window(load, pid).figures
    finally:
        second.kill()
        second.wait()
    assert len(figures.intervals_bps) == SECONDS, figures
    assert abs(sum(figures.intervals_bps) / SECONDS / figures.bits_per_second - 1) < 0.2, figures
    print("parallel")


def connections() -> int:
    """The TCP connections that this namespace has opened so far (ActiveOpens of /proc/net/snmp)."""
    lines = Path("/proc/net/snmp").read_text(encoding="ascii").splitlines()
    names, counts = (line.split() for line in lines if line.startswith("Tcp:"))
    return int(dict(zip(names, counts, strict=True))["ActiveOpens"])


def round_trips(pid: int) -> None:
    """netperf's transactions and hping3's single packets; without samplers there are the two ends of the window."""
    server = subprocess.Popen(["netserver", "-D"], stdout=subprocess.DEVNULL)
    try:
        time.sleep(1)
        rates: dict[str, float] = {}
        for test, options in {"tcp_rr": {}, "udp_rr": {"proto": "udp"}, "tcp_crr": {"connects": True}}.items():
            load = Netperf(ADDRESS, **{"proto": "tcp", "duration_s": SECONDS, "warmup_s": 1, **options})
            opened = connections()
            seen = window(load, pid, samplers=False)
            latency = seen.figures.latency_us
            assert 0 < latency["p50"] <= latency["p90"] <= latency["p99"] <= latency["max"], latency
            assert abs(seen.figures.transactions_per_second * latency["mean"] / 1e6 - 1) < 0.2, seen.figures
            assert len(seen.ticks) == 2, seen.ticks
            rates[test] = (connections() - opened) / (seen.figures.transactions_per_second * SECONDS)
        # By the kernel's own count each transaction had a connection, those of the warm-up too; else there are a few.
        assert rates["tcp_crr"] >= 1 > 0.1 > max(rates["tcp_rr"], rates["udp_rr"]), rates
        print("netperf")
    finally:
        server.kill()
        server.wait()
    figures = window(Hping3(ADDRESS, duration_s=SECONDS, warmup_s=1), pid).figures
    assert figures.loss == 0, figures
    assert 0 <= figures.rtt_us["min"] <= figures.rtt_us["mean"] <= figures.rtt_us["max"], figures
    assert sum(figures.latency_histogram["counts"]) == 10 * SECONDS, figures
    print("hping3")


def client(direction: str = "host_to_guest", seconds: int = SECONDS) -> Iperf3:
    return Iperf3(ADDRESS, direction=direction, duration_s=seconds, warmup_s=1)


def fails(load: Iperf3, pid: int) -> LabError:
    try:
        window(load, pid)
    except LabError as error:
        return error
    raise AssertionError("the load should have failed")


def main() -> None:
    caller = subprocess.Popen([sys.executable, "-c", CALLER])
    server = subprocess.Popen(["iperf3", "-s"], stdout=subprocess.DEVNULL)
    time.sleep(1)
    try:
        for direction in ("host_to_guest", "guest_to_host"):
            seen = window(client(direction), caller.pid)
            assert len(seen.ticks) == SECONDS + 1, seen.ticks
            assert len(seen.figures.intervals_bps) == SECONDS, seen.figures
            packets = seen.ticks[-1].packets - seen.ticks[0].packets
            assert packets > 1000, packets
            assert seen.figures.bits_per_second > 1e8, seen.figures
        print("iperf3")
        small_packets(caller.pid)
        round_trips(caller.pid)

        strace = window(client(seconds=SECONDS + 3), caller.pid, Strace(caller.pid, "")).syscalls
        assert strace.by_name["ioctl"]["errors"] == strace.by_name["ioctl"]["calls"] > 50, strace
        perf_tool = Perf(caller.pid, "", events(has_tracepoint))
        perf = window(client(seconds=SECONDS + 3), caller.pid, perf_tool).syscalls
        assert perf.ioctls["KVM_RUN"] == perf.by_class["main"]["ioctl"] > 50, perf
        # One write in 5 ms at most: perf counted in the window, neither while it attached nor afterwards.
        assert perf.by_class["main"]["write"] <= SECONDS / 0.005 * 1.1, perf
        assert abs(perf.by_class["main"]["write"] - perf.ioctls["KVM_RUN"]) <= 1, perf
        assert perf.total_calls == sum(entry["calls"] for entry in perf.by_name.values()), perf

        killer = subprocess.Popen(["sh", "-c", f"sleep 2; kill -9 {server.pid}"])
        said = fails(client(seconds=20), caller.pid)
        killer.wait()
        assert "iperf3 against 127.0.0.1 port 5201" in str(said), said
        refused = fails(client(), caller.pid)
        assert isinstance(refused, RefusedError), refused
        print("refused", "killed", "strace", "perf", sep="\n")
        assert looked_at == {"iperf3", "netperf", "hping3"}, looked_at
        print("unprivileged")
    finally:
        for process in (caller, server):
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()

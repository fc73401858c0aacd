# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drive the collection's own tool classes against the installed tools; print one word for each part that holds."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure._iperf3 import Iperf3
from ansible_collections.virtio.lab.plugins.module_utils._measure._load import RefusedError
from ansible_collections.virtio.lab.plugins.module_utils._measure._perf import Perf, events, has_tracepoint
from ansible_collections.virtio.lab.plugins.module_utils._measure._sampler import reader
from ansible_collections.virtio.lab.plugins.module_utils._measure._strace import Strace
from ansible_collections.virtio.lab.plugins.module_utils._measure._window import Window, measure

SECONDS = 2
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


def client(direction: str = "host_to_guest", seconds: int = SECONDS) -> Iperf3:
    return Iperf3("127.0.0.1", direction=direction, duration_s=seconds, warmup_s=1)


def window(load: Iperf3, pid: int, tracer: Strace | Perf | None = None) -> Window:
    with tempfile.TemporaryDirectory() as folder:
        if tracer:
            tracer.output = str(Path(folder, "trace"))
        return measure(
            load,
            tracer,
            duration_s=SECONDS,
            folder=Path(folder),
            read=reader(pid, "lo"),
            witness=dict,
        )


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
    finally:
        for process in (caller, server):
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()

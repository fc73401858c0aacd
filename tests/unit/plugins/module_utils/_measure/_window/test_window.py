# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The window around a load that never ends by itself."""

from __future__ import annotations

import os
import pwd
import re
import socket
import sys
import time
from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools import _perf, _workload
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._iperf3 import Iperf3
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._load import Figures, Load
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._netperf import Netperf
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._perf import TOTAL, Event, Perf
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._strace import Strace
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._syscalls import Syscalls
from ansible_collections.virtio.lab.plugins.module_utils._measure._window import _host_server, _window
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._sampler import Tick
from ansible_collections.virtio.lab.plugins.module_utils._runner import run

pytestmark = pytest.mark.slow
HOST_CLIENT = _workload.Where("192.0.2.7")


def gone(_tools) -> Tick:
    raise LabError("no process 7: QEMU has ended")


def tick(_tools) -> Tick:
    return Tick(time.monotonic(), {}, None, None)


class Sleep(Load):
    """A load that never ends by itself."""

    name = "sleep"
    warmup_s = 0
    duration_s = 1

    def argv(self) -> list[str]:
        return ["sleep", "60"]

    def parse(self, stdout: str, stderr: str = "") -> Figures:
        return Figures(1.0)


def measure(read, tmp_path):
    return _window.measure(Sleep(), None, duration_s=1, folder=tmp_path, read=read, witness=dict)


def test_a_guest_that_goes_is_named_and_its_load_not_waited_for(tmp_path):
    began = time.monotonic()
    with pytest.raises(LabError, match="QEMU has ended"):
        measure(gone, tmp_path)
    assert time.monotonic() - began < 10


def test_a_load_that_hangs_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(_window, "GRACE_S", 0.2)
    with pytest.raises(LabError, match="`sleep 60` did not finish in time"):
        measure(tick, tmp_path)


class Naps(Load):
    """A load of as many processes as naps, each of so many seconds; a warm-up where one is given."""

    name = "nap"

    def __init__(self, *naps: float, warm_up: float | None = None, warmup_s: int = 0) -> None:
        self.naps, self.warm_up = naps, warm_up
        self.warmup_s, self.duration_s = warmup_s, 1

    def argv(self) -> list[str]:
        return ["sh", "-c", f"sleep {self.naps[0]}; echo {self.naps[0]}"]

    def lead_in(self) -> list[str] | None:
        return None if self.warm_up is None else ["sh", "-c", f"sleep {self.warm_up}; echo warm"]

    def members(self) -> list[Load]:
        return [self] if len(self.naps) == 1 else [Naps(nap) for nap in self.naps]

    def parse(self, stdout: str, stderr: str = "") -> Figures:
        if stdout == "broken\n":
            raise LabError("the load says why")
        return Figures(0.0 if stdout == "warm\n" else float(stdout))

    def combine(self, figures: list[Figures]) -> Figures:
        return Figures(sum(one.seconds for one in figures))


class Counter:
    """A tracer that is a real process, and notes when it was told what."""

    name = "counter"
    perturbing = False
    pass_fds = ()

    def __init__(self, output, attaches_first: bool) -> None:
        self.output, self.attaches_first = str(output), attaches_first
        self.told: list[tuple[str, float]] = []

    def begin(self, ended) -> None:
        assert not ended()
        self.told.append(("begin", time.monotonic()))

    def end(self, ended) -> None:
        assert not ended()
        self.told.append(("end", time.monotonic()))

    def argv(self) -> list[str]:
        told = "open(sys.argv[1], 'w').write('7')"
        wait = f"import signal, sys\ntry: signal.pause()\nexcept KeyboardInterrupt: {told}"
        return [sys.executable, "-c", wait, self.output]

    def parse(self, text: str, stderr: str = "") -> Syscalls:
        return Syscalls("perf", int(text), {})


def window(load: Load, tmp_path, tracer=None, **options) -> _window.Window:
    return _window.measure(load, tracer, duration_s=1, folder=tmp_path, read=tick, witness=lambda: {"n": 1}, **options)


def test_all_processes_of_a_load_are_measured_together(tmp_path):
    seen = window(Naps(2.1, 2.2, 2.3), tmp_path)
    assert seen.figures.seconds == pytest.approx(6.6)
    assert sorted(path.name for path in tmp_path.glob("*.stdout")) == ["nap-2.stdout", "nap-3.stdout", "nap.stdout"]
    assert seen.middle == {"n": 1}
    assert len(seen.ticks) == 2
    assert seen.ticks[0].at_s >= seen.begin_s


def test_one_of_several_that_ends_early_is_an_error(tmp_path):
    with pytest.raises(LabError, match=r"`sh -c 'sleep 0.1; echo 0.1'` ended before its time"):
        window(Naps(2.2, 0.1), tmp_path)


def test_a_load_that_fails_says_why_itself(tmp_path):
    load = Naps(1)
    load.argv = lambda: ["echo", "broken"]
    with pytest.raises(LabError, match="the load says why"):
        window(load, tmp_path)


def test_a_warm_up_of_its_own_comes_before_the_window(tmp_path):
    began = time.monotonic()
    seen = window(Naps(2.1, warm_up=0.5, warmup_s=5), tmp_path)
    assert seen.begin_s - began >= 0.5
    assert (tmp_path / "nap-warmup.stdout").read_text(encoding="utf-8") == "warm\n"


def test_a_warm_up_within_the_load_moves_the_window(tmp_path):
    began = time.monotonic()
    seen = window(Naps(3.1, warmup_s=1), tmp_path)
    assert seen.begin_s - began >= 1
    assert all(one.at_s >= seen.begin_s for one in seen.ticks)


@pytest.mark.parametrize("attaches_first", [True, False])
def test_a_tracer_counts_in_the_window(tmp_path, attaches_first):
    tracer = Counter(tmp_path / "counts", attaches_first)
    seen = window(Naps(4.2, warmup_s=1), tmp_path, tracer)
    assert seen.syscalls == Syscalls("perf", 7, {})
    told = [what for what, _at in tracer.told]
    assert told == (["end", "begin", "end"] if attaches_first else ["end"])
    assert tracer.told[-1][1] >= seen.begin_s + 1


def test_a_tracer_is_told_by_its_pipe_and_answers(tmp_path):
    perf = Perf(1, str(tmp_path / "counts"), [Event("total", TOTAL)])
    commands, answers = perf.pass_fds
    os.write(answers, b"ack\n")
    perf.begin(lambda: False)
    assert os.read(commands, 64) == b"enable\n"
    perf.end(lambda: True)  # it has gone: nobody answers, and nobody waits
    assert os.read(commands, 64) == b"disable\n"


def test_a_tracer_that_does_not_obey_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(_perf, "_OBEYS_WITHIN_S", 0.2)
    with pytest.raises(LabError, match=r"perf on process 1 did not enable its counters in 0\.2 s"):
        Perf(1, str(tmp_path / "counts"), [Event("total", TOTAL)]).begin(lambda: False)


def test_strace_counts_from_its_attachment_to_its_end(tmp_path):
    strace = Strace(7, str(tmp_path / "table"))
    assert strace.argv() == ["strace", "-c", "-f", "-p", "7", "-o", str(tmp_path / "table")]
    strace.begin(lambda: False)
    strace.end(lambda: False)
    with pytest.raises(LabError, match="its table cannot be read: nonsense"):
        strace.parse("nonsense", "strace: Process 7 attached")


def test_a_tracepoint_is_looked_up_where_the_kernel_lists_them(tmp_path, monkeypatch):
    (tmp_path / "kvm" / "kvm_exit").mkdir(parents=True)
    monkeypatch.setattr(_perf, "TRACEPOINTS", str(tmp_path))
    assert _perf.has_tracepoint("kvm:kvm_exit")
    assert not _perf.has_tracepoint("kvm:kvm_entry")
    monkeypatch.setattr(_perf, "TRACEPOINTS", str(tmp_path / "absent"))
    assert _perf.has_tracepoint("kvm:kvm_entry")


@pytest.mark.parametrize(
    ("workload", "argv"),
    [
        ({"tool": "iperf3"}, "iperf3 -J -c 192.0.2.7 -p 5201 -t 5 -O 2 -P 1 -l 131072"),
        ({"tool": "iperf3", "streams": 4}, "iperf3 -J -c 192.0.2.7 -p 5201 -t 5 -O 2 -P 4 -l 131072"),
        ({"tool": "perf", "message_bytes": 64}, "iperf3 -J -c 192.0.2.7 -p 5201 -t 6 -O 2 -P 1 -l 64"),
        ({"tool": "strace", "load": "iperf3"}, "iperf3 -J -c 192.0.2.7 -p 5201 -t 6 -O 2 -P 1 -l 131072"),
        (
            {"tool": "iperf3", "proto": "udp", "rate_mbps": 9, "direction": "guest_to_host"},
            "iperf3 -J -c 192.0.2.7 -p 5201 -t 5 -O 2 -P 1 -l 64 -u -b 9M -R",
        ),
        ({"tool": "hping3"}, "hping3 -1 -n -c 70 -i u100000 192.0.2.7"),
    ],
)
def test_a_workload_says_what_is_run(workload, argv):
    assert " ".join(_workload.load_of({"name": "a", **workload}, HOST_CLIENT, 2, 5).argv()) == argv


def test_netperf_is_told_what_to_transact():
    argv = _workload.load_of({"name": "a", "tool": "netperf", "test": "udp_rr"}, HOST_CLIENT, 2, 5).argv()
    assert argv[argv.index("-T") + 1] == "udp"
    assert argv[argv.index("-r") + 1] == "1,1"
    connecting = {"name": "a", "tool": "netperf", "test": "tcp_crr"}
    assert "-d rr -c -T tcp" in " ".join(_workload.load_of(connecting, HOST_CLIENT, 2, 5).argv())
    sized = {"name": "a", "tool": "netperf", "test": "tcp_rr", "message_bytes": 512}
    argv = _workload.load_of(sized, HOST_CLIENT, 2, 5).argv()
    assert argv[argv.index("-r") + 1] == "512,512"
    with pytest.raises(LabError, match="workload 'a': test is None; use one of tcp_rr, udp_rr, tcp_crr"):
        _workload.load_of({"name": "a", "tool": "netperf"}, HOST_CLIENT, 2, 5)


@pytest.mark.parametrize(
    ("workload", "argv"),
    [
        ({"tool": "iperf3"}, "iperf3 -J -c 10.0.2.2 -p 4001 -t 5 -O 2 -P 1 -l 131072 -R"),
        ({"tool": "perf"}, "iperf3 -J -c 10.0.2.2 -p 4001 -t 6 -O 2 -P 1 -l 131072 -R"),
        ({"tool": "iperf3", "direction": "guest_to_host"}, "iperf3 -J -c 10.0.2.2 -p 4001 -t 5 -O 2 -P 1 -l 131072"),
        (
            {"tool": "netperf", "test": "udp_rr"},
            "netperf -H 10.0.2.2 -p 4001 -t omni -l 5 -P 0 -- -d rr -T udp -r 1,1 -e 1",
        ),
    ],
)
def test_a_client_in_the_guest_sends_the_same_way(workload, argv):
    """What flows towards the client is iperf3's reverse mode, wherever the client is."""
    load = _workload.load_of({"name": "a", **workload}, _workload.Where("10.0.2.2", "guest", 4001), 2, 5)
    assert " ".join(load.argv()).partition(" -k ")[0] == argv
    assert load.describe()["client"] == "guest"


def test_streams_that_are_spread_over_processes_keep_their_client_and_have_ports_in_a_row():
    where = _workload.Where("10.0.2.2", "guest", 4001)
    load = _workload.load_of({"name": "a", "tool": "iperf3", "streams": 2}, where, 2, 5, "3.12")
    assert load.client == "guest"
    assert [member.argv()[member.argv().index("-p") + 1] for member in load.members()] == ["4001", "4002"]
    assert all("-R" in member.argv() for member in load.members())


@pytest.mark.parametrize("load", [
    Iperf3("10.0.2.2", direction="guest_to_host", duration_s=1, warmup_s=0, port=0, client="guest"),
    Netperf("10.0.2.2", proto="tcp", duration_s=1, warmup_s=0, port=0, client="guest"),
], ids=["iperf3", "netperf"])  # fmt: skip
def test_a_server_on_the_hypervisor_listens_at_one_address_as_nobody_and_ends_with_its_run(tmp_path, load):
    load.port = _host_server.free_port("127.0.0.1")

    def listeners() -> list[str]:
        shown = run(["ss", "-H", "-l", "-n", "-t", "-p", "-e", f"sport = :{load.port}"]).stdout
        return shown.strip().splitlines()

    assert listeners() == []
    with _host_server.serving(load, "127.0.0.1", tmp_path) as pids:
        (line,) = listeners()
        assert f" 127.0.0.1:{load.port} " in line
        pid = int(line.partition("pid=")[2].partition(",")[0])
        assert pids == [pid]  # whose CPU time is the run's own
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        assert re.search(r"^CapEff:\s+0+$", status, re.MULTILINE)
        if os.geteuid() == 0:
            assert re.search(rf"^Uid:\s+{pwd.getpwnam('nobody').pw_uid}\b", status, re.MULTILINE)
    assert listeners() == []
    assert not Path(f"/proc/{pid}").exists()


def test_a_port_that_somebody_has_is_said(tmp_path):
    load = Iperf3("10.0.2.2", direction="guest_to_host", duration_s=1, warmup_s=0, client="guest")
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        load.port = holder.getsockname()[1]  # bound, and nobody listens
        said = rf"iperf3 does not listen at port {load.port} of 127\.0\.0\.1: .*in use"
        with pytest.raises(LabError, match=said), _host_server.serving(load, "127.0.0.1", tmp_path):
            raise AssertionError


def test_ports_in_a_row_are_free_together():
    first = _host_server.free_port("127.0.0.1", 3)
    for port in range(first, first + 3):
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", port))
    with pytest.raises(LabError, match="no 70000 free ports in a row"):
        _host_server.free_port("127.0.0.1", 70_000)


def test_only_who_listens_at_the_address_counts():
    rows = ["0: 0100007F:1451 00000000:0000 0A", "1: 0100007F:1452 0100007F:1451 01", "2:"]
    table = "\n".join(["  sl  local_address rem_address   st", *rows, ""])
    assert _host_server.listens(table, "127.0.0.1", 0x1451)
    assert not _host_server.listens(table, "127.0.0.1", 0x1452)
    assert not _host_server.listens(table, "127.0.0.2", 0x1451)
    assert not _host_server.listens("", "127.0.0.1", 0x1451)


def test_a_workload_says_who_watches():
    assert isinstance(_workload.tracer_of({"tool": "strace"}, 7, "table"), Strace)
    assert isinstance(_workload.tracer_of({"tool": "perf"}, 7, "table"), Perf)
    assert _workload.tracer_of({"tool": "iperf3"}, 7, "table") is None

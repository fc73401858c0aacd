# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tools' command lines, and their parsers on output captured from the tools themselves (see fixtures/tools)."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure._iperf3 import Iperf3
from ansible_collections.virtio.lab.plugins.module_utils._measure._load import RefusedError
from ansible_collections.virtio.lab.plugins.module_utils._measure._netperf import Netperf
from ansible_collections.virtio.lab.plugins.module_utils._measure._perf import IOCTLS, NAMES, Event, Perf, events
from ansible_collections.virtio.lab.plugins.module_utils._measure._strace import Strace

TOOLS = Path(__file__).parents[3] / "fixtures" / "tools"


def captured(name: str) -> str:
    return (TOOLS / name).read_text(encoding="utf-8")


def iperf3(direction: str = "host_to_guest") -> Iperf3:
    return Iperf3("192.0.2.7", direction=direction, duration_s=5, warmup_s=2)


def netperf(proto: str = "tcp") -> Netperf:
    return Netperf("192.0.2.7", proto=proto, duration_s=5, warmup_s=2)


def test_iperf3_reverses_for_the_guest_to_send():
    assert " ".join(iperf3().argv()) == "iperf3 -J -c 192.0.2.7 -p 5201 -t 5 -O 2 -P 1 -l 131072"
    assert iperf3("guest_to_host").argv()[-1] == "-R"


@pytest.mark.parametrize(
    ("name", "payload", "bps", "retransmits", "seconds"),
    [
        ("iperf3-3.18-host_to_guest.json", 483131392, 771923513.2780073, 0, 5),
        ("iperf3-3.18-guest_to_host.json", 430702592, 689262413.240096, 0, 5),
        ("iperf3-3.12-host_to_guest.json", 6869352448, 18312181342.340115, 36, 3),
        ("iperf3-3.12-guest_to_host.json", 5637406720, 15033074564.616959, 9, 3),
    ],
)
def test_iperf3_reports_what_was_received_without_the_warm_up(name, payload, bps, retransmits, seconds):
    figures = iperf3().parse(captured(name))
    assert figures.payload_bytes == payload
    assert figures.bits_per_second == bps
    assert figures.retransmits == retransmits
    assert len(figures.intervals_bps) == seconds
    assert figures.seconds == pytest.approx(seconds, abs=0.02)


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        (
            "iperf3-3.12-refused.json",
            RefusedError,
            "192.0.2.7 port 5201: unable to connect to server: Connection refused",
        ),
        (
            "iperf3-3.12-killed.json",
            LabError,
            "192.0.2.7 port 5201: unable to write to stream socket: Connection reset",
        ),
    ],
)
def test_iperf3_says_where_and_why_it_failed(name, error, words):
    with pytest.raises(error, match=words):
        iperf3().parse(captured(name))


@pytest.mark.parametrize("length", [0, 1, 400, 4000])
def test_iperf3_cut_short_is_an_error(length):
    with pytest.raises(LabError, match="port 5201: its JSON output is incomplete"):
        iperf3().parse(captured("iperf3-3.18-host_to_guest.json")[:length])


def test_netperf_udp_survives_a_lost_packet():
    argv = netperf("udp").argv()
    assert argv[argv.index("-e") + 1] == "1"
    assert "-e" not in netperf("tcp").argv()


def test_netperf_is_warmed_up_by_a_run_of_its_own():
    argv = netperf().lead_in()
    assert argv is not None
    assert argv[argv.index("-l") + 1] == "2"
    assert netperf().argv() == [*argv[: argv.index("-l") + 1], "5", *argv[argv.index("-l") + 2 :]]
    assert Netperf("192.0.2.7", proto="tcp", duration_s=5, warmup_s=0).lead_in() is None
    assert iperf3().lead_in() is None


def test_netperf_reports_rate_and_latency():
    figures = netperf().parse(captured("netperf-2.7.1-tcp_rr.txt"))
    assert figures.transactions_per_second == 964.275
    assert figures.latency_us == {"mean": 1032.89, "p50": 961, "p90": 1303, "p99": 1925, "max": 6441}
    assert figures.retransmits == 0
    assert netperf("udp").parse(captured("netperf-2.7.1-udp_rr.txt")).retransmits is None


def test_netperf_refused_names_address_and_port():
    with pytest.raises(RefusedError, match=r"netperf against 192\.0\.2\.7 port 12865: establish control"):
        netperf().parse(captured("netperf-2.7.1-refused.txt"))
    with pytest.raises(LabError, match="it printed nothing"):
        netperf().parse("")


def test_strace_counts_calls_and_errors():
    counts = Strace(1518, "table").parse(captured("strace-6.13-qemu.txt"), captured("strace-6.13-qemu.stderr"))
    assert counts.total_calls == 1223
    assert counts.by_name["read"] == {"calls": 611, "errors": 15}
    assert counts.by_name["ppoll"] == {"calls": 44, "errors": 0}
    older = Strace(23043, "table").parse(captured("strace-6.1-python.txt"), captured("strace-6.1-python.stderr"))
    assert older.total_calls == 579
    assert older.by_name["ioctl"] == {"calls": 182, "errors": 182}


def test_strace_of_a_process_that_made_no_call():
    assert Strace(1138, "table").parse("", captured("strace-6.13-vhost.stderr")).total_calls == 0


def test_strace_that_could_not_attach_is_an_error():
    with pytest.raises(LabError, match=r"process 999999: .*No such process"):
        Strace(999999, "table").parse("", captured("strace-6.1-no-process.stderr"))


def test_perf_asks_only_for_tracepoints_that_exist():
    names = [event.tracepoint for event in events(lambda name: not name.endswith(("_poll", "kvm_exit")))]
    assert "syscalls:sys_enter_poll" not in names
    assert "syscalls:sys_enter_ppoll" in names
    with pytest.raises(LabError, match="raw_syscalls:sys_enter"):
        Perf(1, "counts", events(lambda _name: False))


def test_perf_filters_follow_their_event():
    argv = Perf(7, "counts", events(lambda _name: True)).argv()
    assert argv.count("-e") == 2 + len(NAMES) + len(IOCTLS)
    assert argv[argv.index("cmd == 0xae80") - 2 : argv.index("cmd == 0xae80")] == [
        "syscalls:sys_enter_ioctl",
        "--filter",
    ]
    assert argv[argv.index("-D") + 1] == "-1"


def test_perf_counts_by_class_and_request():
    text = captured("perf-6.12-qemu.txt")
    counts = Perf(1518, "counts", events(lambda _name: True)).parse(text)
    assert counts.total_calls == 6335
    assert counts.by_class is not None
    assert counts.by_class["main"]["read"] == 4238
    assert counts.by_class["main"]["writev"] == 558
    assert counts.by_class["vcpu"] == {}
    assert counts.ioctls == {"KVM_SIGNAL_MSI": 746, "other": 6}
    assert counts.by_name["ioctl"] == {"calls": 752, "errors": None}
    assert sum(entry["calls"] or 0 for entry in counts.by_name.values()) == counts.total_calls


def test_perf_of_debian_12():
    wanted = [
        Event("total", "raw_syscalls:sys_enter"),
        Event("write", "syscalls:sys_enter_write"),
        Event("ioctl", "syscalls:sys_enter_ioctl"),
        Event("KVM_RUN", "syscalls:sys_enter_ioctl", "cmd == 0xae80"),
        Event("KVM_SIGNAL_MSI", "syscalls:sys_enter_ioctl", "cmd == 0x4020aea5"),
    ]
    counts = Perf(23043, "counts", wanted).parse(captured("perf-6.1-python.txt"))
    assert counts.total_calls == 294 + 293
    assert counts.ioctls == {"KVM_RUN": 2 * 97}
    assert counts.by_name["other"]["calls"] == 587 - 4 * 97


def test_perf_cut_short_or_refused_is_an_error():
    perf = Perf(1518, "counts", events(lambda _name: True))
    whole = captured("perf-6.12-qemu.txt")
    with pytest.raises(LabError, match="its JSON output is incomplete"):
        perf.parse(whole[:2000])
    with pytest.raises(LabError, match="Problems finding threads of monitor"):
        perf.parse("", captured("perf-6.1-no-process.stderr"))

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tools' command lines, and their parsers on output captured from the tools themselves (see fixtures/tools)."""

from __future__ import annotations

import bisect
import itertools
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._hping3 import Hping3
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._iperf3 import Iperf3, parallel
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._latency_histogram import histogram_of
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._load import (
    DisconnectedError,
    Figures,
    Load,
    RefusedError,
)
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._netperf import Netperf
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._perf import IOCTLS, NAMES, Event, Perf, events
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._strace import Strace

TOOLS = Path(__file__).parents[4] / "fixtures" / "tools"


def captured(name: str) -> str:
    return (TOOLS / name).read_text(encoding="utf-8")


def iperf3(direction: str = "host_to_guest") -> Iperf3:
    return Iperf3("192.0.2.7", direction=direction, duration_s=5, warmup_s=2)


def udp(direction: str = "host_to_guest", **options) -> Iperf3:
    return Iperf3("192.0.2.7", direction=direction, duration_s=5, warmup_s=2, proto="udp", **options)


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
            DisconnectedError,
            "192.0.2.7 port 5201: unable to write to stream socket: Connection reset",
        ),
        ("iperf3-3.18-refused.json", RefusedError, "192.0.2.7 port 5201: unable to connect to server - .* refused"),
        ("iperf3-3.18-killed.json", DisconnectedError, "port 5201: control socket has closed unexpectedly"),
        ("iperf3-3.12-udp-killed.json", DisconnectedError, "port 5201: control socket has closed unexpectedly"),
        ("iperf3-3.18-udp-killed.json", DisconnectedError, "port 5201: control socket has closed unexpectedly"),
    ],
)
def test_iperf3_says_where_and_why_it_failed(name, error, words):
    with pytest.raises(error, match=words):
        iperf3().parse(captured(name))


def test_iperf3_that_lost_its_server_says_so():
    document = json.loads(captured("iperf3-3.18-reset.json"))
    document["error"] = document["error"].replace("receive", "send").replace("Connection reset by peer", "Broken pipe")
    with pytest.raises(DisconnectedError, match=r"port 5201: unable to send control message .* Broken pipe"):
        iperf3().parse(json.dumps(document))


@pytest.mark.parametrize("length", [0, 1, 400, 4000])
def test_iperf3_cut_short_is_an_error(length):
    with pytest.raises(LabError, match="port 5201: its JSON output is incomplete"):
        iperf3().parse(captured("iperf3-3.18-host_to_guest.json")[:length])


def test_iperf3_over_udp_sends_small_packets():
    assert " ".join(udp().argv()) == "iperf3 -J -c 192.0.2.7 -p 5201 -t 5 -O 2 -P 1 -l 64 -u -b 0"
    assert " ".join(udp(rate_mbps=20, message_bytes=1400).argv()).endswith("-P 1 -l 1400 -u -b 20M")
    assert udp("guest_to_host").argv()[-1] == "-R"


@pytest.mark.parametrize("version", ["3.12", "3.18"])
@pytest.mark.parametrize("name", ["udp-host_to_guest", "udp-guest_to_host", "udp-flood"])
def test_iperf3_counts_the_datagrams_that_arrived(version, name):
    text = captured(f"iperf3-{version}-{name}.json")
    figures, end = udp().parse(text), json.loads(text)["end"]
    arrived = (figures.datagrams_per_second or 0) * figures.seconds
    assert arrived == pytest.approx(end["sum_received"]["bytes"] / 64)
    assert figures.loss == pytest.approx(1 - arrived / end["sum_sent"]["packets"])
    counted = end["sum_received"]["packets"] - end["sum_received"]["lost_packets"]
    # Before the warm-up's losses were left out, fewer seemed to have arrived than did.
    assert arrived == pytest.approx(counted) if version == "3.18" else arrived >= counted
    assert 0 < (figures.loss or 0) < 0.5
    assert 0 < (figures.jitter_us or 0) < 10_000
    assert figures.retransmits is None
    assert len(figures.intervals_bps) == round(figures.seconds)


def test_iperf3_udp_by_hand():
    figures = udp().parse(captured("iperf3-3.12-udp-flood.json"))
    assert figures.datagrams_per_second == pytest.approx(37184 / 3.002041)
    assert figures.loss == pytest.approx(1 - 37184 / 63730)


@pytest.mark.parametrize("version", ["3.12", "3.18"])
def test_iperf3_whose_server_is_between_two_tests_is_refused(version):
    with pytest.raises(RefusedError, match="Connection reset by peer"):
        iperf3().parse(captured(f"iperf3-{version}-reset.json"))


def test_iperf3_datagrams_lost_after_the_last_that_arrived_are_lost():
    figures = udp().parse(captured("iperf3-3.12-udp-slow_guest.json"))
    assert figures.loss == pytest.approx(1 - 114 / 29289)
    assert figures.datagrams_per_second == pytest.approx(114 / 3.281642)


def test_iperf3_whose_server_counted_no_datagrams_has_its_bytes():
    """A client of 3.16 or later gets "packets": 0 from a 3.12 that sends (CASES M19)."""
    document = json.loads(captured("iperf3-3.12-udp-guest_to_host.json"))
    sent = document["end"]["sum_sent"]
    whole = udp("guest_to_host").parse(json.dumps(document)).loss
    assert sent["bytes"] == 64 * sent["packets"]
    sent["packets"] = 0
    assert udp("guest_to_host").parse(json.dumps(document)).loss == whole
    sent["bytes"] = 0
    figures = udp("guest_to_host").parse(json.dumps(document))
    assert figures.loss is None
    assert figures.missing == {"loss": "iperf3 tells of no datagram that was sent"}


def test_iperf3_of_which_nothing_arrived_has_no_jitter():
    document = json.loads(captured("iperf3-3.12-udp-flood.json"))
    document["end"]["sum_received"].update(bytes=0, packets=0, bits_per_second=0, jitter_ms=0)
    figures = udp().parse(json.dumps(document))
    assert (figures.datagrams_per_second, figures.loss, figures.jitter_us) == (0, 1.0, None)
    assert figures.missing == {"jitter_us": "no datagram arrived"}


@pytest.mark.parametrize("version", ["3.12", "3.18"])
def test_iperf3_sums_its_streams(version):
    figures = iperf3().parse(captured(f"iperf3-{version}-two_streams.json"))
    assert (figures.bits_per_second or 0) > 8e9
    assert figures.retransmits in (4, 17)


@pytest.mark.parametrize(
    ("streams", "version", "processes"), [(1, "3.12", 1), (4, "3.12", 4), (4, "3.16", 1), (4, "3.18", 1), (4, None, 1)]
)
def test_streams_that_would_share_a_thread_become_processes(streams, version, processes):
    load = parallel(Iperf3("192.0.2.7", direction="host_to_guest", duration_s=5, warmup_s=2, streams=streams), version)
    ports = [member.argv()[member.argv().index("-p") + 1] for member in load.members()]
    assert ports == [str(5201 + number) for number in range(processes)]
    assert [(member.server_argv() or [])[-1] for member in load.members()] == ports
    described = load.describe()
    assert (described["streams"], described["processes"]) == (streams, processes)
    assert {member.argv()[member.argv().index("-P") + 1] for member in load.members()} == {str(streams // processes)}


def test_processes_are_summed():
    tcp = parallel(Iperf3("192.0.2.7", direction="host_to_guest", duration_s=5, warmup_s=2, streams=2), "3.12")
    one, two = (
        iperf3().parse(captured(f"iperf3-{name}.json")) for name in ("3.12-host_to_guest", "3.12-guest_to_host")
    )
    both = tcp.combine([one, two])
    assert both.payload_bytes == (one.payload_bytes or 0) + (two.payload_bytes or 0)
    assert both.retransmits == 36 + 9
    assert both.intervals_bps == [sum(pair) for pair in zip(one.intervals_bps, two.intervals_bps, strict=True)]
    assert (both.loss, both.jitter_us, both.datagrams_per_second) == (None, None, None)
    assert tcp.combine([one, two._replace(retransmits=None)]).retransmits is None


def test_loss_of_processes_is_that_of_all_datagrams():
    load = parallel(udp(streams=2), "3.12")
    half = Figures(1.0, datagrams_per_second=50.0, jitter_us=4.0, loss=0.5)
    none = Figures(1.0, datagrams_per_second=150.0, jitter_us=8.0, loss=0.0)
    both = load.combine([half, none])
    assert both.loss == pytest.approx(50 / 250)
    assert both.jitter_us == pytest.approx(7.0)
    dead = load.combine([half, none._replace(loss=1.0, datagrams_per_second=0.0)])
    assert dead.loss is None
    assert "lost all that it sent" in dead.missing["loss"]
    assert load.combine([half._replace(datagrams_per_second=0.0)] * 2).jitter_us is None


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
    older = netperf().parse(captured("netperf-2.7.0-tcp_rr.txt"))
    assert older.transactions_per_second == 53623.975
    assert older.latency_us == {"mean": 18.6, "p50": 14, "p90": 15, "p99": 51, "max": 8307}
    assert netperf("udp").parse(captured("netperf-2.7.0-udp_rr.txt")).transactions_per_second == 56707.942


@pytest.mark.parametrize(
    ("version", "rate", "latency"),
    [
        ("2.7.0", 9977.892, {"mean": 100.15, "p50": 61, "p90": 95, "p99": 903, "max": 14531}),
        ("2.7.1", 12643.593, {"mean": 79.04, "p50": 60, "p90": 77, "p99": 210, "max": 68899}),
    ],
)
def test_netperf_opens_a_connection_for_each_transaction(version, rate, latency):
    load = Netperf("192.0.2.7", proto="tcp", duration_s=5, warmup_s=2, connects=True)
    assert " ".join(load.argv()).partition(" -k ")[0] == (
        "netperf -H 192.0.2.7 -p 12865 -t omni -l 5 -P 0 -- -d rr -c -T tcp -r 1,1"
    )
    assert load.describe()["test"] == "tcp_crr"
    assert (netperf().describe()["test"], netperf("udp").describe()["test"]) == ("tcp_rr", "udp_rr")
    figures = load.parse(captured(f"netperf-{version}-tcp_crr.txt"))
    assert (figures.transactions_per_second, figures.latency_us) == (rate, latency)
    assert (figures.retransmits, figures.missing["retransmits"]) == (
        None,
        "netperf does not tell them of many connections",
    )
    refused = load.parse, captured(f"netperf-{version}-refused.txt")
    with pytest.raises(RefusedError):
        refused[0](refused[1])
    whole = captured(f"netperf-{version}-tcp_crr.txt")
    with pytest.raises(LabError, match="THROUGHPUT"):
        load.parse(whole[: whole.index("ELAPSED_TIME")])


def test_netperf_refused_names_address_and_port():
    with pytest.raises(RefusedError, match=r"netperf against 192\.0\.2\.7 port 12865: establish control"):
        netperf().parse(captured("netperf-2.7.1-refused.txt"))
    with pytest.raises(RefusedError, match="establish control"):
        netperf().parse(captured("netperf-2.7.0-refused.txt"))
    with pytest.raises(LabError, match="it printed nothing"):
        netperf().parse("")


@pytest.mark.parametrize(
    ("version", "words"),
    [("2.7.0", "recv_response: partial response received"), ("2.7.1", "send_omni: recv_data failed: Connection reset")],
)
def test_netperf_whose_server_is_killed_is_an_error(version, words):
    with pytest.raises(DisconnectedError, match=words):
        netperf().parse("", captured(f"netperf-{version}-killed.stderr"))


def test_netperf_of_no_transaction_has_no_latency():
    """Every reply was dropped: it writes latencies of 0, which nobody measured (CASES M11)."""
    text = captured("netperf-2.7.1-udp_rr.txt")
    text = re.sub(r"(TRANSACTION_RATE|[A-Z0-9]+_LATENCY)=.*", r"\1=0.000", text)
    figures = netperf("udp").parse(text)
    assert (figures.transactions_per_second, figures.latency_us) == (0, None)
    assert figures.missing == {"latency_us": "no transaction was completed"}


def test_netperf_writes_minus_one_for_what_it_was_not_told():
    text = captured("netperf-2.7.0-tcp_rr.txt").replace("RETRANS=0", "RETRANS=-1").replace("P99_LATENCY=51\n", "")
    figures = netperf().parse(text.replace("P90_LATENCY=15", "P90_LATENCY=-1"))
    assert figures.retransmits is None
    assert figures.latency_us == {"mean": 18.6, "p50": 14, "p90": None, "p99": None, "max": 8307}


@pytest.mark.parametrize(
    ("debian", "rtt"), [(12, {"min": 100, "mean": 1520, "max": 3800}), (13, {"min": 100, "mean": 360, "max": 600})]
)
def test_hping3_times_single_packets(debian, rtt):
    text = [captured(f"hping3-debian{debian}{end}") for end in (".txt", ".stderr")]
    figures = Hping3("192.0.2.7", duration_s=1, warmup_s=0).parse(*text)
    assert figures.rtt_us == pytest.approx(rtt)
    assert figures.loss == 0
    assert figures.latency_us is None
    counted = figures.latency_histogram
    assert sum(counted["counts"]) == 5
    for bound in rtt["min"], rtt["max"]:
        at = bisect.bisect_right(counted["bounds_us"], bound) - 1
        assert counted["counts"][at] >= 1


@given(st.lists(st.floats(0, 1e8, exclude_max=True)))
def test_every_round_trip_is_counted_where_it_belongs(times):
    counted = histogram_of(times)
    bounds = counted["bounds_us"]
    assert bounds == sorted(set(bounds))
    assert counted["counts"] == [sum(low <= time < high for time in times) for low, high in itertools.pairwise(bounds)]


def test_what_takes_longer_than_the_last_bound_is_not_lost():
    assert histogram_of([1e9])["counts"][-1] == 1


def test_hping3_leaves_its_warm_up_out():
    load = Hping3("192.0.2.7", duration_s=3, warmup_s=2)
    assert " ".join(load.argv()) == "hping3 -1 -n -c 50 -i u100000 192.0.2.7"
    text = captured("hping3-debian12.txt").replace("icmp_seq=3", "icmp_seq=20").replace("icmp_seq=4", "icmp_seq=21")
    said = captured("hping3-debian12.stderr").replace("5 packets t", "22 packets t")
    figures = load.parse(text, said)
    assert figures.rtt_us == pytest.approx({"min": 400, "mean": 450, "max": 500})
    assert figures.loss == 0
    assert load.server_argv() is None
    assert load.describe()["proto"] == "icmp"


@pytest.mark.parametrize("debian", [12, 13])
@pytest.mark.parametrize(
    ("name", "words"),
    [("-lost", "none of 3 packets was answered"), ("-unreachable", "sendto: Network is unreachable")],
)
def test_hping3_without_an_answer_is_an_error(debian, name, words):
    text = [captured(f"hping3-debian{debian}{name}{end}") for end in (".txt", ".stderr")]
    with pytest.raises(LabError, match=rf"hping3 against 192\.0\.2\.7: .*{words}"):
        Hping3("192.0.2.7", duration_s=1, warmup_s=0).parse(*text)
    with pytest.raises(LabError, match="it ended before its time"):
        Hping3("192.0.2.7", duration_s=1, warmup_s=0).parse("", "")


def test_a_load_of_its_own_kind_must_say_how():
    with pytest.raises(NotImplementedError):
        Load().argv()
    with pytest.raises(NotImplementedError):
        Load().parse("")


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


def test_perf_of_what_the_kernel_does_not_support_is_no_count_of_0():
    """CASES M22; "<not counted>" is a thread that slept, and made no call."""
    perf, whole = Perf(1518, "counts", events(lambda _name: True)), captured("perf-6.12-qemu.txt")
    with pytest.raises(LabError, match="this kernel does not support raw_syscalls:sys_enter"):
        perf.parse(whole.replace('"<not counted>"', '"<not supported>"'))
    with pytest.raises(LabError, match=r"a count of 'cycles' stands where raw_syscalls:sys_enter was asked for"):
        perf.parse(whole.replace("raw_syscalls:sys_enter", "cycles"))


def test_perf_cut_short_or_refused_is_an_error():
    perf = Perf(1518, "counts", events(lambda _name: True))
    whole = captured("perf-6.12-qemu.txt")
    with pytest.raises(LabError, match="its JSON output is incomplete"):
        perf.parse(whole[:2000])
    with pytest.raises(LabError, match="Problems finding threads of monitor"):
        perf.parse("", captured("perf-6.1-no-process.stderr"))

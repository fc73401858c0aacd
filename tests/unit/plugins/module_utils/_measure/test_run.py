# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole run: libvirt's test driver has the domain, a real process stands for its QEMU, a real one for the load.

Only the guest agent, which that driver lacks, is a stand-in that runs its commands on this machine.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import libvirt
import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._resets import Resets
from ansible_collections.virtio.lab.plugins.module_utils._measure import _peer, _prepared, _run
from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _manifest
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._nulls import NO_REASON
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._run_document import Asked
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._utc import utc
from ansible_collections.virtio.lab.plugins.module_utils._measure._run import measure_and_record
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._load import (
    DisconnectedError,
    Figures,
    Load,
    RefusedError,
)
from ansible_collections.virtio.lab.plugins.module_utils._measure._window import _guest_reset
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._guest_reset import GuestResetError
from ansible_collections.virtio.lab.plugins.module_utils._runner import Result, run
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._run_document import validate

pytestmark = pytest.mark.slow

# Processes are found by them, so each worker that runs this file has its own.
UUID, PEER = str(uuid4()), str(uuid4())
MAC = "52:54:00:00:96:01"
XML = """
<domain type='test'><name>{name}</name><uuid>{uuid}</uuid><memory>1024</memory><os><type>hvm</type></os>
<devices><interface type='bridge'><mac address='52:54:00:00:96:01'/><source bridge='br0'/><target dev='lo'/>
<model type='virtio'/><driver name='qemu'/><alias name='ua-net'/></interface></devices></domain>
"""
# Holds /dev/net/tun as a QEMU does, and spends CPU time in its first thread.
QEMU = "import time\ntun = open('/dev/net/tun', 'rb', buffering=0)\nwhile True: sum(range(2000)); time.sleep(0.001)"
# Sends what a gigabit needs in packets at least, through the NIC under test, which is the loopback here.
NAP = """
import socket, sys, time
end = time.monotonic() + float(sys.argv[1])
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while time.monotonic() < end:
    for _datagram in range(100):
        sender.sendto(b"x", ("127.0.0.1", 9))
    time.sleep(0.01)
print("slept")
"""
NETDEV = ["-netdev", "tap,fd=33,id=hostnet0", "-device", "virtio-net-pci,netdev=hostnet0,id=ua-net"]
ANSWERS = {
    "ethtool": Result(0, "     rx_queue_0_kicks: 2\n     tx_queue_0_kicks: 9\n", ""),
    "readlink": Result(0, "../../../../bus/virtio/drivers/virtio_net\n", ""),
    "cat": Result(0, Path("/proc/net/snmp").read_text(encoding="ascii"), ""),
    "grep": Result(0, "cpu  5 0 5 90 0 0 5 0 0 0\ncpu0 5 0 5 90 0 0 5 0 0 0\n", ""),
    "iperf3": Result(0, "iperf 3.12 (cJSON 1.7.15)\n", ""),
    "netperf": Result(0, "Netperf version 2.7.0\n", ""),
}


def places_of_nulls(value, place="") -> set[str]:
    """All that is null, as docs/run-document.md names places."""
    if isinstance(value, dict):
        names = {name: f"{place}.{name}".lstrip(".") for name in value if (place, name) != ("", "missing")}
        if place in ("witness", "witness.peer"):
            names |= dict.fromkeys({"before", "middle", "after"} & set(names), f"{place}.*")
        if place == "syscalls.by_name":
            names = dict.fromkeys(names, f"{place}.*")
        return {found for name, path in names.items() for found in places_of_nulls(value[name], path)}
    if isinstance(value, list):
        return {found for entry in value for found in places_of_nulls(entry, f"{place}[]")}
    return {place} if value is None else set()


class Agent:
    """A guest that answers."""

    calls: list[list[str]]
    clock_rate = 1.0

    def __init__(self, domain) -> None:
        self.domain = domain.name()
        Agent.calls = []

    def ping(self):
        return True

    def interfaces(self):
        return [{"name": "eth0", "mac": MAC, "addresses": [{"address": "192.0.2.9", "prefix": 24, "family": "ipv4"}]}]

    def exec(self, argv):
        Agent.calls.append([self.domain, *argv])
        return ANSWERS[argv[0]]

    def call(self, command, **_arguments):
        clock = int(time.monotonic() * self.clock_rate * 1e9)
        return {"guest-get-osinfo": {"kernel-release": "6.12.0-guest"}, "guest-get-time": clock}[command]


class SilentAgent(Agent):
    """A guest whose agent does not answer."""

    def ping(self):
        return False

    def exec(self, argv):
        raise LabError("the guest agent of measured is silent")


class Nap(Load):
    """A load that lasts a second longer than it was told and reports a gigabit; it may be refused first."""

    name = "netperf"
    proto = "tcp"
    direction = "host_to_guest"
    address = "192.0.2.7"

    def __init__(self, warmup_s: int, duration_s: int, refusals: int = 0) -> None:
        self.warmup_s, self.duration_s, self.refusals = warmup_s, duration_s, refusals

    def argv(self) -> list[str]:
        seconds = 0 if self.refusals else self.warmup_s + self.duration_s + 1
        return ["/usr/bin/python3", "-c", NAP, str(seconds)]  # not the environment of root, whom no load runs as

    def server_argv(self) -> list[str]:
        return ["netperf", "serve"]

    def parse(self, stdout: str, stderr: str = "") -> Figures:
        if self.refusals:
            self.refusals -= 1
            raise RefusedError("nothing listens")
        assert stdout == "slept\n"
        return Figures(1.0, payload_bytes=125_000_000, bits_per_second=1e9, intervals_bps=[1e9], retransmits=3)


def asked(**workload) -> Asked:
    return Asked(
        run_id="b01-qemu-nap",
        campaign_id="c",
        lab="lab",
        block=1,
        order_in_block=1,
        seed=1,
        datapath="qemu",
        replicate="none",
        workload={"name": "nap", "tool": "iperf3", **workload},
        warmup_s=0,
        duration_s=1,
    )


def stand_in(uuid: str) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", QEMU, "-uuid", uuid, *NETDEV])


@pytest.fixture
def qemu():
    process = stand_in(UUID)
    time.sleep(0.3)
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def connection(monkeypatch):
    monkeypatch.setattr(_prepared, "Agent", Agent)
    monkeypatch.setattr(_peer, "Agent", Agent)
    libvirt.virEventRegisterDefaultImpl()
    opened = libvirt.open("test:///default")
    opened.createXML(XML.format(name="measured", uuid=UUID))
    yield opened
    for domain in opened.listAllDomains():
        if domain.name() != "test":
            domain.destroy()
    opened.close()


def runner(argv, **_options):
    if argv[:4] == ["ip", "-j", "route", "get"]:
        return Result(0, f'[{{"dst": "{argv[4]}", "dev": "br0"}}]', "")
    return ANSWERS.get(argv[0]) or run(argv, check=False)


@pytest.fixture
def measured(connection, tmp_path, monkeypatch):
    """Return a function that measures with a load and returns the record, as a reader of the file sees it."""

    def measure(load: Load | None, cell: Asked) -> dict:
        if load:
            monkeypatch.setattr(_prepared, "load_of", lambda *_arguments: load)
        folder = tmp_path / "c" / cell.run_id
        told = measure_and_record(
            connection, cell, domain="measured", mac=MAC, address="192.0.2.7", folder=folder, runner=runner
        )
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        assert record == told
        validate(record)
        assert set(record["missing"]) == places_of_nulls(record)
        assert NO_REASON not in record["missing"].values()
        return record

    return measure


def test_a_run_is_measured_and_recorded(measured, qemu):
    record = measured(Nap(0, 1), asked())
    assert record["valid"], record["invalid_reasons"]
    assert record["witness"]["verdict"] == "qemu"
    assert {record["witness"][moment]["pid"] for moment in ("before", "middle", "after")} == {qemu.pid}
    summary = record["summary"]
    assert summary["gbps"] == 1.0
    assert record["witness"]["peer"] is None
    assert "peer" not in record["manifest"]
    assert summary["cpu_s"]["main"] > 0
    assert summary["pps"] is not None
    assert (record["bracket"]["kicks"], summary["guest_retransmits"]) == ({"rx0": 0, "tx0": 0}, 0)
    assert record["manifest"]["guest"] == {"kernel": "6.12.0-guest", "image": None}
    assert "neither a disk nor a kernel" in record["missing"]["manifest.guest.image"]
    assert record["manifest"]["tools"] == {"netperf": "2.7.0"}
    assert record["manifest"]["accelerator"] == "tcg"
    (sample,) = record["samples"]
    assert sample["throughput_bps"] == 1e9
    assert 0 <= sample["from_s"] < sample["t_s"]
    sampler = record["instrumentation"]["sampler"]
    assert sampler["ticks"] == 2
    assert 0 < sampler["cpu_s"] < 1
    assert record["raw"][0]["path"] == "netperf.stdout"


def test_what_else_ran_on_the_host_is_recorded(measured, qemu):
    quiet = measured(Nap(0, 1), asked())["summary"]
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as other:
        try:
            beside = measured(Nap(0, 1), asked())["summary"]
        finally:
            other.kill()
    # It is a child of the program that measures, as the load is, but none of those that it started for the run.
    assert beside["foreign_cpu_s"] > 0.3
    for summary in (quiet, beside):
        own = sum(summary["cpu_s"].values()) + summary["tools_cpu_s"]
        assert summary["tools_cpu_s"] > 0
        assert summary["foreign_cpu_s"] == pytest.approx(max(0, summary["tasks_s"] - own))
        assert summary["steal_s"] >= 0
        assert summary["guest_cpu_s"] == {"busy": 0, "softirq": 0, "steal": 0}
        for waited in summary["pressure_s"].values():
            assert 0 <= waited["some"] <= summary["window_s"] + 0.5


@pytest.mark.parametrize(("queues", "valid"), [(1, True), (2, False)])
def test_a_run_about_queues_needs_them_in_qemu(measured, qemu, queues, valid):
    record = measured(Nap(0, 1), asked(queues=queues))
    assert (record["factor"]["queues"], record["factor"]["guest_queues"]) == (1, None)
    assert "no combined channels" in record["missing"]["factor.guest_queues"]
    assert record["valid"] is valid, record["invalid_reasons"]


def test_without_samplers_the_ends_of_the_window_are_enough(measured, qemu):
    record = measured(Nap(0, 1), asked(samplers=False))
    assert record["samples"] == []
    assert record["instrumentation"]["samplers"] is False
    assert record["summary"]["cpu_s"]["main"] > 0
    assert record["valid"], record["invalid_reasons"]


def test_a_run_on_another_datapath_is_recorded_as_invalid(measured, qemu):
    record = measured(Nap(0, 1), asked()._replace(datapath="vhost"))
    assert record["valid"] is False
    assert "before the run: the effective datapath is qemu, vhost was asked for" in record["invalid_reasons"]


def test_a_guest_whose_clock_runs_fast_is_recorded_as_invalid(measured, qemu, monkeypatch):
    bracket = measured(Nap(0, 1), asked())["bracket"]
    assert bracket["guest_clock_ratio"] == pytest.approx(1, abs=bracket["guest_clock_error"])
    monkeypatch.setattr(Agent, "clock_rate", 19.0)
    record = measured(Nap(0, 1), asked())
    assert record["invalid_reasons"] == [
        "the guest's clock ran 19.00 times as fast as the hypervisor's: it timed its end of the load wrong"
    ]


def test_a_server_that_does_not_listen_is_started(measured, qemu):
    assert measured(Nap(0, 1, refusals=1), asked())["summary"]["gbps"] == 1.0
    assert ["measured", "netperf", "serve"] in Agent.calls


@pytest.mark.parametrize("attempts", [1, 2])
def test_a_load_that_lost_its_server_is_run_once_more(measured, qemu, monkeypatch, attempts):
    parse, left = Nap.parse, [DisconnectedError("unable to send control message")] * attempts

    def lose(self, *said):
        if left:
            raise left.pop()
        return parse(self, *said)

    monkeypatch.setattr(Nap, "parse", lose)
    if attempts == 2:
        with pytest.raises(DisconnectedError, match="unable to send"):
            measured(Nap(0, 1), asked())
    record = measured(Nap(0, 1), asked())
    assert record["summary"]["gbps"] == 1.0
    assert [attempt["why"] for attempt in record["lost"]] == ["unable to send control message"] * attempts
    times = [attempt["at"] for attempt in record["lost"]]
    assert times == sorted(times)
    assert times[-1] <= record["ended_at"]


@pytest.fixture
def reset(monkeypatch):
    """Return a function that has a guest be reset in the next run, which libvirt's test driver sends no event of."""
    parse = Nap.parse

    def arrange(guest: str, then: LabError | None = None) -> None:
        heard = Resets()

        def crash(self, *said):
            heard.tell(SimpleNamespace(name=lambda: guest))
            if then:
                raise then
            return parse(self, *said)

        monkeypatch.setattr(_guest_reset, "resets", lambda _connection: nullcontext(heard))
        monkeypatch.setattr(Nap, "parse", crash)

    return arrange


@pytest.mark.parametrize(
    "why", [LabError("no route to host"), DisconnectedError("unable to send control message"), None]
)
def test_a_run_in_which_the_guest_was_reset_is_lost_and_the_next_one_tells(measured, qemu, tmp_path, reset, why):
    folder, started = tmp_path / "c" / asked().run_id, utc(datetime.now(UTC))
    reset("measured", why)
    with pytest.raises(GuestResetError, match="guest measured was reset during the run") as discarded:
        measured(Nap(0, 1), asked())
    assert not (folder / "run.json").exists()
    reset("other")
    (attempt,) = measured(Nap(0, 1), asked())["lost"]
    assert attempt["why"] == str(discarded.value)
    assert attempt["at"] > started
    assert not (folder / "lost.json").exists()


def test_the_reset_of_another_guest_does_not_matter(measured, qemu, reset):
    reset("other")
    assert measured(Nap(0, 1), asked())["lost"] == []
    reset("other", LabError("no route to host"))
    with pytest.raises(LabError, match="no route to host"):
        measured(Nap(0, 1), asked()._replace(run_id="b02"))


def test_a_silent_guest_is_measured_without_what_only_it_knows(measured, qemu, monkeypatch):
    monkeypatch.setattr(_prepared, "Agent", SilentAgent)
    record = measured(Nap(0, 1), asked())
    assert record["manifest"]["guest"]["kernel"] is None
    assert record["bracket"]["kicks"] is None
    assert record["missing"]["summary.kicks_per_packet"] == "the guest agent does not answer"
    with pytest.raises(LabError, match="nothing listens; and it could not be started: the guest agent"):
        measured(Nap(0, 1, refusals=9), asked())


def test_a_guest_that_does_not_tell_its_kernel_is_measured(measured, qemu, monkeypatch):
    def refuse(self, command, **_arguments):
        if command == "guest-get-osinfo":
            raise LabError("the guest agent of measured did not do guest-get-osinfo: disabled")
        return int(time.monotonic() * 1e9)

    monkeypatch.setattr(Agent, "call", refuse)
    assert measured(Nap(0, 1), asked())["manifest"]["guest"]["kernel"] is None


def test_a_guest_that_does_not_run_is_refused(connection, tmp_path):
    connection.defineXML(XML.format(name="off", uuid=PEER))
    with pytest.raises(LabError, match="domain 'off' does not run; start it"):
        measure_and_record(
            connection, asked(), domain="off", mac=MAC, address="192.0.2.7", folder=tmp_path, runner=runner
        )
    connection.lookupByName("off").undefine()


def test_two_guests_take_part(measured, qemu, connection, monkeypatch):
    connection.createXML(XML.format(name="other", uuid=PEER))
    peer = stand_in(PEER)
    time.sleep(0.3)
    try:
        ends = _prepared._ends(connection, {"name": "a", "peer": "other"}, "measured", "192.0.2.7", runner)
        assert (ends.where.address, ends.peer.pid, ends.peer.name) == ("192.0.2.9", peer.pid, "other")
        assert ends.peer.mac == MAC
        ends.server(["netperf", "serve"])
        assert (ends.agent.domain, Agent.calls[-1]) == ("measured", ["other", "netperf", "serve"])
        # The client runs in the guest under test; here that is a process like any other.
        monkeypatch.setattr(_prepared, "GuestProcess", lambda _agent, *command: _prepared.Background(*command))
        record = measured(Nap(0, 1), asked(direction="guest_to_guest", peer="other"))
    finally:
        peer.kill()
        peer.wait()
    assert record["workload"]["peer"] == "other"
    summary = record["summary"]
    assert summary["peer_cpu_s"]["main"] > 0
    assert 0 < summary["peer_cpu_ns_per_byte"] < summary["cpu_ns_per_byte"]
    assert {record["witness"]["peer"][moment]["pid"] for moment in ("before", "middle", "after")} == {peer.pid}
    assert record["witness"]["peer"]["verdict"] == "qemu"
    assert record["manifest"]["peer"] == {"domain": "other", "datapath": "qemu"}
    assert record["valid"], record["invalid_reasons"]


def test_a_run_whose_peer_was_reset_is_lost(measured, qemu, connection, monkeypatch, reset):
    connection.createXML(XML.format(name="other", uuid=PEER))
    peer = stand_in(PEER)
    time.sleep(0.3)
    monkeypatch.setattr(_prepared, "GuestProcess", lambda _agent, *command: _prepared.Background(*command))
    reset("other")
    try:
        with pytest.raises(GuestResetError, match="guest other was reset"):
            measured(Nap(0, 1), asked(direction="guest_to_guest", peer="other"))
    finally:
        peer.kill()
        peer.wait()


def test_a_damaged_note_of_lost_attempts_says_what_to_do(measured, qemu, tmp_path):
    folder = tmp_path / "c" / asked().run_id
    folder.mkdir(parents=True)
    (folder / "lost.json").write_text("{", encoding="utf-8")
    with pytest.raises(LabError, match=r"lost\.json holds no list of lost attempts \(it is no JSON.*; remove it"):
        measured(Nap(0, 1), asked())


def test_a_peer_must_be_named_and_run(measured, qemu, connection):
    with pytest.raises(LabError, match="workload 'nap': guest_to_guest needs a peer"):
        measured(Nap(0, 1), asked(direction="guest_to_guest"))
    connection.defineXML(XML.format(name="off", uuid=PEER))
    with pytest.raises(LabError, match="peer 'off' does not run"):
        measured(Nap(0, 1), asked(peer="off"))
    connection.lookupByName("off").undefine()


@pytest.mark.parametrize(
    ("workload", "here", "there", "version"),
    [
        ({"tool": "iperf3", "streams": 4}, "3.18", "3.12", "3.12"),
        ({"tool": "perf", "streams": 4}, "3.12", "3.18", "3.12"),
        ({"tool": "iperf3", "streams": 4}, "3.18", None, "3.18"),
        ({"tool": "iperf3", "streams": 1}, "3.12", "3.12", None),
        ({"tool": "netperf", "streams": None}, "3.12", "3.12", None),
    ],
)
def test_the_older_iperf3_of_the_two_ends_decides(workload, here, there, version):
    class Server:
        def exec(self, _argv):
            if there is None:
                raise LabError("the guest agent is silent")
            return Result(0, f"iperf {there} (cJSON 1.7.15)\n", "")

    def client(*_argv, **_options):
        return Result(0, f"iperf {here} (cJSON 1.7.15)\n", "")

    server, where = _prepared._runner_in(Server()), _prepared.Where("192.0.2.7")
    ends = _prepared.Ends(Server(), None, server, where, _prepared.Background, client)
    assert _prepared._iperf3_version(workload, ends) == version


def test_a_process_that_has_gone_has_no_boot_id():
    gone = subprocess.Popen(["true"])
    gone.wait()
    with pytest.raises(LabError, match=f"no process {gone.pid}: QEMU has ended"):
        _run.boot_id(gone.pid)
    assert _run._mtu(None) is None
    assert _run._mtu("no-such-device") is None
    assert _run._mtu("lo") == int(Path("/sys/class/net/lo/mtu").read_text(encoding="ascii"))


def test_versions_of_the_tools_are_read_from_what_they_print():
    def said(text):
        return lambda *_argv, **_options: Result(0, text, "")

    assert _manifest.tool_version("hping3", said("hping3 version 3.0.0-alpha-2 ($Id: release.h,v 1.4 $)\n")) == (
        "3.0.0-alpha-2"
    )
    assert _manifest.tool_version("iperf3", said("")) is None
    assert _manifest.nic_features(None, runner) == {}
    offloads = "Features for lo:\ntx-checksumming: on\n\ttx-checksum-ipv4: off [fixed]\nlarge-receive-offload: off\n"
    assert _manifest.nic_features("lo", said(offloads)) == {
        "tx-checksumming": True,
        "tx-checksum-ipv4": False,
        "large-receive-offload": False,
    }


def test_offloads_are_unknown_without_ethtool():
    def missing(*_argv, **_options):
        raise LabError("ethtool: no such program on this host")

    assert _manifest.nic_features("lo", missing) == {}

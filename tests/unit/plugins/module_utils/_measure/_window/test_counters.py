# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the guest's kernel counted around a load. The agent is a small stand-in that runs commands on this machine."""

from __future__ import annotations

import base64
import os
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._agent import Agent
from ansible_collections.virtio.lab.plugins.module_utils._measure import _peer
from ansible_collections.virtio.lab.plugins.module_utils._measure._window import _counters
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._counters import CounterSnapshot, delta
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._guest_cpu import CpuTimes, cpu_times, spent
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._guest_process import GuestProcess
from ansible_collections.virtio.lab.plugins.module_utils._runner import Result, run

TOOLS = Path(__file__).parents[4] / "fixtures" / "tools"
MAC = "52:54:00:00:96:01"
SNMP = Path("/proc/net/snmp").read_text(encoding="ascii")


def statistics(kernel: str) -> str:
    return (TOOLS / f"ethtool-linux-{kernel}-virtio_net.txt").read_text(encoding="utf-8")


class Here(Agent):
    """The guest agent's exec as real processes of this machine; ethtool prints what a guest printed."""

    def __init__(self, ethtool: Result | LabError, addresses: tuple[str, ...] = ("192.0.2.7/24",)) -> None:
        super().__init__(SimpleNamespace(name=lambda: "a"))
        self.ethtool = ethtool
        self.addresses = [text.split("/") for text in addresses]
        self.processes: dict[int, subprocess.Popen] = {}

    def ping(self):
        return True

    def interfaces(self):
        addresses = [{"address": ip, "prefix": int(prefix), "family": "ipv4"} for ip, prefix in self.addresses]
        return [{"name": "lo", "mac": "", "addresses": []}, {"name": "eth0", "mac": MAC, "addresses": addresses}]

    def exec(self, argv):
        if argv[0] != "ethtool":  # its NIC is this machine's loopback
            return run([word.replace("/net/eth0/", "/net/lo/") for word in argv], check=False)
        assert argv == ["ethtool", "-S", "eth0"]
        if isinstance(self.ethtool, LabError):
            raise self.ethtool
        return self.ethtool

    def call(self, command, **arguments):
        if command == "guest-exec":
            argv = [arguments["path"], *arguments["arg"]]
            try:
                process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            except FileNotFoundError as missing:
                raise LabError("the guest agent did not do guest-exec: Failed to execute child process") from missing
            self.processes[process.pid] = process
            return {"pid": process.pid}
        if command == "guest-get-time":
            return 7_500_000_000
        assert command == "guest-exec-status"
        process = self.processes[arguments["pid"]]
        if process.poll() is None:
            return {"exited": False}
        out, err = process.communicate()
        status = {
            "exited": True,
            "out-data": base64.b64encode(out).decode(),
            "err-data": base64.b64encode(err).decode(),
        }
        ended = {"exitcode": process.returncode} if process.returncode >= 0 else {"signal": -process.returncode}
        return {**status, **ended}


@pytest.mark.parametrize(("kernel", "kicks"), [("6.12", {"rx0": 1, "tx0": 30}), ("6.18", {"rx0": 32465, "tx0": 67952})])
def test_kicks_of_every_queue_as_virtio_net_tells_them(kernel, kicks):
    assert _counters.kicks_of(statistics(kernel)) == kicks


def test_a_driver_without_kicks_has_none():
    assert _counters.kicks_of("NIC statistics:\n     rx_packets: 3\n") is None


def test_retransmits_are_the_kernels_own():
    told = run(["nstat", "-asz", "TcpRetransSegs"]).stdout.split()
    read = _counters.tcp_retransmits(Path("/proc/net/snmp").read_text(encoding="ascii"))
    assert read is not None
    assert read >= int(told[told.index("TcpRetransSegs") + 1])
    assert _counters.tcp_retransmits("") is None
    assert _counters.tcp_retransmits("Tcp: A B\nTcp: 1 2\n") is None


def test_counters_are_read_from_guest_and_host():
    snapshot = _counters.read_counters(Here(Result(0, statistics("6.12"), "")), MAC.upper(), "lo")
    assert snapshot.kicks == {"rx0": 1, "tx0": 30}
    assert snapshot.guest_retransmits is not None
    assert snapshot.host_retransmits is not None
    assert snapshot.packets is not None
    assert snapshot.guest_packets is not None
    assert snapshot.guest_s == 7.5
    assert len(snapshot.guest_cpu) == os.cpu_count()
    assert snapshot.guest_cpu["0"].user > 0
    assert snapshot.missing == {}


def test_the_guests_clock_is_read_by_the_promptest_of_three_answers(monkeypatch):
    now, takes = [100.0], [0.3, 0.1, 0.2]

    class Slow(Here):
        def call(self, command, **arguments):
            if command == "guest-get-time":
                now[0] += takes.pop(0)
                return round(now[0] * 1e9)
            return super().call(command, **arguments)

    monkeypatch.setattr(_counters.time, "monotonic", lambda: now[0])
    snapshot = _counters.read_counters(Slow(Result(0, statistics("6.12"), "")), MAC, "lo")
    assert takes == []
    assert snapshot.guest_s == pytest.approx(100.4)
    assert (snapshot.at_s, snapshot.within_s) == (pytest.approx(100.35), pytest.approx(0.05))


def test_a_prompt_answer_is_enough(monkeypatch):
    now, asked = [100.0], []

    class Prompt(Here):
        def call(self, command, **arguments):
            if command == "guest-get-time":
                asked.append(command)
                now[0] += 0.01
                return 1
            return super().call(command, **arguments)

    monkeypatch.setattr(_counters.time, "monotonic", lambda: now[0])
    _counters.read_counters(Prompt(Result(0, statistics("6.12"), "")), MAC, "lo")
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("ethtool", "why"),
    [
        (Result(0, "NIC statistics:\n", ""), "counts no kicks"),
        (Result(94, "", "no stats available\n"), "ethtool in the guest: no stats available"),
        (Result(1, "", ""), "ethtool in the guest: exit code 1"),
        (LabError("the guest agent of a did not do guest-exec"), "did not do guest-exec"),
    ],
)
def test_what_a_guest_cannot_tell_is_null_with_its_reason(ethtool, why):
    snapshot = _counters.read_counters(Here(ethtool), MAC, None)
    assert snapshot.kicks is None
    assert why in snapshot.missing["kicks"]
    assert snapshot.packets is None
    assert snapshot.missing["pps"] == "the NIC has no link on the hypervisor that could count"


def test_a_nic_that_the_guest_does_not_have_is_said():
    snapshot = _counters.read_counters(Here(Result(0, "", "")), "52:54:00:00:00:99", None)
    assert snapshot.missing["kicks"] == "the guest has no NIC 52:54:00:00:00:99"


def test_a_silent_guest_still_has_a_host_and_is_asked_once():
    class Silent(Here):
        def ping(self):
            return False

        def call(self, command, **_arguments):
            raise AssertionError(command)

    snapshot = _counters.read_counters(Silent(Result(0, "", "")), MAC, "lo")
    told = {"guest_clock_ratio", "kicks", "guest_retransmits", "guest_cpu_s", "guest_packets"}
    assert set(snapshot.missing) == told
    assert set(snapshot.missing.values()) == {"the guest agent does not answer"}
    assert (snapshot.guest_s, snapshot.kicks, snapshot.guest_retransmits) == (None, None, None)
    assert snapshot.host_retransmits is not None


def test_a_delta_is_the_difference_of_two_snapshots():
    first = CounterSnapshot(10.0, 50.0, 100, {"rx0": 1, "tx0": 30}, 5, None, {}, None, 40, 0.25)
    last = CounterSnapshot(14.5, 54.5, 350, {"rx0": 3, "tx0": 130}, 7, 9, {"kicks": "x"}, cpus(0), 290, 0.2)
    assert delta(first, last) == {
        "seconds": 4.5,
        "guest_clock_ratio": 1.0,
        "guest_clock_error": pytest.approx(0.1),
        "packets": 250,
        "guest_packets": 250,
        "kicks": {"rx0": 2, "tx0": 100},
        "guest_retransmits": 2,
        "host_retransmits": None,
        "guest_cpus": None,
        "missing": {"kicks": "x"},
    }
    assert delta(first._replace(kicks=None), last)["kicks"] is None
    fell = delta(first, last._replace(guest_packets=1))
    assert fell["guest_packets"] is None
    assert "fell during the load" in fell["missing"]["guest_packets"]


@pytest.mark.parametrize(
    ("told", "packets"),
    [
        ("3\n4\n", 7),
        ("3\n", None),
        ("3\n4\n5\n", None),
        ("-3\n4\n", None),
        ("9" * 21 + "\n4\n", None),
        ("", None),
        ("٣\n4\n", None),
    ],
)
def test_packets_are_the_two_numbers_of_the_guests_kernel(told, packets):
    assert _counters.packets_of(told) == packets


def cpus(after: int, softirq: int = 40, many: int = 2) -> dict[str, CpuTimes]:
    """The vCPUs of a guest after so many ticks."""
    counted = CpuTimes(10 + after, 1, 20 + after, 500, 3, 2, softirq + after, 5 + after)
    return {str(number): counted for number in range(many)}


def test_what_each_vcpu_did_is_the_difference_in_seconds():
    each = {"busy_s": 3.0, "softirq_s": 1.0, "steal_s": 1.0}
    assert spent(cpus(0), cpus(100)) == {"0": each, "1": each}
    idle = {"busy_s": 0.0, "softirq_s": 0.0, "steal_s": 0.0}
    assert spent(cpus(0), cpus(0)) == {"0": idle, "1": idle}


@pytest.mark.parametrize("last", [cpus(100, softirq=-70), cpus(100, many=3), cpus(100, many=1)])
def test_vcpus_that_come_go_or_count_backwards_are_not_known(last):
    first = CounterSnapshot(0.0, 0.0, None, None, None, None, {}, cpus(0))
    found = delta(first, first._replace(guest_cpu=last))
    assert found["guest_cpus"] is None
    assert "vCPUs changed during the load" in found["missing"]["guest_cpu_s"]


@pytest.mark.parametrize("stat", ["", "cpu  1 2 3 4 5 6 7 8\n", "cpu0 1 2 3 4 5 6 7\n", "cpu0 1 2 3 4 5 6 7 x\n"])
def test_a_stat_that_names_no_vcpu(stat):
    assert cpu_times(stat) is None


def test_a_command_in_a_guest_leaves_its_output_in_files(tmp_path):
    agent = Here(Result(0, "", ""))
    with GuestProcess(
        agent, ["python3", "-c", "import sys; print('o'); print('e', file=sys.stderr)"], tmp_path, "p"
    ) as p:
        assert p.stdout() == p.stderr() == ""
        assert p.finish(20) == 0
        assert p.ended(60)
    assert (p.stdout(), p.stderr(), p.stderr(0)) == ("o\n", "e\n", "")
    assert (tmp_path / "p.stdout").read_text(encoding="utf-8") == "o\n"


def test_a_command_in_a_guest_is_ended_with_what_waited_for_it(tmp_path):
    with GuestProcess(Here(Result(0, "", "")), ["sleep", "60"], tmp_path, "s") as process:
        assert not process.ended(0.01)
        with pytest.raises(LabError, match="`sleep 60` in the guest did not finish in time"):
            process.finish(0.3)
    end = time.monotonic() + 10
    while not process.has_ended() and time.monotonic() < end:
        time.sleep(0.05)
    assert process.finish(0) == -9


def test_a_guest_that_has_gone_runs_nothing(tmp_path):
    class Gone(Here):
        def call(self, command, **arguments):
            if command == "guest-exec-status":
                raise LabError("the guest agent is silent")
            return {"pid": 1}

    with GuestProcess(Gone(Result(0, "", "")), ["sleep", "60"], tmp_path, "s"):
        pass


def test_a_program_that_the_guest_lacks_is_an_error(tmp_path):
    with pytest.raises(LabError, match="guest-exec"):
        GuestProcess(Here(Result(0, "", "")), ["no-such-tool"], tmp_path, "s")


def test_a_peer_is_reached_in_the_network_of_the_guest_under_test():
    agent = Here(Result(0, "", ""), ("10.0.0.3/8", "192.0.2.9/24"))
    assert _peer.address_beside(agent, "192.0.2.7", "b")[0] == "192.0.2.9"
    with pytest.raises(
        LabError, match=r"peer 'b' has no address in the network of 203\.0\.113\.1; it has 10\.0\.0\.3/8"
    ):
        _peer.address_beside(agent, "203.0.113.1", "b")
    with pytest.raises(LabError, match="it has none"):
        _peer.address_beside(Here(Result(0, "", ""), ()), "192.0.2.7", "b")

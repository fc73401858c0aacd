# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counters read just before a load begins and just after it has ended: what only the guest's own kernel knows.

The guest is asked through its agent, and not while it is measured: the figures cover the whole load, warm-up included.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional, TypeVar

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign._shape import number
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._agent import Agent, argument
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._guest_cpu import CpuTimes, cpu_times, spent
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._sampler import (
    difference,
    tap_meters,
    tap_packets,
)
from ansible_collections.virtio.lab.plugins.module_utils._qemu import _process

# virtio_net's statistics: rx_queue_0_kicks, since Linux 6.10 rx0_kicks.
_KICKS = re.compile(r"^[ \t]{0,40}([rt]x)(?:_queue_)?([0-9]{1,6})_kicks:[ \t]{0,40}([0-9]{1,20})$", re.MULTILINE)
_MOST_DIGITS = 20
SNMP = ["cat", "/proc/net/snmp"]
STAT = ["grep", "^cpu", "/proc/stat"]
_STATISTICS = "/sys/class/net/{name}/statistics/{way}_packets"
_NO_LINK = "the NIC has no link on the hypervisor that could count"
_NO_SETTINGS = "the NIC has no link on the hypervisor that could have one"
_NEEDS_PACKETS = ("packets", "pps", "syscalls_per_packet", "exits_per_packet", "kicks_per_packet")
_NONE = {
    "kicks": "the driver of the guest's NIC counts no kicks",
    "guest_retransmits": "the guest's kernel counts no retransmitted segments",
    "guest_cpu_s": "the guest's /proc/stat names no CPU time",
    "guest_packets": "the guest does not tell how many packets its NIC had",
}
_SILENT = "the guest agent does not answer"
# The guest's clock was read at some time between question and answer. On a busy machine that may be half a second.
_PROMPT_S = 0.02
_MOST_READINGS = 3
Value = TypeVar("Value")


class CounterSnapshot(NamedTuple):
    """Counters at one end of the load; kicks are by queue (rx0, tx0, …), guest_cpu by vCPU of the guest.

    What could not be read is None, missing says why. guest_s is the guest's clock when the hypervisor's was at_s, give
    or take within_s. guest_packets are those of the NIC as the guest counts them, packets those of its link on the
    hypervisor.
    """

    at_s: float
    guest_s: Optional[float]
    packets: Optional[int]
    kicks: Optional[Dict[str, int]]
    guest_retransmits: Optional[int]
    host_retransmits: Optional[int]
    missing: Dict[str, str]
    guest_cpu: Optional[Dict[str, CpuTimes]] = None
    guest_packets: Optional[int] = None
    within_s: float = 0.0


class _Reading(NamedTuple):
    guest_s: float
    at_s: float
    within_s: float


def read_counters(agent: Agent, mac: str, tap: Optional[str], root: str = _process.PROC) -> CounterSnapshot:
    """Take a snapshot of the counters of the guest's NIC mac, its tap device and both kernels."""
    if agent.ping():
        missing: Dict[str, str] = {}
        clock = or_why("guest_clock_ratio", missing, lambda: _clock(agent))
        guest_s, at_s, within_s = clock or (None, time.monotonic(), 0.0)
        kicks = or_why("kicks", missing, lambda: kicks_of(ethtool(agent, "-S", mac)))
        retransmits = or_why("guest_retransmits", missing, lambda: tcp_retransmits(_output(agent, SNMP)))
        cpu = or_why("guest_cpu_s", missing, lambda: cpu_times(_output(agent, STAT)))
        inside = or_why("guest_packets", missing, lambda: _guest_packets(agent, mac))
    else:  # asking for more would only take as long again
        guest_s, at_s, within_s, kicks, retransmits, cpu, inside = None, time.monotonic(), 0.0, None, None, None, None
        missing = dict.fromkeys(("guest_clock_ratio", *_NONE), _SILENT)
    if tap is None:
        missing.update(dict.fromkeys(_NEEDS_PACKETS, _NO_LINK))
    own = tcp_retransmits(Path(root, "net/snmp").read_text(encoding="ascii"))
    packets = tap_packets(tap_meters(tap))
    return CounterSnapshot(at_s, guest_s, packets, kicks, retransmits, own, missing, cpu, inside, within_s)


def of_no_link(tap: Optional[str]) -> Dict[str, str]:
    """Why settings that a link on the hypervisor has are not known, where there is none."""
    return dict.fromkeys(("factor.mtu", "factor.offloads"), _NO_SETTINGS) if tap is None else {}


def _clock(agent: Agent) -> _Reading:
    """The guest's clock by the promptest of a few answers."""
    found: List[_Reading] = []
    while len(found) < _MOST_READINGS and not (found and found[-1].within_s <= _PROMPT_S):
        asked_s = time.monotonic()
        guest_s = number(agent.call("guest-get-time"), "what the guest agent says to guest-get-time") / 1e9
        within_s = (time.monotonic() - asked_s) / 2
        found.append(_Reading(guest_s, asked_s + within_s, within_s))
    return min(found, key=lambda reading: reading.within_s)


def _guest_packets(agent: Agent, mac: str) -> Optional[int]:
    name = link_name(agent, mac)
    return packets_of(_output(agent, ["cat", *(_STATISTICS.format(name=name, way=way) for way in ("rx", "tx"))]))


def packets_of(statistics: str) -> Optional[int]:
    """Return the sum of the two numbers that a guest's kernel tells of its NIC, None where it tells something else.

    >>> packets_of("3\\n4\\n")
    7
    """
    lines = statistics.split("\n")
    if len(lines) != 3 or not all(
        line.isascii() and line.isdigit() and len(line) <= _MOST_DIGITS for line in lines[:2]
    ):
        return None
    return sum(map(int, lines[:2]))


def or_why(name: str, missing: Dict[str, str], read: Callable[[], Optional[Value]]) -> Optional[Value]:
    """Return what read returns; where that is None or an error, put the reason into missing."""
    try:
        value = read()
    except LabError as error:
        missing[name] = str(error)
        return None
    if value is None:
        missing[name] = _NONE[name]
    return value


def delta(first: CounterSnapshot, last: CounterSnapshot) -> Dict[str, Any]:
    """Return what was counted from first to last (a run document's ``bracket``), null where one of them lacks."""
    seconds = last.at_s - first.at_s
    passed = difference(first.guest_s, last.guest_s) if seconds > 0 else None
    missing: Dict[str, str] = {**last.missing, **first.missing}
    kicks = _kicked(first.kicks, last.kicks)
    if kicks is None and first.kicks is not None and last.kicks is not None:
        missing["kicks"] = "a counter of kicks fell during the load"
    cpus = spent(first.guest_cpu, last.guest_cpu)
    if cpus is None and first.guest_cpu is not None and last.guest_cpu is not None:
        missing["guest_cpu_s"] = "the guest's vCPUs changed during the load, or a counter of them fell"
    inside = difference(first.guest_packets, last.guest_packets)
    if inside is None and first.guest_packets is not None and last.guest_packets is not None:
        missing["guest_packets"] = "the guest's counter of packets fell during the load"
    return {
        "seconds": seconds,
        "guest_clock_ratio": None if passed is None else passed / seconds,
        "guest_clock_error": None if passed is None else (first.within_s + last.within_s) / seconds,
        "packets": difference(first.packets, last.packets),
        "guest_packets": inside,
        "kicks": kicks,
        "guest_retransmits": difference(first.guest_retransmits, last.guest_retransmits),
        "host_retransmits": difference(first.host_retransmits, last.host_retransmits),
        "guest_cpus": cpus,
        "missing": missing,
    }


def _kicked(first: Optional[Dict[str, int]], last: Optional[Dict[str, int]]) -> Optional[Dict[str, int]]:
    """By queue, None where either was not read or a counter fell."""
    if first is None or last is None:
        return None
    kicks = {queue: count - first.get(queue, 0) for queue, count in last.items()}
    return None if any(count < 0 for count in kicks.values()) else kicks


def kicks_of(statistics: str) -> Optional[Dict[str, int]]:
    """Return the kicks by queue in the text of ethtool -S; None where the driver has none.

    >>> kicks_of("     rx_queue_0_kicks: 2\\n     tx_queue_0_kicks: 31")
    {'rx0': 2, 'tx0': 31}
    """
    return {f"{way}{queue}": int(number) for way, queue, number in _KICKS.findall(statistics)} or None


def tcp_retransmits(snmp: str) -> Optional[int]:
    """Return RetransSegs in the text of /proc/net/snmp: two lines of Tcp:, the names and the numbers."""
    rows: List[List[str]] = [line.split()[1:] for line in snmp.splitlines() if line.startswith("Tcp:")]
    if len(rows) != 2:
        return None
    counted = dict(zip(*rows)).get("RetransSegs", "")
    return int(counted) if counted.isascii() and counted.isdigit() and len(counted) <= _MOST_DIGITS else None


def link_name(agent: Agent, mac: str) -> str:
    """Return what the guest calls its NIC mac.

    Raises LabError when its agent is silent, and when the guest has no such NIC.
    """
    names = [link["name"] for link in agent.interfaces() if link["mac"] == mac.lower()]
    if not names:
        raise LabError(f"the guest has no NIC {mac}")
    if len(names) > 1:
        # Counters of another NIC would be taken for those of the one under test.
        raise LabError(
            f"the guest has {len(names)} NICs {mac} ({', '.join(names)}): whose counters are meant is unknown"
        )
    return argument(names[0])


def ethtool(agent: Agent, flag: str, mac: str) -> str:
    """Return what ethtool prints in the guest of its NIC mac; LabError where that cannot be had."""
    return _output(agent, ["ethtool", flag, link_name(agent, mac)])


def _output(agent: Agent, argv: List[str]) -> str:
    done = agent.exec(argv)
    if done.rc:
        said = (done.stderr.strip() or done.stdout.strip() or f"exit code {done.rc}").splitlines()
        raise LabError(f"{argv[0]} in the guest: {said[-1]}")
    return done.stdout

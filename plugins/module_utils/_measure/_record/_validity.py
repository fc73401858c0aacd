# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is a run valid? Only if every witness saw the datapath and the options that were asked for, and the threads and
packet counters behaved like it.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._backends import BACKENDS
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._registry import datapath
from ansible_collections.virtio.lab.plugins.module_utils._qemu._monitor import UNKNOWN
from ansible_collections.virtio.lab.plugins.module_utils._witness._moments import MOMENTS, WHEN

# A segment that is cut into packets only by the hardware, or never, is this large at most (GSO).
LARGEST_PACKET = 65536
# A tool's window begins when it has connected, that of the counters by the clock: on a busy machine half of it is the
# same time.
WINDOW_SLACK = 2
# No thread moves a packet in less: vhost needs some hundred ns even where one packet carries 64 KiB.
LEAST_NS_A_PACKET = 20
# Fewer than that say nothing about proportions.
PACKETS_THAT_TELL = 1000


def datapath_of(said: Mapping[str, Any]) -> str:
    """Return the datapath that a witness saw; documents of before there were axes name its backend alone."""
    return str(said.get("datapath", said["effective"]))


def effective(witness: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the datapath that all three moments saw, `unknown` when they differ."""
    seen = {datapath_of(witness[moment]) for moment in MOMENTS}
    return seen.pop() if len(seen) == 1 else UNKNOWN


def reasons(
    asked: str,
    witness: Mapping[str, Mapping[str, Any]],
    cpu_ns: Mapping[str, int],
    packets: Optional[int] = None,
) -> List[str]:
    """Return why the run does not count, [] for a valid one.

    cpu_ns is what each class of threads used in the window, packets what passed the NIC in it, None where that was not
    counted.
    """
    found = []
    for moment in MOMENTS:
        said, when = witness[moment], f"{WHEN[moment]} the run"
        found += [f"{when}: {text}" for text in said["disagreements"]]
        if datapath_of(said) != asked:
            found.append(f"{when}: the effective datapath is {datapath_of(said)}, {asked} was asked for")
        elif not said["agree"] and not said["disagreements"]:
            found.append(f"{when}: the witnesses do not agree")
    if len({witness[moment]["pid"] for moment in MOMENTS}) > 1:
        found.append("QEMU was restarted during the run")
    return found + _behaviour(asked, witness["middle"], cpu_ns, packets)


def traffic_reasons(bits_per_second: Optional[float], tps: Optional[float], pps: Optional[float]) -> List[str]:
    """Return why what the load tells cannot have crossed the NIC, whose packets were counted in the window.

    pps is None where the NIC has no counter on the host; nothing is said then.
    """
    if pps is None:
        return []
    if bits_per_second is not None and bits_per_second / 8 > pps * LARGEST_PACKET * WINDOW_SLACK:
        rates = f"{bits_per_second / 8e6:.3g} MB and {pps:.3g} packets a second at the NIC"
        return [f"{rates}: a packet has 65,536 bytes at most, so the load went another way"]
    if tps is not None and tps > pps:
        rates = f"{tps:.3g} transactions and {pps:.3g} packets a second at the NIC"
        return [f"{rates}: each transaction needs two packets, so the load went another way"]
    return []


def stillness_reasons(
    bits_per_second: Optional[float], tps: Optional[float], message_bytes: Optional[int]
) -> List[str]:
    """Return why a load moved too little to be a measurement: it stood still for all of the window or nearly so.

    The least is one message a second: that is what a stalled stream is left with, whose next try comes ever later.
    """
    if tps == 0:
        return ["no transaction was completed in the window"]
    if bits_per_second == 0:
        return ["nothing arrived in the window"]
    if bits_per_second is not None and message_bytes and bits_per_second / 8 < message_bytes:
        rate = f"{bits_per_second / 8:.4g} bytes a second arrived, less than one message of {message_bytes} bytes"
        return [f"{rate}: the load stood still; a smaller message_bytes would be right for a link as slow as that"]
    return []


def bracket_reasons(
    bits_per_second: Optional[float], tps: Optional[float], seconds: float, bracket: Mapping[str, Any]
) -> List[str]:
    """Return why what the load tells cannot have crossed the NIC, by the host's and by the guest's own count.

    bracket has the packets from before the load to after it, None where they were not counted; seconds are of the
    window, which is a part of that time.
    """
    found = []
    for key, whose in (("packets", "the NIC's link on the hypervisor"), ("guest_packets", "the guest's NIC")):
        packets = bracket.get(key)
        if packets is None:
            continue
        if bits_per_second is not None and bits_per_second / 8 * seconds > packets * LARGEST_PACKET:
            moved = f"{bits_per_second / 8e6 * seconds:.3g} MB"
            found.append(f"{moved} are more than the {packets} packets of {whose} can hold: the load went another way")
        elif tps is not None and tps * seconds > packets:
            found.append(f"{tps * seconds:.0f} transactions are more than the {packets} packets of {whose}")
    return found


def option_reasons(
    options: Mapping[str, Any], witness: Mapping[str, Mapping[str, Any]], guest: Optional[Mapping[str, Any]]
) -> List[str]:
    """Return why what a variant asks of the device was not in effect.

    options is {driver, offloads, mtu, …} as the variant has them, with keys as "host.csum"; guest what it told of its
    NIC (_guest_nic), None where it did not. What could not be seen does not count either.
    """
    found = []
    offloads = {key: "on" if wanted else "off" for key, wanted in (options.get("offloads") or {}).items()}
    driver = {**(options.get("driver") or {}), **offloads}
    for moment in MOMENTS:
        live = _flat(witness[moment].get("live") or {})
        for key, value in driver.items():
            if live.get(key) != value:
                has = live.get(key, "nothing")
                found.append(f"{WHEN[moment]} the run: driver.{key} is {has}, {value} was asked for")
        model = (witness[moment].get("interface") or {}).get("model")
        if options.get("model") not in (None, model):
            found.append(f"{WHEN[moment]} the run: the NIC's model is {model}, {options['model']} was asked for")
    return found + _in_guest(driver, options.get("mtu"), guest)


def _in_guest(driver: Mapping[str, str], mtu: Optional[int], guest: Optional[Mapping[str, Any]]) -> List[str]:
    found = []
    switches = {key: value for key, value in driver.items() if value in ("on", "off") and key not in _NO_FEATURE}
    features: Optional[List[str]] = (guest or {}).get("features")
    if switches and features is None:
        found.append(f"the guest does not tell which virtio features it agreed on; asked was {_listed(switches)}")
    for key, value in switches.items() if features is not None else ():
        if (key in (features or ())) != (value == "on"):
            found.append(f"the guest and the device did not agree on driver.{key}={value}")
    if mtu is not None and (guest or {}).get("mtu") != mtu:
        found.append(f"the guest's MTU is {(guest or {}).get('mtu') or 'not known'}, {mtu} was asked for")
    rings = (guest or {}).get("rings") or {}
    for side in ("rx", "tx"):
        size = driver.get(f"{side}_queue_size")
        if size is not None and rings.get(side) != int(size):
            found.append(f"the guest's {side} ring has {rings.get(side) or 'no known'} descriptors, not {size}")
    return found


# Attributes of <driver> that are the device's own business: the guest does not agree on them.
_NO_FEATURE = ("ioeventfd", "ats", "host.gso")


def _flat(live: Mapping[str, Any]) -> Dict[str, str]:
    found: Dict[str, str] = {}
    for key, value in live.items():
        found.update(
            {f"{key}.{name}": text for name, text in value.items()} if isinstance(value, dict) else {key: value}
        )
    return found


def _listed(driver: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in driver.items())


def queue_reasons(asked: Optional[int], witness: Mapping[str, Mapping[str, Any]], used: Optional[int]) -> List[str]:
    """Return why a run that is about a number of queue pairs does not count: QEMU has, or the guest uses, another.

    used is None where the guest cannot tell.
    """
    if asked is None:
        return []
    found = [
        f"{WHEN[moment]} the run: the NIC's queue pairs are {has} in QEMU, {asked} were asked for"
        for moment in MOMENTS
        if (has := witness[moment]["argv"]["queues"]) != asked
    ]
    if used not in (None, asked):
        found.append(f"the NIC's queue pairs are {used} in use by the guest, {asked} were asked for")
    return found


def peer_reasons(witness: Mapping[str, Mapping[str, Any]]) -> List[str]:
    """Return why a run does not count for its second guest, whose datapath is not asked for but must stay the same."""
    found = []
    if len({datapath_of(witness[moment]) for moment in MOMENTS}) > 1:
        changes = ", ".join(f"{datapath_of(witness[moment])} {moment}" for moment in MOMENTS)
        found.append(f"the peer's datapath changed during the run: {changes}")
    if len({witness[moment]["pid"] for moment in MOMENTS}) > 1:
        found.append("the peer's QEMU was restarted during the run")
    return found


def _behaviour(asked: str, middle: Mapping[str, Any], cpu_ns: Mapping[str, int], packets: Optional[int]) -> List[str]:
    """The fifth witness: who spent CPU time while packets flowed, and whether it can be enough."""
    mine = datapath(asked).backend
    own = sum(cpu_ns.get(klass, 0) for klass in mine.movers)
    found = []
    for other in BACKENDS:
        theirs = sum(cpu_ns.get(klass, 0) for klass in other.movers if klass not in mine.movers)
        if other.name == mine.name or not theirs:
            continue
        # Where another NIC of the guest is served by vhost, its worker may well run.
        if other.driver == "vhost" and not (middle.get("fds") or {}).get("vhost_net"):
            found.append(f"a {other.mover} ran while the datapath was to be {asked}")
    if not mine.movers:
        return found
    if own == 0:
        found.append(f"no {mine.mover} used CPU time while packets flowed")
    elif packets is not None and packets >= PACKETS_THAT_TELL and own / packets < LEAST_NS_A_PACKET:
        found.append(
            f"{mine.mover} used {own} ns for {packets} packets, which no thread can move in that time: "
            "something else did"
        )
    return found

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look whether what was asked for is what came, and wait until a guest can be used again."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, Mapping, NamedTuple, Optional, Set

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._attachments import ATTACHMENTS
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._agent import Agent, channel_state
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._domain import addresses
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import Interface, interfaces, nested
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._switch._plan import Wish

if TYPE_CHECKING:
    import libvirt

_CONNECT_WITHIN_S = 2.0
_POLL_S = 0.5
# How soon a guest that configures NICs by itself is expected to have an address again, before it is warned of.
_SOON_S = 10.0
# How soon the driver of a guest that answers has started.
_LATE_S = 60.0
# By MAC address; an empty set stands for any address, as where the NIC comes to another network.
Addresses = Dict[str, Set[str]]


class Limits(NamedTuple):
    """How a guest may be treated: times in s, whether it may be forced off, what it is waited for."""

    shutdown_timeout_s: float = 60
    allow_destroy: bool = False
    unplug_timeout_s: float = 30
    wait_s: float = 300
    wait_for: str = "agent"
    port: Optional[int] = None
    address: Optional[str] = None
    verify: bool = True

    @property
    def longest_s(self) -> float:
        """What these times amount to for one guest."""
        return self.unplug_timeout_s + self.shutdown_timeout_s + self.wait_s


def insist(found: Mapping[str, Any], want: Wish) -> None:
    """Raise LabError unless the witness of a NIC has what is wanted in effect."""
    name = f"interface {found['interface']['mac']} of domain {found['domain']!r}"
    if want.edit is not None and want.edit.datapath is not None:
        named = want.edit.datapath.name
        if not (found["agree"] and found["datapath"] == named):
            raise LabError(
                f"{name} was to be on the datapath {named}, but {found['datapath']} is in effect: "
                f"{'; '.join(found['disagreements']) or found['axes']}"
            )
    wanted = {key: value for key, value in want.driver.items() if value is not None}
    asked = want.driver.get("name")
    if asked and not (found["agree"] and found["effective"] == asked):
        raise LabError(
            f"{name} was to use {asked}, but {found['effective']} is in effect: "
            f"{'; '.join(found['disagreements']) or found['witnesses']}"
        )
    missing = _missing(nested(wanted), found["live"])
    if missing:
        raise LabError(f"{name} runs without {', '.join(missing)}: libvirt did not take it")
    asked_queues = int(want.driver.get("queues") or 1)
    # Of a NIC without a TAP that was attached later nothing but the live XML tells.
    if "queues" in want.driver and found["argv"]["queues"] not in (None, asked_queues):
        raise LabError(f"{name} was to have {asked_queues} queue pairs, but its TAP has {found['argv']['queues']}")


def insist_soon(look: Callable[[], Mapping[str, Any]], want: Wish, seconds: float) -> None:
    """Insist on what the witness of a NIC says, as often as it takes; raises LabError as insist() does at the end."""
    last = time.monotonic() + min(max(seconds, _SOON_S), _LATE_S)
    while True:
        found = look()
        try:
            insist(found, want)
            return
        except LabError:
            if found["pid"] is None or time.monotonic() > last:
                raise
        time.sleep(_POLL_S)


def shows_late(want: Wish) -> bool:
    """Whether what is wanted can be in effect only once the guest's driver has started."""
    return want.edit is not None and want.edit.datapath is not None and want.edit.datapath.attachment.shared_memory


def _missing(wanted: Mapping[str, Any], live: Mapping[str, Any]) -> list[str]:
    return [f"driver {key}={value}" for key, value in wanted.items() if not _has(live.get(key), value)]


def _has(there: Any, value: Any) -> bool:
    if isinstance(value, Mapping):
        return isinstance(there, Mapping) and value.items() <= there.items()
    return there == value


def addresses_of(domain: libvirt.virDomain, macs: Iterable[str], limits: Limits) -> Addresses:
    """Return the addresses that the guest has on NICs of these MAC addresses, as its agent tells them.

    {} where nobody will ask for them again, and where no agent is connected. Raises LabError where they are to be
    waited for and the agent does not tell.
    """
    if limits.wait_for not in ("agent", "address") or not limits.wait_s or _agent_channel(domain) != "connected":
        return {}
    try:
        return _told_by(Agent(domain), macs)
    except LabError:
        if limits.wait_for == "address":
            raise
        return {}


def wait_for_guest(domain: libvirt.virDomain, limits: Limits, had: Addresses) -> None:
    """Return once the guest answers in the way that is asked for; raises LabError when it does not in time.

    A guest without an agent's channel is not waited for. had: the addresses that wait_for: address waits for.
    """
    if limits.wait_for == "port":
        _wait_for_port(domain, limits)
    elif limits.wait_for != "none" and limits.wait_s and _agent_channel(domain) is not None:
        end = time.monotonic() + limits.wait_s
        Agent(domain).wait(limits.wait_s)
        if limits.wait_for == "address":
            _wait_for_addresses(domain, had, max(0.0, end - time.monotonic()), limits.wait_s)


def wait_for_nic(domain: libvirt.virDomain, mac: str, limits: Limits, had: Addresses) -> list[str]:
    """Return once a guest uses a NIC that it was given; raises LabError when it does not in time.

    The agent is asked where one is connected; a guest without one is taken at libvirt's word. Returned is in words
    which addresses it had before (had) and has not got again, where these were not to be waited for.
    """
    if limits.wait_for == "port":
        _wait_for_port(domain, limits)
    elif limits.wait_for != "none" and limits.wait_s and _agent_channel(domain) == "connected":
        agent, end = Agent(domain), time.monotonic() + limits.wait_s
        count = sum(nic.mac == mac for nic in interfaces(parse(domain.XMLDesc(0))))
        _until(
            lambda: _knows(agent, mac, count),
            limits.wait_s,
            f"the guest of domain {domain.name()!r} has not taken the NIC {mac}",
        )
        left_s = max(0.0, end - time.monotonic())
        if limits.wait_for == "address":
            _wait_for_addresses(domain, had, left_s, limits.wait_s)
        else:
            return _lost(domain, had, min(left_s, _SOON_S))
    return []


def _wait_for_addresses(domain: libvirt.virDomain, had: Addresses, left_s: float, wait_s: float) -> None:
    agent = Agent(domain)
    listed = ", ".join(f"{address} on {mac}" for mac, each in had.items() for address in sorted(each) or ["none yet"])
    try:
        _until(lambda: not _missing_addresses(agent, had), left_s, "")
    except LabError as late:
        raise LabError(
            f"the guest of domain {domain.name()!r} has not got its address again within {wait_s:g} s: it had {listed}"
        ) from late


def _lost(domain: libvirt.virDomain, had: Addresses, seconds: float) -> list[str]:
    agent = Agent(domain)
    with suppress(LabError):
        _until(lambda: not _missing_addresses(agent, had), seconds, "")
        return []
    return [
        f"interface {mac} of domain {domain.name()!r} {_without(each)}: the guest does not configure NICs that come "
        "later, or not yet; wait_for: address waits for it"
        for mac, each in had.items()
    ]


def _without(had: Set[str]) -> str:
    if had:
        return f"had the address {', '.join(sorted(had))} and has not got it again"
    return "is in another network now and has no address there"


def elsewhere(had: Addresses, old: Interface, new: Interface) -> Addresses:
    """Return what to wait for where a NIC that was old comes back as new.

    In a network that is made for a NIC alone it has another address than in one of the hypervisor's, or in that of
    another program.
    """
    return had if _own_network(old) == _own_network(new) else {mac: set() for mac in had}


def _own_network(nic: Interface) -> Optional[str]:
    """Return who makes a network for a NIC alone, by the name of the attachment, None where nobody does."""
    makes = (one for one in ATTACHMENTS if one.has_own_network and nic.type in one.types and nic.router == one.router)
    return next((one.name for one in makes), None)


def _missing_addresses(agent: Agent, had: Addresses) -> bool:
    if not had:
        return False
    try:
        now = _told_by(agent, had)
    except LabError:  # it may be busy with the very NIC that came
        return True
    return any(not now.get(mac) or not each <= now[mac] for mac, each in had.items())


def _told_by(agent: Agent, macs: Iterable[str]) -> Addresses:
    """Return the addresses that are worth keeping: of IPv4 all, of IPv6 those that no other link has too."""
    found: Addresses = {}
    for link in agent.interfaces():
        kept = {ip["address"] for ip in link["addresses"] if ip["family"] == "ipv4"} or {
            ip["address"] for ip in link["addresses"] if not ip["address"].lower().startswith("fe80:")
        }
        if kept and link["mac"] in macs:
            found.setdefault(link["mac"], set()).update(kept)
    return found


def _knows(agent: Agent, mac: str, count: int) -> bool:
    try:
        return sum(link["mac"] == mac for link in agent.interfaces()) >= count
    except LabError:  # it may be busy with the very NIC that came
        return False


def _wait_for_port(domain: libvirt.virDomain, limits: Limits) -> None:
    def answers() -> bool:
        places = [limits.address] if limits.address else addresses(domain)
        return any(_connects(place, limits.port or 0) for place in places)

    where = limits.address or "any of its addresses"
    _until(answers, limits.wait_s, f"domain {domain.name()!r} does not answer at port {limits.port} of {where}")


def _connects(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), _CONNECT_WITHIN_S).close()
    except OSError:
        return False
    return True


def _until(done: Callable[[], bool], timeout_s: float, otherwise: str) -> None:
    end = time.monotonic() + timeout_s
    while not done():
        if time.monotonic() > end:
            raise LabError(f"{otherwise} within {timeout_s:g} s")
        time.sleep(_POLL_S)


def _agent_channel(domain: libvirt.virDomain) -> Optional[str]:
    return channel_state(parse(domain.XMLDesc(0)))

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look whether what was asked for is what came, and wait until a guest can be used again."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any, Callable, Mapping, NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._datapath._plan import Wish
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._agent import Agent
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._domain import addresses
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import nested
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse

if TYPE_CHECKING:
    import libvirt

_CONNECT_WITHIN_S = 2.0
_POLL_S = 0.5


class Limits(NamedTuple):
    """How a guest may be treated: times in s, whether a deaf guest's plug may be pulled, what it is waited for."""

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
    if "queues" in want.driver and found["argv"]["queues"] != asked_queues:
        raise LabError(f"{name} was to have {asked_queues} queue pairs, but its TAP has {found['argv']['queues']}")


def _missing(wanted: Mapping[str, Any], live: Mapping[str, Any]) -> list[str]:
    return [f"driver {key}={value}" for key, value in wanted.items() if not _has(live.get(key), value)]


def _has(there: Any, value: Any) -> bool:
    if isinstance(value, Mapping):
        return isinstance(there, Mapping) and value.items() <= there.items()
    return there == value


def wait_for_guest(domain: libvirt.virDomain, limits: Limits) -> None:
    """Return once the guest answers in the way that is asked for; raises LabError when it does not in time.

    A guest without an agent's channel is not waited for.
    """
    if limits.wait_for == "port":
        _wait_for_port(domain, limits)
    elif limits.wait_for == "agent" and limits.wait_s and _agent_channel(domain) is not None:
        Agent(domain).wait(limits.wait_s)


def wait_for_nic(domain: libvirt.virDomain, mac: str, limits: Limits) -> None:
    """Return once a guest uses a NIC that it was given; raises LabError when it does not in time.

    The agent is asked where one is connected; a guest without one is taken at libvirt's word.
    """
    if limits.wait_for == "port":
        _wait_for_port(domain, limits)
    elif limits.wait_for == "agent" and limits.wait_s and _agent_channel(domain) == "connected":
        agent = Agent(domain)
        _until(
            lambda: _knows(agent, mac),
            limits.wait_s,
            f"the guest of domain {domain.name()!r} has not taken the NIC {mac}",
        )


def _knows(agent: Agent, mac: str) -> bool:
    try:
        return any(link["mac"] == mac for link in agent.interfaces())
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
    """Return the state of the guest agent's channel as libvirt sees it, None where there is no such channel."""
    for target in parse(domain.XMLDesc(0)).iterfind("devices/channel/target"):
        if target.get("name") == "org.qemu.guest_agent.0":
            return target.get("state", "unknown")
    return None

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The second guest of a guest_to_guest workload: it receives what the guest under test sends."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, NamedTuple, Tuple

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._guest._reach import believed, look
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._agent import Agent
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._domain import find_domain
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._qemu import _process
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner

if TYPE_CHECKING:
    import libvirt


class Peer(NamedTuple):
    """A running guest, where it is reached from the NIC under test, by which NIC, and its QEMU process."""

    name: str
    agent: Agent
    address: str
    mac: str
    pid: int


def peer_of(connection: libvirt.virConnect, name: str, beside: str, runner: Runner) -> Peer:
    """Return the guest of that name, with its address in the network of the address beside.

    Raises LabError when it does not run, when its agent is silent, or when it has no such address.
    """
    domain = find_domain(connection, name)
    pid = _process.qemu_pid(domain.UUIDString()) if domain.isActive() else None
    if pid is None:
        raise LabError(f"peer {name!r} does not run; start it before it is measured against")
    agent = Agent(domain)
    told, mac = address_beside(agent, beside, name)
    around = look(connection, parse(domain.XMLDesc(0)), mac, runner)
    return Peer(name, agent, believed(told, mac, around, runner, name), mac, pid)


def address_beside(agent: Agent, beside: str, name: str) -> Tuple[str, str]:
    """Return the guest's address in the network of the address beside, and the MAC address of the NIC that has it."""
    other = ipaddress.ip_address(beside)
    found = [(ip, link["mac"]) for link in agent.interfaces() for ip in link["addresses"]]
    for ip, mac in found:
        if other in ipaddress.ip_network(f"{ip['address']}/{ip['prefix']}", strict=False) and ip["address"] != beside:
            return ip["address"], mac
    has = ", ".join(f"{ip['address']}/{ip['prefix']}" for ip, _mac in found)
    raise LabError(f"peer {name!r} has no address in the network of {beside}; it has {has or 'none'}")

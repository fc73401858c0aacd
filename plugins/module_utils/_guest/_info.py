# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a running guest says of itself, and waiting until it has an address."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign._host_keys import keys_in, own, refuse
from ansible_collections.virtio.lab.plugins.module_utils._guest import _domain, _reach
from ansible_collections.virtio.lab.plugins.module_utils._libvirt import _mark, _xml
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._agent import Agent
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._domain import CRASHED, OFF, state_of
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner, run

if TYPE_CHECKING:
    import libvirt
    from lxml.etree import _Element

_POLL_S = 1
_HOST_KEYS = [f"/etc/ssh/ssh_host_{kind}_key.pub" for kind in ("ed25519", "ecdsa", "rsa")]


def read(connection: libvirt.virConnect, name: str, mac: Optional[str], runner: Runner = run) -> dict[str, Any]:
    """Return {"name", "state", "lab", "agent", "mac", "address", "address_refused", "reachable", "interfaces"}.

    mac chooses the interface whose IPv4 address is wanted, by default the domain's first. address comes from the guest
    agent, else from libvirt's own DHCP leases; it is None while there is none. What the agent tells is believed only
    where nothing speaks against it (_reach); address_refused says what does. reachable is False where the guest has an
    address and the hypervisor is no part of that network. Raises LabError for an unknown domain.
    """
    domain = _domain.lookup(connection, name)
    if domain is None:
        raise LabError(f"there is no domain {name} at {connection.getURI()}")
    root = _xml.parse(domain.XMLDesc(0))
    macs = [found.get("address", "").lower() for found in root.findall("devices/interface/mac")]
    if mac is not None and mac.lower() not in macs:
        raise LabError(f"guest {name} has no interface with MAC {mac}; it has {', '.join(macs) or 'none'}")
    wanted = mac.lower() if mac else next(iter(macs), None)
    active = bool(domain.isActive())
    answers = active and Agent(domain).ping()
    interfaces = Agent(domain).interfaces() if answers else []
    address, refused, reachable = _told(connection, root, interfaces, wanted, name, runner)
    return {
        "name": name,
        "state": state_of(domain),
        "lab": _mark.mark_of(root),
        "agent": answers,
        "mac": wanted,
        "address": address or (_leased(domain, wanted) if active and not answers else None),
        "address_refused": refused,
        "reachable": reachable,
        "interfaces": interfaces,
    }


def wait(
    connection: libvirt.virConnect, name: str, mac: Optional[str], wait_s: float, runner: Runner = run
) -> dict[str, Any]:
    """Return read() as soon as the guest's agent answers and the interface has an address, also one out of reach.

    Raises LabError after wait_s, or at once when the guest does not run.
    """
    end = time.monotonic() + wait_s
    while True:
        guest = read(connection, name, mac, runner)
        if guest["agent"] and (guest["address"] or guest["mac"] is None or not guest["reachable"]):
            return guest
        if guest["state"] in (OFF, CRASHED):
            raise LabError(f"guest {name} is {guest['state']}; it must run to be waited for")
        if time.monotonic() > end:
            lacks = "has no IPv4 address" if guest["agent"] else "does not answer through its agent"
            why = f": {guest['address_refused']}" if guest["address_refused"] else ""
            raise LabError(f"guest {name} is {guest['state']} but {lacks} after {wait_s:g} s{why}")
        time.sleep(_POLL_S)


def host_keys(connection: libvirt.virConnect, name: str) -> list[str]:
    """Return the public host keys of the guest's SSH server as "TYPE KEY"; [] where it has none.

    They come through the guest agent, so nobody on the network can put in their own. Raises LabError when the agent
    does not run programs, as some distributions forbid it that, and when what it tells is no key or the hypervisor's.
    """
    # Of the files that are missing cat complains, and prints the others all the same.
    found = keys_in(Agent(_domain.lookup(connection, name)).exec(["cat", *_HOST_KEYS]).stdout)
    refuse(found, own(), f"told by guest {name} and the hypervisor's own")
    return found


def _told(
    connection: libvirt.virConnect,
    root: _Element,
    interfaces: Sequence[dict[str, Any]],
    mac: Optional[str],
    name: str,
    runner: Runner,
) -> tuple[Optional[str], Optional[str], bool]:
    """The address that the agent tells of the NIC, or None and what speaks against it; whether it can be reached."""
    found = address_of(interfaces, mac)
    if found is None or mac is None:
        return None, None, True
    try:
        return _reach.believed(found, mac, _reach.look(connection, root, mac, runner), runner, name), None, True
    except LabError as refused:
        return None, str(refused), not isinstance(refused, _reach.UnreachableError)


def address_of(interfaces: Sequence[dict[str, Any]], mac: Optional[str]) -> Optional[str]:
    """Return the first IPv4 address of the interface with that MAC that is not link-local."""
    for interface in interfaces:
        for ip in interface["addresses"] if interface["mac"] == mac else []:
            if ip["family"] == "ipv4" and not ip["address"].startswith("169.254."):
                return ip["address"]
    return None


def _leased(domain: libvirt.virDomain, mac: Optional[str]) -> Optional[str]:
    import libvirt  # pylint: disable=import-outside-toplevel

    leases = domain.interfaceAddresses(libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE) or {}
    found = (ip["addr"] for lease in leases.values() if lease["hwaddr"] == mac for ip in lease["addrs"] or [])
    return next(found, None)

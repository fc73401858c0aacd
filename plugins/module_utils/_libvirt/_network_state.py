# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read networks from libvirt and the host, and carry a plan out."""

from __future__ import annotations

import json
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Iterable, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._network import (
    Definition,
    DhcpHost,
    Network,
    Route,
    World,
)
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._network_plan import Action
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._network_xml import definition_of, host_xml, xml_for
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner

try:
    import libvirt
except ImportError:  # _connection.connect() says so before anything here is reached
    libvirt = None

if TYPE_CHECKING:
    from libvirt import virConnect, virNetwork


def read_network(connection: virConnect, name: str) -> Optional[Network]:
    """Return the network called name, None when there is none."""
    found = _find(connection, name)
    if found is None:
        return None
    active, persistent = bool(found.isActive()), bool(found.isPersistent())
    live = found.XMLDesc(0)
    xml = found.XMLDesc(libvirt.VIR_NETWORK_XML_INACTIVE) if persistent else live
    return Network(
        configured=definition_of(xml),
        live=definition_of(live) if active else None,
        persistent=persistent,
        autostart=bool(found.autostart()) if persistent else False,
        guests=_guests(found) if active else (),
        xml=xml,
    )


def read_world(connection: virConnect, name: str, run: Runner) -> World:
    """Return what the network called name could collide with: the other networks, the host's links and routes."""
    others = (other for other in connection.listAllNetworks() if other.name() != name)
    links = json.loads(run(["ip", "-j", "link", "show"]).stdout or "[]")
    routes = json.loads(run(["ip", "-j", "-4", "route", "show", "table", "all"]).stdout or "[]")
    return World(
        networks=tuple(definition_of(other.XMLDesc(0)) for other in others),
        links=tuple(link["ifname"] for link in links),
        routes=tuple(_routes(routes)),
    )


def apply(connection: virConnect, want: Definition, have: Optional[Network], actions: Iterable[Action]) -> None:
    """Carry the actions out, in order; raises LabError with libvirt's own words when it refuses one."""
    for action in actions:
        try:
            _step(connection, want, have, action)
        except libvirt.libvirtError as error:
            said = error.get_error_message()
            raise LabError(f"network {want.name}: libvirt refused to {action.action} it: {said}") from error


def _step(connection: virConnect, want: Definition, have: Optional[Network], action: Action) -> None:
    if action.action == "define":
        connection.networkDefineXML(xml_for(want, None if have is None else have.xml))
        return
    network = connection.networkLookupByName(want.name)
    if action.action == "autostart":
        network.setAutostart(int(action.after["autostart"]))
    if action.action in ("stop", "restart"):
        network.destroy()
    if action.action in ("start", "restart"):
        network.create()
    if action.action == "update_hosts":
        _update_hosts(network, action)
    if action.action == "undefine":
        network.undefine()


def _update_hosts(network: virNetwork, action: Action) -> None:
    """Exchange the fixed leases of a running network without a restart."""
    old = {DhcpHost(**host) for host in action.before["hosts"] or ()}
    new = {DhcpHost(**host) for host in action.after["hosts"]}
    for command, hosts in (
        (libvirt.VIR_NETWORK_UPDATE_COMMAND_DELETE, sorted(old - new)),
        (libvirt.VIR_NETWORK_UPDATE_COMMAND_ADD_LAST, sorted(new - old)),
    ):
        for host in hosts:
            network.update(
                command,
                libvirt.VIR_NETWORK_SECTION_IP_DHCP_HOST,
                -1,
                host_xml(host),
                libvirt.VIR_NETWORK_UPDATE_AFFECT_LIVE,
            )


def _find(connection: virConnect, name: str) -> Optional[virNetwork]:
    # Looked up in the list: a lookup by a name that is not there is an error, not an answer.
    return next((found for found in connection.listAllNetworks() if found.name() == name), None)


def _guests(network: virNetwork) -> tuple[str, ...]:
    owners = (parse(port.XMLDesc()).findtext("owner/name", "an unknown guest") for port in network.listAllPorts())
    return tuple(sorted(set(owners)))


def _routes(listed: list[dict]) -> Iterable[Route]:
    for route in listed:
        if route["dst"] != "default" and route.get("type", "unicast") != "multicast":
            yield Route(str(IPv4Network(route["dst"])), route.get("dev", "no device"))

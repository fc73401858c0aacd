# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read networks from libvirt, and from the host what they may collide with."""

from __future__ import annotations

import json
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any, Collection, Iterable, Iterator, NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._mark import mark_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._build_forward import mode_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._facts import guest_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._model import VIRTUAL, Network, Route, World
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner

try:
    import libvirt
except ImportError:  # _connection.connect() says so before anything here is reached
    libvirt = None

if TYPE_CHECKING:
    from libvirt import virConnect, virNetwork
    from lxml.etree import _Element

PCI_DEVICES = "/sys/bus/pci/devices"


class Nic(NamedTuple):
    """An interface of a running guest: network or bridge it asks for, the host's link it has."""

    guest: str
    network: Optional[str]
    bridge: Optional[str]
    link: Optional[str]


class _Onlookers(NamedTuple):
    """All that may be attached to a network: the host's links, as ip shows them, and the NICs of running guests."""

    links: list[dict[str, Any]]
    nics: list[Nic]


def read_world(connection: virConnect, names: Collection[str], run: Runner, devices: str = PCI_DEVICES) -> World:
    """Return all networks, for those called names also who is attached, and the host's links, routes and functions."""
    links = json.loads(run(["ip", "-j", "link", "show"]).stdout or "[]")
    nics = list(_nics(connection))
    onlookers = _Onlookers(links, nics)
    listed = connection.listAllNetworks()
    return World(
        networks=_still_there((found, onlookers if found.name() in names else None) for found in listed),
        links=tuple(link["ifname"] for link in links),
        routes=tuple(_routes(run)),
        functions=frozenset(link.parent.name for link in Path(devices).glob("*/physfn")),
        libvirt=connection.getLibVersion(),
    )


def read_networks(connection: virConnect, names: Collection[str]) -> dict[str, Network]:
    """Return those of the networks called names that there are, by name, without who is attached."""
    # Looked up in the list: a lookup by a name that is not there is an error, not an answer.
    return _still_there((found, None) for found in connection.listAllNetworks() if found.name() in names)


def _still_there(listed: Iterable[tuple[virNetwork, Optional[_Onlookers]]]) -> dict[str, Network]:
    """Read the networks that were listed; others may have removed one since."""
    networks = {}
    for found, onlookers in listed:
        try:
            networks[found.name()] = _network(found, onlookers)
        except libvirt.libvirtError as error:
            if error.get_error_code() != libvirt.VIR_ERR_NO_NETWORK:
                raise
    return networks


def _network(found: virNetwork, onlookers: Optional[_Onlookers]) -> Network:
    active, persistent = bool(found.isActive()), bool(found.isPersistent())
    live = found.XMLDesc(0)
    root = parse(live)
    ports = list(_ports(found)) if active and onlookers is not None else []
    return Network(
        name=found.name(),
        uuid=found.UUIDString(),
        lab=mark_of(root),
        stored=_stored(found, live),
        live=live if active else None,
        persistent=persistent,
        autostart=bool(found.autostart()) if persistent else False,
        attached=_attached(found, root, onlookers, ports) if active and onlookers is not None else (),
        used=tuple(
            sorted({port["device"] for port in ports if port["device"] and port["plug"] not in ("bridge", "network")})
        ),
    )


def _stored(found: virNetwork, live: str) -> str:
    try:
        return found.XMLDesc(libvirt.VIR_NETWORK_XML_INACTIVE)
    except libvirt.libvirtError as error:
        # A driver, such as libvirt's test driver, that has one definition for both.
        if error.get_error_code() == libvirt.VIR_ERR_INVALID_ARG:
            return live
        raise


def _nics(connection: virConnect) -> Iterator[Nic]:
    for domain in connection.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE):
        for interface in parse(domain.XMLDesc(0)).iterfind("devices/interface"):
            source, target = interface.find("source"), interface.find("target")
            asked = {} if source is None else source.attrib
            link = None if target is None else target.get("dev")
            yield Nic(domain.name(), asked.get("network"), asked.get("bridge"), link)


def _attached(
    found: virNetwork, root: _Element, onlookers: _Onlookers, ports: Iterable[dict[str, Any]]
) -> tuple[str, ...]:
    """Return the guests on a running network, by its ports and by their own XML, and other links on its bridge."""
    # In other modes the bridge is the host's own, which stays with all that is on it when the network stops.
    bridge = root.find("bridge") if mode_of(root) in VIRTUAL else None
    name = None if bridge is None else bridge.get("name")
    ours = [nic for nic in onlookers.nics if nic.network == found.name() or (name is not None and nic.bridge == name)]
    known = {nic.link for nic in ours} | {f"{name}-nic"}
    others = {link["ifname"] for link in onlookers.links if name is not None and link.get("master") == name} - known
    guests = {nic.guest for nic in ours} | {port["name"] or "an unknown guest" for port in ports}
    return (*sorted(guests), *(f"link {link}" for link in sorted(others)))


def _ports(found: virNetwork) -> Iterator[dict[str, Any]]:
    try:
        ports = found.listAllPorts()
    except libvirt.libvirtError as error:
        if error.get_error_code() == libvirt.VIR_ERR_NO_SUPPORT:
            return
        raise
    for port in ports:
        yield guest_of(port.XMLDesc())


def _routes(run: Runner) -> Iterator[Route]:
    for family in ("-4", "-6"):
        for route in json.loads(run(["ip", "-j", family, "route", "show", "table", "all"]).stdout or "[]"):
            if route["dst"] == "default" or route.get("type", "unicast") in ("multicast", "anycast"):
                continue
            destination = ip_network(route["dst"])
            # What halves the world is a VPN's way to say default. The others are on every link.
            if destination.prefixlen > 1 and not destination.is_link_local and not destination.is_multicast:
                yield Route(destination, route.get("dev", "no device"))

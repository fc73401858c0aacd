# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""<ip> and <route>: the network's addresses, what DHCP gives away, where else the gateway leads. Pure."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, Mapping, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._element import (
    add,
    child_of,
    fill,
    remove,
    yes_no,
)
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._model import Host, Ip, Range
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._values import prefix_length

if TYPE_CHECKING:
    from lxml.etree import _Element


def set_ips(root: _Element, ips: Optional[Sequence[Ip]], no_others: bool) -> None:
    """Write ips into root. With no_others they are all; else each takes the place of the first of its family."""
    if ips is None:
        return
    kept = [_place(root, ip, no_others) for ip in ips]
    if no_others:
        for element in root.findall("ip"):
            if element not in kept:
                root.remove(element)
    for element, ip in zip(kept, ips):
        _fill(element, ip)


def set_routes(root: _Element, routes: Optional[Sequence[Mapping[str, Any]]]) -> None:
    """Write the option routes, which is all of them."""
    if routes is None:
        return
    remove(root, "route")
    for route in routes:
        destination = ip_network(route["destination"])
        add(
            root,
            "route",
            {
                "family": f"ipv{destination.version}",
                "address": destination.network_address,
                "prefix": destination.prefixlen,
                "gateway": route["gateway"],
                "metric": route.get("metric"),
            },
        )


def _place(root: _Element, ip: Ip, exactly: bool) -> _Element:
    family = f"ipv{ip.interface.version}"
    for element in root.iterfind("ip"):
        if element.get("family", "ipv4") == family and (not exactly or _same(element, ip)):
            return element
    return add(root, "ip", {"family": family})


def _same(element: _Element, ip: Ip) -> bool:
    address = element.get("address")
    return (
        address is not None
        and ip_address(address) == ip.interface.ip
        and prefix_length(element) == ip.interface.network.prefixlen
    )


def _fill(element: _Element, ip: Ip) -> None:
    element.attrib.pop("netmask", None)
    fill(element, {"address": ip.interface.ip, "prefix": ip.interface.network.prefixlen})
    yes_no(element, "localPtr", ip.local_ptr)
    if ip.tftp is not None:
        remove(element, "tftp")
        if ip.tftp:
            add(element, "tftp", {"root": ip.tftp})
    if (ip.ranges, ip.hosts, ip.bootp) != (None, None, None):
        _fill_dhcp(element, ip)


def _fill_dhcp(element: _Element, ip: Ip) -> None:
    dhcp = child_of(element, "dhcp")
    if ip.ranges is not None:
        remove(dhcp, "range")
        for part in ip.ranges:
            _add_lease(add(dhcp, "range", {"start": part.start, "end": part.end}), part)
    if ip.hosts is not None:
        remove(dhcp, "host")
        for host in ip.hosts:
            known_by = {"mac": host.mac, "id": host.id, "name": host.name, "ip": host.address}
            _add_lease(add(dhcp, "host", known_by), host)
    if ip.bootp is not None:
        remove(dhcp, "bootp")
        if ip.bootp:
            add(dhcp, "bootp", ip.bootp._asdict())


def _add_lease(element: _Element, of: Range | Host) -> None:
    if of.lease_s is not None:
        add(element, "lease", {"expiry": of.lease_s, "unit": "seconds"})

# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a user's options to a complete, checked wish for one libvirt network."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network
from typing import Any, Mapping, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._network import Definition, DhcpHost, DhcpRange

# libvirt refuses larger ranges (src/util/virsocketaddr.c, virSocketAddrGetRange).
LARGEST_RANGE = 65535
LONGEST_LINK_NAME = 15

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LAB = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


def wish(options: Mapping[str, Any]) -> Definition:
    """Return the network that options ask for, gateway and DHCP range filled in where they follow from the subnet.

    options: name, lab, mode, subnet, gateway, dhcp {start, end}, hosts [{mac, address, name}], bridge, domain.
    Raises LabError that names the option, its value and what would be right.
    """
    name, lab = named(options)
    subnet = _subnet(name, options["subnet"])
    gateway = _gateway(name, options.get("gateway"), subnet)
    dhcp = _dhcp(name, options.get("dhcp"), subnet, gateway)
    return Definition(
        name=name,
        lab=lab,
        mode=options["mode"],
        bridge=_bridge(name, options.get("bridge")),
        domain=options.get("domain"),
        subnet=str(subnet),
        gateway=str(gateway),
        dhcp=dhcp,
        hosts=_hosts(name, options.get("hosts"), subnet, gateway),
    )


def named(options: Mapping[str, Any]) -> tuple[str, str]:
    """Return the network's and its lab's name, checked: all that a removal needs."""
    name, lab = options["name"], options["lab"]
    if not _NAME.fullmatch(name):
        raise LabError(f"network name {name!r}: letters, digits, '.', '_' and '-' are right, 64 at most")
    if not _LAB.fullmatch(lab):
        raise LabError(f"network {name}: lab {lab!r}: small letters, digits and '-' are right, 40 at most")
    return name, lab


def _subnet(name: str, text: str) -> IPv4Network:
    try:
        subnet = IPv4Network(text)
    except ValueError as error:
        raise LabError(
            f"network {name}: subnet {text!r} is not an IPv4 subnet such as 192.168.150.0/24 ({error})"
        ) from error
    if subnet.prefixlen > 30:
        raise LabError(f"network {name}: subnet {text} has no room for a gateway and a guest; /30 is the smallest")
    return subnet


def _address(name: str, option: str, text: str, subnet: IPv4Network) -> IPv4Address:
    try:
        address = IPv4Address(text)
    except ValueError as error:
        raise LabError(f"network {name}: {option} {text!r} is not an IPv4 address") from error
    if address not in subnet or address in (subnet.network_address, subnet.broadcast_address):
        raise LabError(
            f"network {name}: {option} {text} is no host address of {subnet} ({subnet[1]} to {subnet[-2]} are)"
        )
    return address


def _gateway(name: str, text: Optional[str], subnet: IPv4Network) -> IPv4Address:
    return subnet[1] if text is None else _address(name, "gateway", text, subnet)


def _dhcp(name: str, asked: Optional[Mapping[str, str]], subnet: IPv4Network, gateway: IPv4Address) -> DhcpRange:
    if asked is None:
        return range_beside(subnet, gateway)
    start = _address(name, "dhcp start", asked["start"], subnet)
    end = _address(name, "dhcp end", asked["end"], subnet)
    if start > end:
        raise LabError(f"network {name}: dhcp start {start} lies after dhcp end {end}; swap them")
    if start <= gateway <= end:
        raise LabError(f"network {name}: the dhcp range {start} to {end} contains the gateway {gateway}; leave it out")
    if int(end) - int(start) + 1 > LARGEST_RANGE:
        raise LabError(f"network {name}: the dhcp range {start} to {end} has more than {LARGEST_RANGE} addresses")
    return DhcpRange(str(start), str(end))


def range_beside(subnet: IPv4Network, gateway: IPv4Address) -> DhcpRange:
    """Return the longer run of host addresses beside the gateway, as far as libvirt takes it."""
    first, last = subnet[1], subnet[-2]
    below, above = int(gateway) - int(first), int(last) - int(gateway)
    start, end = (gateway + 1, last) if above >= below else (first, gateway - 1)
    return DhcpRange(str(start), str(IPv4Address(min(int(end), int(start) + LARGEST_RANGE - 1))))


def _hosts(
    name: str, asked: Optional[list[Mapping[str, Any]]], subnet: IPv4Network, gateway: IPv4Address
) -> Optional[tuple[DhcpHost, ...]]:
    if asked is None:
        return None
    hosts = tuple(sorted(_host(name, host, subnet, gateway) for host in asked))
    for field in DhcpHost._fields:
        values = [value for value in (getattr(host, field) for host in hosts) if value is not None]
        for value in values:
            if values.count(value) > 1:
                raise LabError(f"network {name}: {field} {value} stands in two of its hosts; each must differ")
    return hosts


def _host(name: str, asked: Mapping[str, Any], subnet: IPv4Network, gateway: IPv4Address) -> DhcpHost:
    mac = asked["mac"].lower()
    if not _MAC.fullmatch(mac):
        raise LabError(f"network {name}: host mac {asked['mac']!r} is not a MAC address such as 52:54:00:00:96:01")
    if int(mac[:2], 16) & 1:
        raise LabError(f"network {name}: host mac {mac} is a multicast address; the first byte must be even")
    address = _address(name, "host address", asked["address"], subnet)
    if address == gateway:
        raise LabError(f"network {name}: host {mac} has the gateway's own address {gateway}; give it another")
    return DhcpHost(mac, str(address), asked.get("name"))


def _bridge(name: str, bridge: Optional[str]) -> Optional[str]:
    if bridge is None:
        return None
    if not re.fullmatch(rf"[^\s/:]{{1,{LONGEST_LINK_NAME}}}", bridge) or bridge in (".", ".."):
        raise LabError(
            f"network {name}: bridge {bridge!r} is no name for a link; "
            f"1 to {LONGEST_LINK_NAME} characters without blanks, '/' or ':' are right"
        )
    return bridge

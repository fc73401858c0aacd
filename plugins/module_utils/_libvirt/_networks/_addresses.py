# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses of a network: what follows from a subnet, and what does not fit into it. Pure."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, ip_address, ip_interface, ip_network
from typing import Any, Callable, Literal, Mapping, Optional, Sequence, Union

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._model import (
    Address,
    Bootp,
    Host,
    Interface,
    Ip,
    Range,
    Subnet,
)

# libvirt refuses larger ranges, and such as differ in more than the last 16 bits (src/util/virsocketaddr.c,
# virSocketAddrGetRange).
LARGEST_RANGE = 65535
# dnsmasq takes no shorter leases, and counts seconds in a signed int.
SHORTEST_LEASE_S, LONGEST_LEASE_S = 120, 2**31 - 1
# This host, loopback and multicast, by version.
_NOT_SUBNETS = {
    4: [ip_network(text) for text in ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4")],
    6: [ip_network(text) for text in ("::/127", "ff00::/8")],
}
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


def from_subnet(name: str, options: Mapping[str, Any]) -> Ip:
    """Return the address plan of the options subnet, gateway, dhcp and hosts; what is not given follows.

    Raises LabError that names the network, the option, its value and what would be right.
    """
    subnet = _subnet(name, options["subnet"])
    asked = options.get("gateway")
    gateway = subnet[1] if asked is None else _host_address(name, "gateway", asked, subnet)
    dhcp = options.get("dhcp") or {}
    if dhcp.get("start") is None:
        dhcp = {**dhcp, **range_beside(subnet, gateway)._asdict(), "lease_s": dhcp.get("lease_s")}
    interface = ip_interface(f"{gateway}/{subnet.prefixlen}")
    hosts = _hosts(name, options.get("hosts"), interface)
    return _with_what_boots(name, Ip(interface, (_range(name, dhcp, interface),), hosts), options, dhcp)


def from_list(name: str, asked: Sequence[Mapping[str, Any]]) -> tuple[Ip, ...]:
    """Return the option ips, checked. Raises LabError as from_subnet() does."""
    ips = tuple(_ip(name, entry) for entry in asked)
    for number, ip in enumerate(ips):
        for other in ips[:number]:
            if ip.interface.network.overlaps(other.interface.network):
                raise LabError(f"network {name}: {ip.interface} and {other.interface} overlap; take another subnet")
            if _has_dhcp(ip) and _has_dhcp(other) and ip.interface.version == other.interface.version:
                raise LabError(
                    f"network {name}: both {other.interface} and {ip.interface} have DHCP; "
                    f"libvirt serves one subnet of IPv{ip.interface.version}"
                )
    return ips


def can_be_subnet(subnet: Subnet) -> bool:
    """Tell whether a network can have the addresses of subnet: none of them means this host alone, or a group."""
    return not any(subnet.overlaps(other) for other in _NOT_SUBNETS[subnet.version])


def _refuse_unfit(name: str, what: str, text: str, subnet: Subnet) -> None:
    if "%" in text:
        raise LabError(f"network {name}: {what} {text!r} has a scope, which no address of a network has; leave it out")
    if not can_be_subnet(subnet):
        raise LabError(
            f"network {name}: {what} {text!r} lies in what stands for this host, loopback or multicast; "
            "take a private one such as 192.168.150.0/24 or fd00:1::/64"
        )


def range_beside(subnet: Subnet, gateway: Address) -> Range:
    """Return the longer run of host addresses beside the gateway, as far as libvirt takes it."""
    first, last = _ends(subnet)
    below, above = int(gateway) - int(first), int(last) - int(gateway)
    start, end = (gateway + 1, last) if above >= below else (first, gateway - 1)
    low, high = int(start), int(end)
    edge = low | LARGEST_RANGE  # libvirt takes no range over this border
    if min(high, (edge + 1) | LARGEST_RANGE) - edge > 2 * (edge - low + 1):
        low, edge = edge + 1, (edge + 1) | LARGEST_RANGE
    high = min(high, edge)
    low = max(low, high - LARGEST_RANGE + 1)  # and no more addresses than these
    return Range(str(type(gateway)(low)), str(type(gateway)(high)))


def _has_dhcp(ip: Ip) -> bool:
    return bool(ip.ranges or ip.hosts)


def _ends(subnet: Subnet) -> tuple[Address, Address]:
    # IPv6 has no broadcast; its first address is any router's.
    return subnet[1], subnet[-2] if subnet.version == 4 else subnet[-1]


def _subnet(name: str, text: str) -> Subnet:
    try:
        subnet = ip_network(text)
    except ValueError as error:
        raise LabError(
            f"network {name}: subnet {text!r} is not a subnet such as 192.168.150.0/24 or fd00:1::/64 ({error})"
        ) from error
    _refuse_unfit(name, "subnet", text, subnet)
    if subnet.max_prefixlen - subnet.prefixlen < 2:
        smallest = subnet.max_prefixlen - 2
        raise LabError(
            f"network {name}: subnet {text} has no room for a gateway and a guest; /{smallest} is the smallest"
        )
    return subnet


def _ip(name: str, entry: Mapping[str, Any]) -> Ip:
    text = entry["address"]
    try:
        interface = ip_interface(text)
    except ValueError as error:
        raise LabError(f"network {name}: {text!r} is not an address such as 192.168.150.1/24 ({error})") from error
    if "/" not in text:
        raise LabError(f"network {name}: address {text} lacks its prefix length; {text}/24 is how it is written")
    _refuse_unfit(name, "address", text, interface.network)
    dhcp = entry.get("dhcp") or {}
    ranges = dhcp.get("ranges")
    plain = Ip(
        interface,
        None if ranges is None else tuple(sorted(_range(name, part, interface) for part in ranges)),
        _hosts(name, dhcp.get("hosts"), interface),
    )
    return _with_what_boots(name, plain, entry, dhcp)


def _with_what_boots(name: str, ip: Ip, options: Mapping[str, Any], dhcp: Mapping[str, Any]) -> Ip:
    """Return ip with what options say of local_ptr and tftp, and dhcp of bootp."""
    local_ptr, tftp, bootp = options.get("local_ptr"), options.get("tftp"), dhcp.get("bootp")
    subnet = ip.interface.network
    if subnet.version == 6 and (tftp or bootp):
        raise LabError(f"network {name}: {'tftp' if tftp else 'bootp'} of {subnet}: libvirt has it for IPv4 alone")
    if tftp and not (tftp.startswith("/") and tftp.isprintable()):
        raise LabError(f"network {name}: tftp {tftp!r} is no folder such as /srv/tftp")
    return ip._replace(local_ptr=local_ptr, tftp=tftp, bootp=_bootp(name, bootp))


def _bootp(name: str, asked: Optional[Mapping[str, Any]]) -> Union[Bootp, Literal[False], None]:
    if not asked:
        return None if asked is None else False
    file, server = asked["file"], asked.get("server")
    # A comma or a blank would end the name in dnsmasq's configuration.
    if not re.fullmatch(r"[^\s,]+", file) or not file.isprintable():
        raise LabError(
            f"network {name}: bootp file {file!r}: a name without blanks and commas such as pxelinux.0 is right"
        )
    try:
        return Bootp(file, None if server is None else str(IPv4Address(server)))
    except ValueError as error:
        raise LabError(f"network {name}: bootp server {server!r} is no IPv4 address") from error


def _host_address(name: str, option: str, text: str, subnet: Subnet) -> Address:
    try:
        address = ip_address(text)
    except ValueError as error:
        raise LabError(f"network {name}: {option} {text!r} is not an IP address") from error
    first, last = _ends(subnet)
    if address.version != subnet.version or not int(first) <= int(address) <= int(last):
        raise LabError(f"network {name}: {option} {text} is no host address of {subnet} ({first} to {last} are)")
    return address


def _range(name: str, asked: Mapping[str, Any], interface: Interface) -> Range:
    start = _host_address(name, "dhcp start", asked["start"], interface.network)
    end = _host_address(name, "dhcp end", asked["end"], interface.network)
    if int(start) > int(end):
        raise LabError(f"network {name}: dhcp start {start} lies after dhcp end {end}; swap them")
    if int(start) <= int(interface.ip) <= int(end):
        raise LabError(
            f"network {name}: the dhcp range {start} to {end} contains the gateway {interface.ip}; leave it out"
        )
    if int(start) | LARGEST_RANGE != int(end) | LARGEST_RANGE:
        raise LabError(
            f"network {name}: the dhcp range {start} to {end} is too large; its ends may differ in the last 16 bits"
        )
    return Range(str(start), str(end), _lease(name, asked.get("lease_s")))


def _lease(name: str, seconds: Optional[int]) -> Optional[int]:
    if seconds is not None and seconds != 0 and seconds < SHORTEST_LEASE_S:
        raise LabError(
            f"network {name}: a lease of {seconds} s is too short; {SHORTEST_LEASE_S} s is the shortest, 0 never ends"
        )
    if seconds is not None and seconds > LONGEST_LEASE_S:
        raise LabError(
            f"network {name}: a lease of {seconds} s is too long; {LONGEST_LEASE_S} s is the longest, 0 never ends"
        )
    return seconds


def _hosts(name: str, asked: Optional[Sequence[Mapping[str, Any]]], interface: Interface) -> Optional[tuple[Host, ...]]:
    if asked is None:
        return None
    hosts = [_host(name, host, interface) for host in asked]
    for what in ("mac", "id", "address", "name"):
        once(name, f"its hosts: {what}", (getattr(host, what) for host in hosts))
    return tuple(sorted(hosts, key=str))


def once(name: str, what: str, values: Any) -> None:
    """Raise LabError when a value other than None stands in values twice."""
    seen = set()
    for value in values:
        if value is not None and value in seen:
            raise LabError(f"network {name}: {what} {value} stands in two entries; each must differ")
        seen.add(value)


def _host(name: str, asked: Mapping[str, Any], interface: Interface) -> Host:
    address = _host_address(name, "host address", asked["address"], interface.network)
    if address == interface.ip:
        raise LabError(f"network {name}: host {address} has the gateway's own address; give it another")
    known_by: dict[int, tuple[str, Callable[..., Any]]] = {4: ("mac", mac_address), 6: ("id", _duid)}
    ours, check = known_by[address.version]
    theirs = "id" if ours == "mac" else "mac"
    if asked.get(theirs) is not None or (asked.get(ours) is None and asked.get("name") is None):
        raise LabError(f"network {name}: an IPv{address.version} host such as {address} is known by {ours} or name")
    identity = None if asked.get(ours) is None else check(name, asked[ours])
    return Host(
        address=str(address), **{ours: identity}, name=asked.get("name"), lease_s=_lease(name, asked.get("lease_s"))
    )


def mac_address(name: str, text: str, whose: str = "host mac") -> str:
    """Return a unicast MAC address in lower case; raises LabError when text is none."""
    mac = text.lower()
    if not _MAC.fullmatch(mac):
        raise LabError(f"network {name}: {whose} {text!r} is not a MAC address such as 52:54:00:00:96:01")
    if mac == "00:00:00:00:00:00":
        raise LabError(f"network {name}: {whose} {mac} is no address; write one such as 52:54:00:00:96:01")
    if int(mac[:2], 16) & 1:
        raise LabError(f"network {name}: {whose} {mac} is a multicast address; the first byte must be even")
    return mac


def _duid(name: str, text: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2})+", text):
        raise LabError(f"network {name}: host id {text!r} is not a DUID such as 0:3:0:1:0:16:3e:11:22:33")
    return text

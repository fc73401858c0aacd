# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What libvirt would refuse of a whole definition, said before anything is changed. Pure."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Collection, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._addresses import once
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._build_forward import mode_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._model import VIRTUAL, Want, World
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._values import pci, prefix_length

if TYPE_CHECKING:
    from lxml.etree import _Element

# networkValidate() of libvirt's src/network/bridge_driver.c is what its parser, all that judges beforehand, knows not.

# What stands in the XML of a network with a bridge of its own, and the option that takes it away.
_VIRTUAL_ONLY = {
    "ip": "ips: []",
    "dns/host": "dns: {hosts: []}",
    "dns/txt": "dns: {txt: []}",
    "dns/srv": "dns: {srv: []}",
    "domain[@name]": "domain: ''",
    "route": "routes: []",
    "mac": "a definition without it",
}
# Since this version a VLAN is possible on the host's bridges that are not Open vSwitch's.
_VLAN_ON_BRIDGES = 11_000_000
_IPV6_MTU = 1280  # the kernel has no IPv6 on a link with less
# What tc takes; older libvirts find out as the network starts.
_LIMITS = {"average": 2**54, "peak": 2**54, "burst": (2**32 - 1) >> 10, "floor": 2**54}


def check(root: _Element, want: Want, world: World) -> None:
    """Raise LabError when the definition root, made from want, contradicts itself."""
    mode, name = mode_of(root), want.name
    if mode in VIRTUAL:
        if mode != "isolated" and root.find("ip") is None:
            raise LabError(f"network {name}: mode {mode} needs an address; give it a subnet or ips")
    else:
        for path, remedy in _VIRTUAL_ONLY.items():
            if root.find(path) is not None:
                raise LabError(
                    f"network {name}: mode {mode} puts guests on what the host has, so it takes no "
                    f"{path.partition('[')[0].replace('/', ' ')}; {remedy} takes it away"
                )
        for option in ("mac", "dnsmasq_options"):
            if want.options.get(option):
                raise LabError(
                    f"network {name}: mode {mode} has no bridge and no name server of libvirt's; leave out {option}"
                )
    _check_forward(mode, root, want)
    _check_functions(root, name, world.functions)
    _check_vlans(mode, root, name, world.libvirt)
    for holder in (root, *root.iterfind("portgroup")):
        _check_bandwidth(mode, root, holder, name)
    _check_groups(root, name)
    _check_dhcp(root, want)
    _check_local_ptr(root, name)
    _check_mtu(root, name)
    if want.ips is not None:
        _check_leases(root, name)
    if "domain_local_only" in want.options and root.find("domain") is None:
        raise LabError(f"network {name}: domain_local_only says something of a domain, but there is none; give domain")


def _check_forward(mode: str, root: _Element, want: Want) -> None:
    asked = want.options.get("forward", {})
    if mode == "isolated" and asked:
        raise LabError(f"network {want.name}: an isolated network forwards nothing; leave out forward")
    if "nat" in asked and mode != "nat":
        raise LabError(f"network {want.name}: forward.nat is for mode nat, the mode is {mode}")
    devices = [option for option in ("interfaces", "pf", "addresses") if asked.get(option)]
    if len(devices) > 1:
        raise LabError(f"network {want.name}: forward.{' and forward.'.join(devices)} exclude each other; give one")
    if mode == "hostdev" and root.find("forward/interface") is not None:
        raise LabError(f"network {want.name}: mode hostdev takes forward.pf or forward.addresses, no interfaces")
    if mode != "hostdev" and root.find("forward/address") is not None:
        raise LabError(f"network {want.name}: forward.addresses are for mode hostdev, the mode is {mode}")
    if mode == "bridge" and root.find("bridge[@name]") is not None and root.find("forward/interface") is not None:
        raise LabError(f"network {want.name}: mode bridge takes a bridge or forward.interfaces, not both")


def _check_functions(root: _Element, name: str, functions: Collection[str]) -> None:
    for address in map(pci, root.iterfind("forward/address")):
        if address not in functions:
            there = f"{', '.join(sorted(functions)[:4])} are" if functions else "this host has none"
            raise LabError(f"network {name}: forward address {address} is no virtual function of this host; {there}")


def _check_vlans(mode: str, root: _Element, name: str, version: int) -> None:
    """Refuse a VLAN where guests get a port that knows none, be it of the network or of one of its portgroups."""
    own = root.find("virtualport")
    tagged = root.find("vlan/tag") is not None
    groups = root.findall("portgroup")
    for group in groups:
        port = group.find("virtualport")
        if (tagged or group.find("vlan/tag") is not None) and not (
            _tags(mode, own, version) if port is None else mode == "bridge" and port.get("type") == "openvswitch"
        ):
            what = f"portgroup {group.get('name')}" + ("" if port is None else " with a virtualport of its own")
            raise LabError(_no_vlan(name, mode, version, f" in {what}"))
    # Where there is a default group no guest gets the network's port alone.
    if tagged and not _tags(mode, own, version) and not any(group.get("default") == "yes" for group in groups):
        raise LabError(_no_vlan(name, mode, version, ""))


def _tags(mode: str, port: Optional[_Element], version: int) -> bool:
    if mode == "bridge":
        return port.get("type") == "openvswitch" if port is not None else version >= _VLAN_ON_BRIDGES
    return mode in ("passthrough", "hostdev")


def _no_vlan(name: str, mode: str, version: int, where: str) -> str:
    on_bridges = " or without virtualport" if version >= _VLAN_ON_BRIDGES else ""
    return (
        f"network {name}: vlan{where} is for the modes passthrough and hostdev, and for bridge with a virtualport of "
        f"type openvswitch{on_bridges}; the mode is {mode}; vlan: {{}} takes it away"
    )


def _check_groups(root: _Element, name: str) -> None:
    groups = root.findall("portgroup")
    once(name, "portgroups: name", (group.get("name") for group in groups))
    if sum(group.get("default") == "yes" for group in groups) > 1:
        raise LabError(f"network {name}: two of its portgroups are the default; one can be")


def _check_bandwidth(mode: str, root: _Element, holder: _Element, name: str) -> None:
    """Check the bandwidth of holder, the network root itself or one of its portgroups."""
    where = "" if holder is root else f" in portgroup {holder.get('name')}"
    for limits in holder.iterfind("bandwidth/*"):
        for what, largest in _LIMITS.items():
            if int(limits.get(what, "0")) > largest:
                raise LabError(
                    f"network {name}: bandwidth {limits.tag} {what}{where} {limits.get(what)} is too much; "
                    f"{largest} is the most"
                )
    bounded = any(limits.attrib for limits in holder.iterfind("bandwidth/*"))
    if bounded and mode not in VIRTUAL and not (mode == "bridge" and root.find("bridge[@name]") is not None):
        raise LabError(
            f"network {name}: bandwidth{where} needs a bridge, and mode {mode} has none here; "
            "bandwidth: {} takes it away"
        )


def _check_dhcp(root: _Element, want: Want) -> None:
    name = want.name
    served: dict[str, str] = {}
    for ip in root.iterfind("ip"):
        if ip.find("dhcp/range") is None and ip.find("dhcp/host") is None:
            if ip.find("dhcp/bootp") is not None and want.ips is not None:
                raise LabError(
                    f"network {name}: bootp of {ip.get('address')} needs a range or a fixed lease, "
                    "without which libvirt serves no DHCP and forgets it; give one, or bootp: {}"
                )
            continue
        family, address = ip.get("family", "ipv4"), ip.get("address", "")
        if family in served:
            raise LabError(
                f"network {name}: both {served[family]} and {address} have DHCP; libvirt serves one subnet of {family}"
            )
        served[family] = address


def _check_local_ptr(root: _Element, name: str) -> None:
    """Refuse what libvirt has no reverse domain for (virSocketAddrPTRDomain()), which it says as the network starts."""
    if root.find("dns[@enable='no']") is not None:
        return
    for ip in root.iterfind("ip[@localPtr='yes']"):
        subnet = ip_network(f"{ip.get('address')}/{prefix_length(ip)}", strict=False)
        step = 8 if subnet.version == 4 else 4
        if subnet.prefixlen % step or not 0 < subnet.prefixlen < subnet.max_prefixlen:
            raise LabError(
                f"network {name}: local_ptr of {subnet}: its prefix length must be a multiple of {step}, "
                f"{step} to {subnet.max_prefixlen - step}"
            )


def _check_mtu(root: _Element, name: str) -> None:
    mtu, ip = root.find("mtu[@size]"), root.find("ip[@family='ipv6']")
    if mtu is not None and ip is not None and int(mtu.get("size", "")) < _IPV6_MTU:
        raise LabError(
            f"network {name}: mtu {mtu.get('size')} is too small for its IPv6 address {ip.get('address')}; "
            f"{_IPV6_MTU} or more is right"
        )


def _check_leases(root: _Element, name: str) -> None:
    """Refuse fixed leases that the network keeps from a subnet that it had before."""
    for ip in root.iterfind("ip[@address]"):
        subnet = ip_network(f"{ip.get('address')}/{prefix_length(ip)}", strict=False)
        for host in ip.iterfind("dhcp/host[@ip]"):
            if ip_address(host.get("ip", "")) not in subnet:
                raise LabError(
                    f"network {name}: its fixed lease {host.get('ip')} lies outside of the new subnet {subnet}; "
                    "give the hosts too, or hosts: [] to remove them"
                )

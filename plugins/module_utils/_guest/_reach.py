# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a guest may be reached: it tells its address itself, and could tell that of anybody.

An address is believed that lies in the network of the guest's NIC, is neither its gateway nor the hypervisor's nor
another guest's, and is what libvirt leased to that NIC where it leased one. Where libvirt knows no network, as on a
bridge of the host's, the hypervisor must reach it directly, past no router. Into the network that QEMU or passt makes
for a NIC alone (user mode) the hypervisor reaches nobody.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, Dict, FrozenSet, List, Mapping, NamedTuple, Optional, Set, Union

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._attachments import (
    PASST_PROGRAM,
    asked_ip,
    ovs_bridge_name,
    own_network,
)
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import Nic, OwnNetwork
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _json
from ansible_collections.virtio.lab.plugins.module_utils._foreign._reads import reads
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import read
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._facts import facts_of
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner

if TYPE_CHECKING:
    import libvirt
    from lxml.etree import _Element

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]


class UnreachableError(LabError):
    """The address is the guest's, and the hypervisor reaches nobody in its network."""


class Around(NamedTuple):
    """What is known beside what the guest tells: the networks of its NIC, the hypervisor's own addresses, leases.

    holders has the MAC addresses by the address that libvirt leased or reserved to them; bridge is the device of the
    hypervisor that the NIC hangs on, None where it is not known. inside is the network that is made for the NIC.
    """

    networks: List[Network]
    own: FrozenSet[str]
    holders: Mapping[str, Set[str]]
    bridge: Optional[str] = None
    inside: Optional[OwnNetwork] = None


def plain_address(text: object, what: str) -> Address:
    """Return the address that a text is, of one host; LabError where it is none that a load could be sent to."""
    try:
        found = ipaddress.ip_address(text) if isinstance(text, str) and "%" not in text else None
    except ValueError:
        found = None
    if found is None:
        raise LabError(f"{what} is {text!r}; an IPv4 or IPv6 address would be right")
    mapped = getattr(found, "ipv4_mapped", None) or found
    if mapped.is_loopback or mapped.is_multicast or mapped.is_unspecified or mapped.is_reserved:
        raise LabError(f"{what} is {text}, which is no address of a guest: it means another place")
    return found


def not_ours(text: object, what: str, around: Around) -> str:
    """Return an address that a user gave, which must not be the hypervisor's own."""
    found = str(plain_address(text, what))
    if found in around.own:
        raise LabError(f"{what} is {found}, an address of the hypervisor itself; the guest's would be right")
    return found


def believed(text: object, mac: str, around: Around, runner: Runner, guest: str) -> str:
    """Return the address that a guest told of its NIC mac; LabError with what speaks against it.

    UnreachableError where nothing does but that the hypervisor is no part of its network.
    """
    what = f"the address that guest {guest} tells of {mac}"
    found = not_ours(text, what, around)
    address = ipaddress.ip_address(found)
    if around.networks:
        home = next((network for network in around.networks if address in network), None)
        if home is None:
            known = ", ".join(map(str, around.networks))
            raise LabError(f"{what} is {found}, which is not in the network of that NIC ({known})")
        if home.num_addresses > 2 and address in (home.network_address, home.broadcast_address):
            raise LabError(f"{what} is {found}, which is the network {home} itself or its broadcast address")
    else:
        _refuse_routed(found, what, around.bridge, runner)
    leased = sorted(each for each, macs in around.holders.items() if mac in macs)
    others = around.holders.get(found, set()) - {mac}
    if leased and found not in leased:
        raise LabError(f"{what} is {found}, but libvirt leased {', '.join(leased)} to it")
    if others and not leased:
        raise LabError(f"{what} is {found}, which libvirt leased to {', '.join(sorted(others))}")
    if around.inside is not None:
        raise UnreachableError(
            f"{what} is {found}, in a network that is made for that NIC alone: the hypervisor does not reach it"
        )
    return found


def look(connection: libvirt.virConnect, root: _Element, mac: str, runner: Runner) -> Around:
    """Return what is known around the NIC mac of the domain whose XML is root."""
    nic = _nic(root, mac)
    inside = None if nic is None else own_network(nic) or _of_router(nic, runner)
    if inside is not None:
        # A hypervisor that is a guest on SLIRP itself has the very address that its own guest gets there.
        return Around([ipaddress.ip_network(inside.subnet)], frozenset({inside.host}), {}, None, inside)
    own = _own(runner(["ip", "-j", "address", "show"]).stdout)
    source, kind = _source(nic)
    if source == ovs_bridge_name(Nic(mac)):  # a veth leads on from it, to a bridge that the XML does not name
        return Around([], frozenset(own), {}, None)
    if kind != "network" or source is None:
        return Around([], frozenset(own), {}, source)
    network = connection.networkLookupByName(source)
    facts = facts_of(network.XMLDesc(0))
    networks = [ipaddress.ip_network(f"{ip['address']}/{ip['prefix']}", strict=False) for ip in facts["ips"]]
    gateways = {str(ipaddress.ip_address(ip["address"])) for ip in facts["ips"]}
    return Around(networks, frozenset({*own, *gateways}), _holders(network, facts), (facts["bridge"] or {}).get("name"))


def _of_router(nic: _Element, runner: Runner) -> Optional[OwnNetwork]:
    """Return the network that passt makes for a NIC, None for a NIC without it, and where it can make none.

    Unless it is told others, the guest has the address of the link of the default route, and as its router that of the
    hypervisor, which passt takes for the loopback of the hypervisor.
    """
    if read(nic).router != PASST_PROGRAM:
        return None
    source = nic.find("source")
    asked = [] if source is None or not source.get("dev") else ["dev", source.get("dev")]
    routes = _default_routes(runner(["ip", "-j", "route", "show", "default", *asked]).stdout)
    if not routes:
        return None
    gateway, dev = routes[0]
    shown = runner(["ip", "-j", "address", "show", *(["dev", dev] if dev else asked)]).stdout
    own = asked_ip(nic) or next(iter(_v4(shown)), None)
    return OwnNetwork(str(own.network), gateway, "127.0.0.1") if own else None


def _nic(root: _Element, mac: str) -> Optional[_Element]:
    for nic in root.iterfind("devices/interface"):
        address = nic.find("mac")
        if address is not None and address.get("address", "").lower() == mac:
            return nic
    return None


def _source(nic: Optional[_Element]) -> tuple[Optional[str], str]:
    source = None if nic is None else nic.find("source")
    if nic is None or source is None:
        return None, ""
    return source.get("network") or source.get("bridge"), nic.get("type", "")


def _holders(network: libvirt.virNetwork, facts: Mapping[str, Any]) -> Dict[str, Set[str]]:
    import libvirt  # pylint: disable=import-outside-toplevel

    found: Dict[str, Set[str]] = {}
    try:
        leases = network.DHCPLeases() if network.isActive() else []
    except libvirt.libvirtError:  # of a network that has no DHCP server of libvirt's
        leases = []
    for ip in facts["ips"]:
        for host in ip["dhcp"]["hosts"]:
            if host["address"] and host["mac"]:
                found.setdefault(host["address"], set()).add(host["mac"].lower())
    for lease in leases:
        found.setdefault(lease["ipaddr"], set()).add((lease["mac"] or "").lower())
    return found


@reads("what `ip -j address` prints")
def _own(text: str) -> Set[str]:
    links = _json.loads(text or "[]", "what `ip -j address` prints")
    return {entry["local"] for link in links for entry in link.get("addr_info", []) if "local" in entry}


@reads("what `ip -j address` prints")
def _v4(text: str) -> List[Union[ipaddress.IPv4Interface, ipaddress.IPv6Interface]]:
    """Return the addresses of IPv4 that hold beyond the link, with their prefixes."""
    links = _json.loads(text or "[]", "what `ip -j address` prints")
    return [
        ipaddress.ip_interface(f"{entry['local']}/{entry['prefixlen']}")
        for link in links
        for entry in link.get("addr_info", [])
        if entry.get("family") == "inet" and entry.get("scope") == "global"
    ]


@reads("what `ip -j route show default` prints")
def _default_routes(text: str) -> List[tuple[str, str]]:
    """Return (gateway, link) of each that leads somewhere, in the order in which the kernel takes them."""
    routes = _json.loads(text or "[]", "what `ip -j route show default` prints")
    return [
        (str(ipaddress.ip_address(route["gateway"])), str(route.get("dev") or ""))
        for route in routes
        if route.get("gateway")
    ]


def _refuse_routed(address: str, what: str, bridge: Optional[str], runner: Runner) -> None:
    shown = runner(["ip", "-j", "route", "get", address], check=False)
    through = _route(shown.stdout) if shown.rc == 0 else {}
    if not through or "gateway" in through or through.get("type") == "local":
        raise LabError(f"{what} is {address}, which this hypervisor does not reach directly, past no router")
    if bridge and through.get("dev") != bridge:
        raise LabError(f"{what} is {address}, which this hypervisor reaches by {through.get('dev')}, not by {bridge}")


@reads("what `ip -j route get` prints")
def _route(text: str) -> Dict[str, object]:
    found = _json.loads(text or "[]", "what `ip -j route get` prints")
    return dict(found[0]) if found else {}

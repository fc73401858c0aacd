# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network's XML, of whatever kind, as facts. Pure.

Source: https://libvirt.org/formatnetwork.html. What a network does not have is None or an empty list, never a missing
key; lists are sorted, as libvirt keeps them in the order in which they happened to be written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterable, Optional

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._mark import mark_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._canonical import canonical, text_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._values import lease_s, pci, prefix_length
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse

if TYPE_CHECKING:
    from lxml.etree import _Element


def facts_of(text: str) -> dict[str, Any]:
    """Return what the XML of a network says, in plain JSON types. Raises LabError when text is no XML."""
    root = parse(text)
    return {
        "name": root.findtext("name"),
        "uuid": root.findtext("uuid"),
        "lab": mark_of(root),
        "forward": _forward(root),
        "bridge": _bridge(root.find("bridge")),
        "mac": _attribute(root, "mac", "address"),
        "mtu": _integer(_attribute(root, "mtu", "size")),
        "domain": _attribute(root, "domain", "name"),
        "ips": _sorted(_ip(ip) for ip in root.iterfind("ip")),
        "routes": _sorted(_route(route) for route in root.iterfind("route")),
        "dns": _dns(root.find("dns")),
        "virtualport": _virtualport(root.find("virtualport")),
        "vlan": _vlan(root.find("vlan")),
        "bandwidth": _bandwidth(root.find("bandwidth")),
        "isolated_ports": _attribute(root, "port", "isolated") == "yes",
        "portgroups": _sorted(_portgroup(group) for group in root.iterfind("portgroup")),
    }


def guest_of(text: str) -> dict[str, Any]:
    """Return who is at a network port, from the port's XML (https://libvirt.org/formatnetworkport.html)."""
    root = parse(text)
    plug = root.find("plug")
    # A port without a plug has been made, and is not connected yet.
    attributes = {} if plug is None else plug.attrib
    function = None if plug is None else plug.find("address")
    return {
        "name": root.findtext("owner/name"),
        "uuid": root.findtext("owner/uuid"),
        "mac": _attribute(root, "mac", "address"),
        "portgroup": root.findtext("group"),
        "plug": attributes.get("type"),
        "device": attributes.get("bridge") or attributes.get("dev") or (None if function is None else pci(function)),
    }


def same(stored: str, live: str) -> bool:
    """Tell whether two XMLs of one network mean the same, whoever is connected to it just now."""
    return text_of(canonical(parse(stored))) == text_of(canonical(parse(live)))


def _forward(root: _Element) -> dict[str, Any]:
    forward = root.find("forward")
    if forward is None:
        forward = root.makeelement("forward", {"mode": "isolated"})
    return {
        "mode": forward.get("mode", "nat"),
        "dev": forward.get("dev"),
        "interfaces": sorted(interface.get("dev") for interface in forward.iterfind("interface")),
        "pf": _attribute(forward, "pf", "dev"),
        "addresses": sorted(pci(address) for address in forward.iterfind("address")),
        "nat": _nat(forward.find("nat")),
    }


def _nat(nat: Optional[_Element]) -> Optional[dict[str, Any]]:
    if nat is None:
        return None
    address, port = nat.find("address"), nat.find("port")
    return {
        "address": None if address is None else {"start": address.get("start"), "end": address.get("end")},
        "port": None if port is None else {"start": int(port.get("start")), "end": int(port.get("end"))},
        "ipv6": nat.get("ipv6") == "yes",
    }


def _bridge(bridge: Optional[_Element]) -> Optional[dict[str, Any]]:
    if bridge is None:
        return None
    stp = bridge.get("stp")
    return {
        "name": bridge.get("name"),
        "stp": None if stp is None else stp == "on",
        "delay": _integer(bridge.get("delay")),
        "zone": bridge.get("zone"),
    }


def _ip(ip: _Element) -> dict[str, Any]:
    return {
        "family": ip.get("family", "ipv4"),
        "address": ip.get("address"),
        "prefix": prefix_length(ip),
        "dhcp": {
            "ranges": _sorted(
                {"start": part.get("start"), "end": part.get("end"), "lease_s": _lease_s(part)}
                for part in ip.iterfind("dhcp/range")
            ),
            "hosts": _sorted(_dhcp_host(host) for host in ip.iterfind("dhcp/host")),
        },
    }


def _route(route: _Element) -> dict[str, Any]:
    return {
        "family": route.get("family", "ipv4"),
        "address": route.get("address"),
        "prefix": prefix_length(route),
        "gateway": route.get("gateway"),
        "metric": _integer(route.get("metric")),
    }


def _dhcp_host(host: _Element) -> dict[str, Any]:
    return {
        "mac": host.get("mac"),
        "id": host.get("id"),
        "name": host.get("name"),
        "address": host.get("ip"),
        "lease_s": _lease_s(host),
    }


def _lease_s(element: _Element) -> Optional[int]:
    lease = element.find("lease")
    return None if lease is None else lease_s(lease)


def _dns(dns: Optional[_Element]) -> Optional[dict[str, Any]]:
    if dns is None:
        return None
    return {
        "enabled": dns.get("enable", "yes") == "yes",
        "forwarders": _sorted(
            {"domain": forwarder.get("domain"), "address": forwarder.get("addr")}
            for forwarder in dns.iterfind("forwarder")
        ),
        "hosts": _sorted(
            {"address": host.get("ip"), "names": sorted(name.text for name in host.iterfind("hostname"))}
            for host in dns.iterfind("host")
        ),
        "txt": _sorted({"name": txt.get("name"), "value": txt.get("value")} for txt in dns.iterfind("txt")),
        "srv": _sorted(_srv(srv) for srv in dns.iterfind("srv")),
    }


def _srv(srv: _Element) -> dict[str, Any]:
    words = {name: srv.get(name) for name in ("service", "protocol", "domain", "target")}
    return {**words, **{name: _integer(srv.get(name)) for name in ("port", "priority", "weight")}}


def _virtualport(virtualport: Optional[_Element]) -> Optional[dict[str, Any]]:
    if virtualport is None:
        return None
    parameters = virtualport.find("parameters")
    return {
        "type": virtualport.get("type"),
        "parameters": {} if parameters is None else dict(sorted(parameters.attrib.items())),
    }


def _vlan(vlan: Optional[_Element]) -> Optional[dict[str, Any]]:
    if vlan is None:
        return None
    tags = [{"id": int(tag.get("id")), "native_mode": tag.get("nativeMode")} for tag in vlan.iterfind("tag")]
    return {
        # libvirt takes more than one tag for a trunk.
        "trunk": vlan.get("trunk") == "yes" or len(tags) > 1,
        "tags": sorted(tags, key=lambda tag: tag["id"]),
    }


def _bandwidth(bandwidth: Optional[_Element]) -> Optional[dict[str, Any]]:
    if bandwidth is None:
        return None
    limits = {part.tag: {name: int(value) for name, value in sorted(part.attrib.items())} for part in bandwidth}
    return {"inbound": limits.get("inbound"), "outbound": limits.get("outbound")}


def _portgroup(group: _Element) -> dict[str, Any]:
    return {
        "name": group.get("name"),
        "default": group.get("default") == "yes",
        "virtualport": _virtualport(group.find("virtualport")),
        "vlan": _vlan(group.find("vlan")),
        "bandwidth": _bandwidth(group.find("bandwidth")),
    }


def _attribute(root: _Element, tag: str, attribute: str) -> Optional[str]:
    element = root.find(tag)
    return None if element is None else element.get(attribute)


def _integer(text: Optional[str]) -> Optional[int]:
    return None if text is None else int(text)


def _sorted(entries: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(entries, key=str)

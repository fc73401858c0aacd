# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network's XML, of whatever kind, as facts. Pure.

Source: https://libvirt.org/formatnetwork.html. What a network does not have is None or an empty list, never a missing
key; lists are sorted, as libvirt keeps them in the order in which they happened to be written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterable, Optional

from ansible_collections.virtio.lab.plugins.module_utils._foreign._reads import reads
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._mark import is_mark, mark_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._build_forward import mode_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._canonical import (
    DNSMASQ,
    canonical,
    letters_of,
    text_of,
    uri_of,
)
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._element import remove
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._model import VIRTUAL
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._values import (
    chosen_by_libvirt,
    lease_s,
    pci,
    prefix_length,
)
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse

if TYPE_CHECKING:
    from lxml.etree import _Element


@reads("the XML of a network")
def facts_of(text: str) -> dict[str, Any]:
    """Return what the XML of a network says, in plain JSON types. Raises LabError when text is no XML.

    What libvirt fills in by rule is told even where text leaves it out, so that a definition says the same before and
    after libvirt has had it.
    """
    given = parse(text)
    root = canonical(given)
    domain = root.find("domain")
    return {
        "name": root.findtext("name"),
        "uuid": root.findtext("uuid"),
        "lab": mark_of(root),
        "forward": _forward(given, root),
        "bridge": _bridge(root),
        "mac": _attribute(root, "mac", "address"),
        "mtu": _integer(_attribute(root, "mtu", "size")),
        "ipv6": root.get("ipv6") == "yes",
        "domain": None if domain is None else domain.get("name"),
        "domain_local_only": None if domain is None else domain.get("localOnly") == "yes",
        "ips": _sorted(_ip(ip) for ip in root.iterfind("ip")),
        "routes": _sorted(_route(route) for route in root.iterfind("route")),
        "dns": _dns(root.find("dns")),
        "dnsmasq_options": [option.get("value") for option in root.iterfind(f"{{{DNSMASQ}}}options/{{*}}option")],
        "virtualport": _virtualport(root.find("virtualport")),
        "vlan": _vlan(root.find("vlan")),
        "bandwidth": _bandwidth(root.find("bandwidth")),
        "isolated_ports": _attribute(root, "port", "isolated") == "yes",
        "trust_guest_rx_filters": root.get("trustGuestRxFilters") == "yes",
        "portgroups": _sorted(_portgroup(group) for group in root.iterfind("portgroup")),
        "metadata": _sorted(_note(entry) for entry in root.iterfind("metadata/*") if not is_mark(entry)),
    }


@reads("the XML of a network port")
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
    """Tell whether two XMLs of one network mean the same, whoever is connected to it just now.

    Notes in the metadata are not asked for: they mean nothing to a network that runs.
    """
    return text_of(_working(stored)) == text_of(_working(live))


def _working(text: str) -> _Element:
    root = canonical(parse(text))
    remove(root, "metadata")
    return root


def _forward(given: _Element, root: _Element) -> dict[str, Any]:
    # In the canonical form no interface is the first, and what libvirt found on a physical function is left out.
    forward = given.find("forward")
    if forward is None:
        forward = given.makeelement("forward", {"mode": "isolated"})
    mode, pf = forward.get("mode", "nat"), _attribute(forward, "pf", "dev")
    first = forward.get("dev") or _attribute(forward, "interface", "dev")
    links = {first} | {interface.get("dev") for interface in forward.iterfind("interface")}
    return {
        "mode": mode,
        "dev": None if pf else first,
        "interfaces": sorted(links - {None}),
        "pf": pf,
        "addresses": sorted(pci(address) for address in forward.iterfind("address")),
        "managed": root.find("forward[@managed='yes']") is not None,
        "driver": _attribute(forward, "driver", "name"),
        "nat": _nat(forward.find("nat")) if mode == "nat" else None,
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


def _bridge(root: _Element) -> Optional[dict[str, Any]]:
    bridge, virtual = root.find("bridge"), mode_of(root) in VIRTUAL
    if bridge is None and not virtual:
        return None
    told = {} if bridge is None else bridge.attrib
    return {
        "name": None if virtual and chosen_by_libvirt(told.get("name")) else told.get("name"),
        # Where the bridge is the host's own, libvirt does not set these.
        "stp": told.get("stp", "on") == "on" if virtual else None,
        "delay": int(told.get("delay", "0")) if virtual else None,
        "zone": told.get("zone"),
        "mac_table_manager": told.get("macTableManager", "kernel"),
    }


def _ip(ip: _Element) -> dict[str, Any]:
    bootp = ip.find("dhcp/bootp")
    return {
        "family": ip.get("family", "ipv4"),
        "address": ip.get("address"),
        "prefix": prefix_length(ip),
        "local_ptr": ip.get("localPtr") == "yes",
        "tftp": _attribute(ip, "tftp", "root"),
        "dhcp": {
            "ranges": _sorted(
                {"start": part.get("start"), "end": part.get("end"), "lease_s": _lease_s(part)}
                for part in ip.iterfind("dhcp/range")
            ),
            "hosts": _sorted(_dhcp_host(host) for host in ip.iterfind("dhcp/host")),
            "bootp": None if bootp is None else {"file": bootp.get("file"), "server": bootp.get("server")},
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
        "forward_plain_names": dns.get("forwardPlainNames", "yes") == "yes",
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
        "trust_guest_rx_filters": group.get("trustGuestRxFilters") == "yes",
        "virtualport": _virtualport(group.find("virtualport")),
        "vlan": _vlan(group.find("vlan")),
        "bandwidth": _bandwidth(group.find("bandwidth")),
    }


def _note(entry: _Element) -> dict[str, Any]:
    return {"uri": uri_of(entry), "xml": letters_of(entry)}


def _attribute(root: _Element, tag: str, attribute: str) -> Optional[str]:
    element = root.find(tag)
    return None if element is None else element.get(attribute)


def _integer(text: Optional[str]) -> Optional[int]:
    return None if text is None else int(text)


def _sorted(entries: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(entries, key=str)

# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""libvirt's network XML to the model and back."""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv4Network
from typing import TYPE_CHECKING, Optional

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._mark import mark_of, set_mark
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._network import Definition, DhcpHost, DhcpRange
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import dump, parse

if TYPE_CHECKING:
    from lxml.etree import _Element


def definition_of(text: str) -> Definition:
    """Return the settings in a network's XML; what libvirt adds by itself (UUID, MAC, NAT ports) is left out."""
    root = parse(text)
    ip = _ipv4(root)
    interface = None if ip is None else _interface(ip)
    forward = root.find("forward")
    return Definition(
        name=root.findtext("name", ""),
        lab=mark_of(root),
        mode="isolated" if forward is None else forward.get("mode", "nat"),
        bridge=_attribute(root, "bridge", "name"),
        domain=_attribute(root, "domain", "name"),
        subnet=None if interface is None else str(interface.network),
        gateway=None if interface is None else str(interface.ip),
        dhcp=None if ip is None else _range(ip),
        hosts=() if ip is None else tuple(sorted(_host(host) for host in ip.iterfind("dhcp/host"))),
    )


def xml_for(want: Definition, current: Optional[str] = None) -> str:
    """Return the XML that defines want; with current, that XML with only what want sets changed."""
    root = parse(current or f"<network><name>{want.name}</name></network>")
    if want.lab is not None:
        set_mark(root, want.lab)
    _set_mode(root, want.mode)
    if want.bridge is not None:
        _child(root, "bridge").set("name", want.bridge)
    if want.domain is not None:
        _child(root, "domain").set("name", want.domain)
    if want.subnet is not None:
        _set_ip(root, want)
    return dump(root)


def host_xml(host: DhcpHost) -> str:
    """Return the <host> element of a fixed lease."""
    root = parse("<host/>")
    _fill_host(root, host)
    return dump(root)


def _ipv4(root: _Element) -> Optional[_Element]:
    return next((ip for ip in root.iterfind("ip") if ip.get("family", "ipv4") == "ipv4"), None)


def _interface(ip: _Element) -> IPv4Interface:
    # libvirt keeps whichever of the two the definition had; with neither, the class of the address.
    return IPv4Interface(f"{ip.get('address')}/{ip.get('prefix') or ip.get('netmask') or 24}")


def _attribute(root: _Element, tag: str, attribute: str) -> Optional[str]:
    element = root.find(tag)
    return None if element is None else element.get(attribute)


def _range(ip: _Element) -> Optional[DhcpRange]:
    found = ip.find("dhcp/range")
    return None if found is None else DhcpRange(found.get("start", ""), found.get("end", ""))


def _host(element: _Element) -> DhcpHost:
    return DhcpHost(element.get("mac", "").lower(), element.get("ip", ""), element.get("name"))


def _child(parent: _Element, tag: str) -> _Element:
    found = parent.find(tag)
    if found is None:
        found = parent.makeelement(tag, {})
        parent.append(found)
    return found


def _set_mode(root: _Element, mode: Optional[str]) -> None:
    if mode is None:
        return
    forward = root.find("forward")
    if mode == "isolated":
        if forward is not None:
            root.remove(forward)
        return
    forward = _child(root, "forward")
    if forward.get("mode", "nat") != mode:
        forward[:] = []
    forward.set("mode", mode)


def _set_ip(root: _Element, want: Definition) -> None:
    ip = _ipv4(root)
    if ip is None:
        ip = root.makeelement("ip", {})
        root.append(ip)
    ip.attrib.pop("netmask", None)
    ip.set("address", want.gateway or "")
    ip.set("prefix", str(IPv4Network(want.subnet or "").prefixlen))
    dhcp = _child(ip, "dhcp")
    if want.dhcp is not None:
        found = _child(dhcp, "range")
        found.set("start", want.dhcp.start)
        found.set("end", want.dhcp.end)
    if want.hosts is not None:
        for element in dhcp.findall("host"):
            dhcp.remove(element)
        for host in want.hosts:
            element = dhcp.makeelement("host", {})
            _fill_host(element, host)
            dhcp.append(element)


def _fill_host(element: _Element, host: DhcpHost) -> None:
    element.set("mac", host.mac)
    if host.name is not None:
        element.set("name", host.name)
    element.set("ip", host.address)

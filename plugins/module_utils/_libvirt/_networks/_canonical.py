# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The canonical form of a network's XML: two documents that mean the same to libvirt become one. Pure.

Source: https://libvirt.org/formatnetwork.html and libvirt's src/conf/network_conf.c for what it takes as default.
"""

from __future__ import annotations

from copy import deepcopy
from ipaddress import ip_address
from typing import TYPE_CHECKING, Callable, Optional

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._element import remove
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._values import (
    lease_s,
    of_ipv6,
    pci,
    pci_attributes,
    prefix_length,
)
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import dump, etree

if TYPE_CHECKING:
    from lxml.etree import _Element

# The namespace of the options that the network's dnsmasq gets to the letter.
DNSMASQ = "http://libvirt.org/schemas/network/dnsmasq/1.0"
# What libvirt takes an attribute to be that is not there.
DEFAULTS = {
    "network": {"ipv6": "no", "trustGuestRxFilters": "no"},
    "forward": {"managed": "no"},
    "nat": {"ipv6": "no"},
    "bridge": {"stp": "on", "delay": "0", "macTableManager": "kernel"},
    "domain": {"localOnly": "no"},
    "dns": {"enable": "yes", "forwardPlainNames": "yes"},
    "ip": {"family": "ipv4", "localPtr": "no"},
    "route": {"family": "ipv4"},
    "portgroup": {"default": "no", "trustGuestRxFilters": "no"},
    "port": {"isolated": "no"},
    "srv": {"priority": "0", "weight": "0"},
    "mtu": {"size": "0"},
    "inbound": {"average": "0", "peak": "0", "burst": "0", "floor": "0"},
    "outbound": {"average": "0", "peak": "0", "burst": "0", "floor": "0"},
}
NAT_PORTS = {"start": "1024", "end": "65535"}
# Elements that say nothing when there is nothing in them.
HOLLOW = {"bridge", "nat", "dns", "dhcp", "tftp", "vlan", "virtualport", "parameters", "bandwidth", "inbound"} | {
    "outbound",
    "port",
    "mtu",
    f"{{{DNSMASQ}}}options",
}
NUMBERS = {"size", "delay", "metric", "priority", "weight", "average", "peak", "burst", "floor", "id", "port"}


def canonical(root: _Element) -> _Element:
    """Return a copy of a <network> in which what libvirt may write in several ways is written in one.

    Dropped: defaults, empty elements, counts of connections, what libvirt found on a physical function, and what its
    parser heeds not or forgets. Sorted: whatever has no order. canonical(canonical(x)) is canonical(x).
    """
    tree = deepcopy(root)
    metadata = _metadata_of(tree)
    for tag, rule in RULES:
        for element in list(tree.iter(tag)):
            rule(element)
    for element in tree.iter("*"):
        _plain(element)
    _one_prefix(tree)
    _without_hollow(tree)
    _sort(tree)
    if metadata is not None:
        tree.append(metadata)
    return tree


def _metadata_of(tree: _Element) -> Optional[_Element]:
    """Take the <metadata> out of tree; return it with what libvirt keeps of it, and without the blanks that it adds.

    virXMLNodeSanitizeNamespaces() of libvirt: elements of a namespace, and of each namespace the first.
    """
    found = tree.findall("metadata")
    for metadata in found:
        tree.remove(metadata)
    kept: dict[str, _Element] = {}
    for entry in found[0].iterchildren("{*}*") if found else ():
        namespace = uri_of(entry)
        if namespace:
            kept.setdefault(namespace, entry)
    if not kept:
        return None
    found[0].text = found[0].tail = None
    found[0][:] = [kept[namespace] for namespace in sorted(kept)]
    for entry in found[0]:
        _without_blanks(entry)
    return found[0]


def _without_blanks(entry: _Element) -> None:
    """Take the blanks around texts away that libvirt's parser drops; those of a text alone stay."""
    cdata = b"<![CDATA[" in etree.tostring(entry)
    for element in entry.iter("*"):
        if len(element) or (cdata and element.text and element.text.strip()):
            element.text = _stripped(element.text)
        for child in element:
            child.tail = _stripped(child.tail)
    entry.tail = None


def _stripped(text: Optional[str]) -> Optional[str]:
    return None if text is None else text.strip() or None


def uri_of(entry: _Element) -> Optional[str]:
    """Return the namespace of an element of <metadata>, by which libvirt tells it from others."""
    return etree.QName(entry).namespace


def letters_of(entry: _Element) -> str:
    """Return an element of <metadata> as it is, to the letter but for blanks between elements, comments included."""
    alone = deepcopy(entry)
    alone.tail = None
    return etree.tostring(alone, method="c14n", exclusive=True).decode()


def text_of(element: _Element) -> str:
    """Return element on one line."""
    if element.nsmap:
        # What is declared further up and not used here says nothing.
        element = deepcopy(element)
        etree.cleanup_namespaces(element)
    return "".join(line.strip() for line in dump(element).splitlines())


def _forward(forward: _Element) -> None:
    if forward.get("mode") is None:
        forward.set("mode", "nat")
    if forward.get("mode") != "hostdev":
        forward.attrib.pop("managed", None)
    if forward.get("mode") != "nat":
        remove(forward, "nat")
    dev = forward.attrib.pop("dev", None)
    found = {interface.get("dev"): interface for interface in forward.findall("interface")}
    if dev is not None and dev not in found:
        # libvirt itself writes the device twice: as attribute and as first interface.
        found[dev] = forward.makeelement("interface", {"dev": dev})
    for interface in forward.findall("interface"):
        forward.remove(interface)
    if forward.find("pf") is None:
        forward.extend(found.values())
    else:
        for address in forward.findall("address"):
            forward.remove(address)
    for address in forward.findall("address"):
        spelled = pci_attributes(pci(address))
        address.attrib.clear()
        address.attrib.update(spelled)


def _nat(nat: _Element) -> None:
    port = nat.find("port")
    if port is not None and dict(port.attrib) == NAT_PORTS:
        nat.remove(port)


def _addressed(element: _Element) -> None:
    address = element.get("address")
    if address is None:
        return
    prefix = prefix_length(element)
    element.attrib.pop("netmask", None)
    element.set("prefix", str(prefix))


def _dhcp(dhcp: _Element) -> None:
    if dhcp.find("range") is None and dhcp.find("host") is None:
        # libvirt forgets the rest, since there is no DHCP then.
        dhcp[:] = []
    for bootp in dhcp.findall("bootp"):
        if bootp.get("file") is None or of_ipv6(dhcp.getparent()):
            dhcp.remove(bootp)
    for host in dhcp.iterfind("host"):
        if host.get("mac") is not None:
            host.set("mac", host.get("mac", "").lower())


def _domain(domain: _Element) -> None:
    parent = domain.getparent()
    if domain.get("name") is None and parent is not None:
        parent.remove(domain)


def _lease(lease: _Element) -> None:
    seconds = lease_s(lease)
    lease.attrib.clear()
    lease.set("expiry", str(seconds))
    lease.set("unit", "seconds")


def _vlan(vlan: _Element) -> None:
    # libvirt takes several tags for a trunk.
    if len(vlan.findall("tag")) > 1:
        vlan.set("trunk", "yes")


def _uuid(element: _Element) -> None:
    element.text = (element.text or "").lower()


def _mac(element: _Element) -> None:
    element.set("address", element.get("address", "").lower())


RULES: tuple[tuple[str, Callable[[_Element], None]], ...] = (
    ("forward", _forward),
    ("nat", _nat),
    ("ip", _addressed),
    ("route", _addressed),
    ("dhcp", _dhcp),
    ("domain", _domain),
    ("lease", _lease),
    ("vlan", _vlan),
    ("uuid", _uuid),
    ("mac", _mac),
)


def _plain(element: _Element) -> None:
    """Drop defaults, counts and blanks, spell addresses and numbers in one way."""
    element.attrib.pop("connections", None)
    # The parser keeps the blanks of <ip> </ip>, as these could be its content.
    element.text = (element.text or "").strip() or None
    for name, value in element.attrib.items():
        if name in ("address", "ip", "addr", "start", "end", "gateway", "server"):
            element.set(name, plain_address(value))
        elif name in NUMBERS and value.isdigit():
            element.set(name, str(int(value)))
    for name, default in DEFAULTS.get(element.tag, {}).items():
        if element.get(name) == default:
            del element.attrib[name]


def plain_address(text: str) -> str:
    """Return an IP address in its shortest spelling, anything else as it is."""
    try:
        return str(ip_address(text))
    except ValueError:
        return text


def _one_prefix(tree: _Element) -> None:
    """Write the options of dnsmasq with libvirt's own prefix, whatever a document had."""
    for options in tree.findall(f"{{{DNSMASQ}}}options"):
        written = tree.makeelement(options.tag, {}, nsmap={"dnsmasq": DNSMASQ})
        for option in options.findall(f"{{{DNSMASQ}}}option"):
            written.append(tree.makeelement(option.tag, dict(option.attrib), nsmap=written.nsmap))
        tree.replace(options, written)


def _without_hollow(element: _Element) -> None:
    for child in list(element):
        _without_hollow(child)
        if child.tag in HOLLOW and not len(child) and not child.attrib:
            element.remove(child)


def _sort(element: _Element) -> None:
    for child in element:
        _sort(child)
        child.tail = None
    ordered = {name: element.attrib[name] for name in sorted(element.attrib)}
    element.attrib.clear()
    element.attrib.update(ordered)
    # What follows {urn} is another's vocabulary, in which order may mean something.
    if element.getparent() is None or not element.tag.startswith("{"):
        element[:] = sorted(element, key=text_of)

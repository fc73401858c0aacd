# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network taken apart: each setting by a name, so that two networks can be compared setting by setting. Pure."""

from __future__ import annotations

from copy import deepcopy
from itertools import chain, count
from typing import TYPE_CHECKING, Iterator, Mapping, NamedTuple

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._canonical import (
    canonical,
    letters_of,
    plain_address,
    text_of,
)
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._values import prefix_length
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import dump

if TYPE_CHECKING:
    from lxml.etree import _Element

# What virNetworkUpdate can change in a running network: where it stands, and virsh's name of the section.
SECTIONS = {
    "forward/interface": "forward-interface",
    "ip/dhcp/range": "ip-dhcp-range",
    "ip/dhcp/host": "ip-dhcp-host",
    "dns/host": "dns-host",
    "dns/txt": "dns-txt",
    "dns/srv": "dns-srv",
    "portgroup": "portgroup",
}
# How the names of settings begin that are other people's notes.
METADATA = "metadata "


class Part(NamedTuple):
    """One setting: its canonical XML on one line, and the section of virNetworkUpdate, "" where libvirt has none.

    ip_index: which <ip> of the document it stands in, -1 for what stands in none.
    """

    xml: str
    section: str = ""
    ip_index: int = -1


def parts(root: _Element) -> dict[str, Part]:
    """Return a network's settings by name, such as "bridge" or "ip 10.0.0.1/24 dhcp host 52:54:00:00:00:01"."""
    # canonical() sorts, and libvirt counts <ip> as they stand.
    order = {_at(ip): number for number, ip in enumerate(root.iterfind("ip"))}
    found: dict[str, Part] = {}
    tree = canonical(root)
    if tree.attrib:
        found["network"] = Part(text_of(tree.makeelement("network", dict(tree.attrib))))
    for child in tree:
        for name, part in _taken_apart(child, order):
            found[_not_in(found, name)] = part
    return found


def _not_in(found: Mapping[str, Part], name: str) -> str:
    """Return name, with a number where there is one of that name: libvirt takes some entries twice."""
    numbered = (f"{name} ({number})" for number in count(2))
    return next(free for free in chain([name], numbered) if free not in found)


def compared(one: _Element, other: _Element) -> tuple[dict[str, Part], dict[str, Part], list[str]]:
    """Return the settings of two networks and the names of those that differ; no settings where the XML is the same."""
    # Nearly all of many networks are as they should be, and this is by far the cheapest way to see it.
    if dump(one) == dump(other):
        return {}, {}, []
    before, after = parts(one), parts(other)
    return before, after, changed(before, after)


def changed(before: Mapping[str, Part], after: Mapping[str, Part]) -> list[str]:
    """Return the names of the settings that differ, sorted."""
    names = {*before, *after}
    return sorted(name for name in names if _xml(before, name) != _xml(after, name))


def shown(of: Mapping[str, Part], names: list[str]) -> dict[str, str]:
    """Return the XML of the settings called names, as far as there are such."""
    return {name: of[name].xml for name in names if name in of}


def _xml(of: Mapping[str, Part], name: str) -> str:
    return of[name].xml if name in of else ""


def _at(ip: _Element) -> str:
    address = ip.get("address")
    return "without address" if address is None else f"{plain_address(address)}/{prefix_length(ip)}"


def _taken_apart(child: _Element, order: Mapping[str, int]) -> Iterator[tuple[str, Part]]:
    if child.tag == "ip":
        yield from _split(child, f"ip {_at(child)}", "ip", order[_at(child)])
    elif child.tag in ("forward", "dns"):
        yield from _split(child, child.tag, child.tag, -1)
    elif child.tag == "portgroup":
        yield f"portgroup {child.get('name')}", Part(text_of(child), SECTIONS["portgroup"])
    elif child.tag == "route":
        yield f"route {_at(child)} via {child.get('gateway')}", Part(text_of(child))
    elif child.tag == "metadata":
        for entry in child:
            yield f"{METADATA}{entry.tag}", Part(letters_of(entry))
    elif child.tag == "mac":
        # Not "mac", which would read as if it were somebody's.
        yield "bridge mac", Part(text_of(child))
    else:
        yield child.tag.replace("{", "").replace("}", " "), Part(text_of(child))


def _split(element: _Element, name: str, path: str, index: int) -> Iterator[tuple[str, Part]]:
    """Yield what stands in element and has a section or a list of its own, then the rest as one setting."""
    rest = deepcopy(element)
    for where in ("interface", "dhcp/range", "dhcp/host", "forwarder", "host", "txt", "srv"):
        for inner in list(rest.iterfind(where)):
            section = SECTIONS.get(f"{path}/{where}", "")
            yield f"{name} {where.replace('/', ' ')} {_key(inner)}", Part(text_of(inner), section, index)
            parent = inner.getparent()
            if parent is not None:
                parent.remove(inner)
    for dhcp in rest.findall("dhcp"):
        if not len(dhcp):
            rest.remove(dhcp)
    # <dns> says nothing by itself.
    if rest.attrib or len(rest):
        yield name, Part(text_of(rest), ip_index=index)


def _key(inner: _Element) -> str:
    """Return what tells inner from its neighbours."""
    if inner.tag == "host" and len(inner) and inner.find("hostname") is not None:
        return inner.get("ip", "")
    if inner.tag == "host":
        return inner.get("mac") or inner.get("id") or inner.get("name") or inner.get("ip", "")
    if inner.tag == "range":
        return f"{inner.get('start')}-{inner.get('end')}"
    return " ".join(value for _name, value in sorted(inner.attrib.items()))

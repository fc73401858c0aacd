# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Edit the <driver> of a domain's interfaces, and cut out one interface to be attached again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Iterable, Mapping, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import SIDES, Interface, read
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import etree, parse_whole

if TYPE_CHECKING:
    from lxml.etree import _Element

Driver = Mapping[str, Optional[str]]
INTERFACES = "devices/interface"
# What libvirt itself adds to the <source> of a network's interface while it is attached.
_OF_THE_MOMENT = ("portid", "bridge", "dev", "mode")


def edit_driver(text: str, nics: Iterable[Interface], wanted: Driver) -> str:
    """Return a domain's XML with what is wanted of <driver> set for these NICs of it, what is None taken away.

    wanted has keys as those of Interface.driver. A <driver> that has nothing left to say goes. Everything else stays,
    comments and CDATA in <metadata> included.
    """
    root, meant = parse_whole(text), list(nics)
    for element in root.iterfind("devices/interface"):
        if any(_is(element, nic) for nic in meant):
            _write(element, wanted)
    return etree.tostring(root, encoding="unicode")


def replace_interfaces(text: str, meant: Mapping[str, _Element], edit: Callable[[_Element], _Element]) -> str:
    """Return a domain's XML with the interfaces of these MAC addresses and places replaced by what edit makes of them.

    meant has the interfaces by the NIC's key, as they are in text. Everything else stays.
    """
    root = parse_whole(text)
    for element in list(root.iterfind(INTERFACES)):
        for old in meant.values():
            if same_nic(element, old):
                new = edit(old)
                new.tail = element.tail
                element.getparent().replace(element, new)
                break
    return etree.tostring(root, encoding="unicode")


def same_nic(one: _Element, other: _Element) -> bool:
    """Whether two <interface> are of one NIC: by MAC address, and where twins share that by their place."""
    left, right = read(one), read(other)
    apart = left.address is not None and right.address is not None and left.address != right.address
    return left.mac == right.mac and not apart


def interface_xml(text: str, nic: Interface, wanted: Driver) -> str:
    """Return this NIC of a running domain's XML as it can be attached, with what is wanted of <driver> set.

    Raises LabError when there is none. The PCI address stays, and so do alias and target, of which libvirt heeds those
    it has not made up itself.
    """
    elements = parse_whole(text).iterfind("devices/interface")
    element = next((found for found in elements if _is(found, nic)), None)
    if element is None:
        raise LabError(f"interface {nic.key} is not in the running guest")
    source = element.find("source")
    if source is not None and source.get("network"):
        element.set("type", "network")  # libvirt shows what the network resolved to
        for name in _OF_THE_MOMENT:
            source.attrib.pop(name, None)
    _write(element, wanted)
    element.tail = None
    return etree.tostring(element, encoding="unicode")


def _is(element: _Element, nic: Interface) -> bool:
    found = read(element)
    return found.mac == nic.mac and (not nic.twin or found._replace(twin=True).at == nic.at)


def _write(interface: _Element, wanted: Driver) -> None:
    driver = interface.find("driver")
    if driver is None and not wanted:
        return
    if driver is None:
        driver = interface.makeelement("driver", {})
        interface.find("model").addnext(driver)
    for key, value in wanted.items():
        side, dot, name = key.partition(".")
        _set(_child(driver, side) if dot else driver, name or side, value)
    for side in SIDES:
        child = driver.find(side)
        if child is not None and not child.attrib:
            driver.remove(child)
    if not driver.attrib and not len(driver):
        interface.remove(driver)


def _set(element: _Element, name: str, value: Optional[str]) -> None:
    if value is None:
        element.attrib.pop(name, None)
    else:
        element.set(name, value)


def _child(driver: _Element, side: str) -> _Element:
    found = driver.find(side)
    return etree.SubElement(driver, side) if found is None else found

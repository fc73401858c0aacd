# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a guest's port is like: <virtualport>, <vlan>, <bandwidth>, and <portgroup>, which has them by name. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._element import add, remove, yes_no

if TYPE_CHECKING:
    from lxml.etree import _Element


def set_virtualport(holder: _Element, asked: Optional[Mapping[str, Any]]) -> None:
    """Write the option virtualport as a whole; {} takes it away."""
    if asked is None:
        return
    remove(holder, "virtualport")
    if asked:
        element = add(holder, "virtualport", {"type": asked.get("type")})
        if asked.get("parameters"):
            add(element, "parameters", asked["parameters"])


def set_vlan(holder: _Element, asked: Optional[Mapping[str, Any]]) -> None:
    """Write the option vlan as a whole; {} takes it away."""
    if asked is None:
        return
    remove(holder, "vlan")
    if asked.get("tags"):
        # In XML a VLAN that is no trunk has no word for it.
        element = add(holder, "vlan", {"trunk": "yes" if asked.get("trunk") else None})
        for tag in asked["tags"]:
            add(element, "tag", {"id": tag["id"], "nativeMode": tag.get("native_mode")})


def set_bandwidth(holder: _Element, asked: Optional[Mapping[str, Any]]) -> None:
    """Write the option bandwidth as a whole; {} takes it away."""
    if asked is None:
        return
    remove(holder, "bandwidth")
    if asked:
        element = add(holder, "bandwidth")
        for direction in ("inbound", "outbound"):
            if asked.get(direction):
                add(element, direction, asked[direction])


def set_portgroups(root: _Element, asked: Optional[Sequence[Mapping[str, Any]]]) -> None:
    """Write the option portgroups: all groups there are; what an entry leaves out stays as it is."""
    if asked is None:
        return
    names = [group["name"] for group in asked]
    there = {}
    for element in root.findall("portgroup"):
        there[element.get("name")] = element
        if element.get("name") not in names:
            root.remove(element)
    for group in asked:
        element = there.get(group["name"])
        if element is None:
            element = add(root, "portgroup", {"name": group["name"]})
        yes_no(element, "default", group.get("default"))
        yes_no(element, "trustGuestRxFilters", group.get("trust_guest_rx_filters"))
        set_virtualport(element, group.get("virtualport"))
        set_vlan(element, group.get("vlan"))
        set_bandwidth(element, group.get("bandwidth"))

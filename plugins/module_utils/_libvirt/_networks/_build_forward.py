# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""<forward>: how guests reach the outside. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._element import (
    add,
    child_of,
    remove,
    yes_no,
)
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._model import VIRTUAL
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._values import pci_attributes

if TYPE_CHECKING:
    from lxml.etree import _Element


def mode_of(root: _Element) -> str:
    """Return the network's forward mode; isolated is the one that XML has no word for."""
    forward = root.find("forward")
    return "isolated" if forward is None else forward.get("mode", "nat")


def set_forward(root: _Element, options: Mapping[str, Any]) -> None:
    """Write the options mode and forward into root."""
    before = mode_of(root)
    mode, asked = options.get("mode", before), options.get("forward", {})
    if mode != before:
        _change_mode(root, before, mode)
    forward = root.find("forward")
    if forward is None:
        return
    yes_no(forward, "managed", asked.get("managed"))
    if "driver" in asked:
        child_of(forward, "driver").set("name", asked["driver"])
    _set_devices(forward, asked)
    if "nat" in asked:
        _set_nat(child_of(forward, "nat"), asked["nat"])


def _change_mode(root: _Element, before: str, mode: str) -> None:
    if (before in VIRTUAL) != (mode in VIRTUAL):
        # libvirt's own bridge and the host's bridge are told by the same element.
        remove(root, "bridge", "mac")
    forward = root.find("forward")
    if forward is not None and before in VIRTUAL and mode in VIRTUAL and mode != "isolated":
        # By which link traffic leaves has nothing to do with how.
        forward.set("mode", mode)
        remove(forward, "nat")
        if mode == "open":
            # libvirt refuses it there: an open network's traffic may leave by any link.
            forward.attrib.pop("dev", None)
            remove(forward, "interface")
        return
    remove(root, "forward")
    if mode != "isolated":
        add(root, "forward", {"mode": mode})


def _set_devices(forward: _Element, asked: Mapping[str, Any]) -> None:
    if {"interfaces", "pf", "addresses"} & set(asked):
        # The three exclude one another, and what a function lists of a PF is libvirt's.
        forward.attrib.pop("dev", None)
        remove(forward, "interface", "pf", "address")
    for dev in asked.get("interfaces", ()):
        add(forward, "interface", {"dev": dev})
    if asked.get("pf"):
        add(forward, "pf", {"dev": asked["pf"]})
    for address in asked.get("addresses", ()):
        add(forward, "address", pci_attributes(address.lower()))


def _set_nat(nat: _Element, asked: Mapping[str, Any]) -> None:
    yes_no(nat, "ipv6", asked.get("ipv6"))
    for tag in ("address", "port"):
        if tag in asked:
            remove(nat, tag)
            if asked[tag]:
                add(nat, tag, asked[tag])

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which NICs of a running domain cannot be hot-plugged, and why: known from its XML, before anything is tried.

What QEMU answers to device_add on each kind of bus, with ACPI and without, was tried with QEMU 7.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import Interface, interfaces, told_apart

if TYPE_CHECKING:
    from lxml.etree import _Element

# PCI Express roots and those that expanders add are fixed; behind a DMI bridge only its pci-bridges are not.
_FIXED_BUSES = ("pcie-root", "pcie-expander-bus", "pci-expander-bus", "dmi-to-pci-bridge")
# The 440FX takes and gives its devices by ACPI alone; bridges and ports have controllers of their own for that.
_PC = ("x86_64", "i686")
_PLUGGABLE = ("pci", "ccw")


def fixed_nics(root: _Element, stored: Sequence[Interface] = ()) -> dict[str, str]:
    """Return by key why the NICs cannot be taken out of the running domain of this XML; {} where all can.

    stored are its NICs in the other description, with which they are told apart.
    """
    nics, _stored = told_apart(interfaces(root), list(stored))
    reasons = {nic.key: _reason(root, element) for nic, element in zip(nics, root.iterfind("devices/interface"))}
    return {key: reason for key, reason in reasons.items() if reason}


def _reason(root: _Element, nic: _Element) -> Optional[str]:
    address = nic.find("address")
    kind = None if address is None else address.get("type")
    if kind not in _PLUGGABLE:
        return f"its address is of type {kind or 'none'}, and only PCI and CCW devices can be hot-plugged"
    if address is None or kind != "pci":
        return None
    return _bus(root, address) or _slot(root, address)


def _bus(root: _Element, address: _Element) -> Optional[str]:
    bus = _number(address, "bus")
    controllers = (one for one in root.iterfind("devices/controller[@type='pci']") if int(one.get("index", "0")) == bus)
    controller = next(controllers, None)
    if controller is None:
        return None
    model, target = controller.get("model"), controller.find("target")
    if target is not None and target.get("hotplug") == "off":
        return f"its bus {bus} ({model}) was given hotplug='off'"
    if model in _FIXED_BUSES:
        return f"its bus {bus} ({model}) cannot be unplugged from"
    architecture = root.find("os/type")
    is_pc = architecture is not None and architecture.get("arch") in _PC
    if model == "pci-root" and is_pc and root.find("features/acpi") is None:
        return f"its bus {bus} (pci-root) hot-plugs by ACPI, which the domain does not have (<features><acpi/>)"
    return None


def _slot(root: _Element, address: _Element) -> Optional[str]:
    """Only a whole slot can be unplugged, and only a device at function 0 can be plugged in."""
    place = [_number(address, key) for key in ("domain", "bus", "slot")]
    sharing = [
        one
        for one in root.iterfind("devices//address[@type='pci']")
        if one.getparent().tag != "source" and [_number(one, key) for key in ("domain", "bus", "slot")] == place
    ]
    if _number(address, "function") or len(sharing) > 1:
        return "it shares its PCI slot with other functions"
    return None


def _number(address: _Element, key: str) -> int:
    return int(address.get(key, "0"), 16)

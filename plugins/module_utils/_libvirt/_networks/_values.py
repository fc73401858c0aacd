# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values that libvirt's network XML spells in more than one way."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, ip_address
from typing import TYPE_CHECKING, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError

if TYPE_CHECKING:
    from lxml.etree import _Element

UNIT_S = {"seconds": 1, "minutes": 60, "hours": 3600}


def lease_s(lease: _Element) -> int:
    """Return how long a <lease> is, in seconds; 0 never ends. libvirt counts in minutes where no unit is given."""
    expiry, unit = lease.get("expiry", ""), lease.get("unit", "minutes")
    if not expiry.isdigit() or unit not in UNIT_S:
        raise LabError(f"a lease of {expiry!r} {unit}: a whole number of seconds, minutes or hours is right")
    return int(expiry) * UNIT_S[unit]


def prefix_length(element: _Element) -> int:
    """Return the prefix length of an <ip> or <route>, given as prefix, as netmask, or left to the address's class."""
    netmask, prefix, address = element.get("netmask"), element.get("prefix"), element.get("address", "")
    try:
        if netmask is not None:
            return IPv4Network(f"0.0.0.0/{netmask}").prefixlen
        # libvirt takes a prefix of 0 for none.
        if prefix is not None and int(prefix) != 0:
            return int(prefix)
        parsed = ip_address(address)
    except ValueError as error:
        raise LabError(f"<{element.tag} address={address!r}>: {error}") from error
    if parsed.version == 6:
        return 64
    # virSocketAddrGetIPPrefix() of libvirt
    first = parsed.packed[0]
    return 8 if first < 128 else 16 if first < 192 else 24


def of_ipv6(ip: Optional[_Element]) -> bool:
    """Tell whether an <ip> is of IPv6."""
    return ip is not None and ip.get("family") == "ipv6"


def chosen_by_libvirt(asked: Optional[str], name: Optional[str] = None) -> bool:
    """Tell whether libvirt chooses the name of its bridge, for none or one with %d in it; whether name can be it."""
    if asked is not None and "%d" not in asked:
        return False
    pattern = re.escape(asked or "%d").replace("%d", r"\d+")
    return name is None or asked is None or re.fullmatch(pattern, name) is not None


def pci(address: _Element) -> str:
    """Return the PCI address of an <address> as 0000:03:10.1."""
    try:
        domain, bus, slot, function = (int(address.get(part, "0"), 0) for part in ("domain", "bus", "slot", "function"))
    except ValueError as error:
        raise LabError(f"a PCI address in <forward>: {error}") from error
    return f"{domain:04x}:{bus:02x}:{slot:02x}.{function:x}"


def pci_attributes(text: str) -> dict[str, str]:
    """Return the attributes of the <address> that stands for a PCI address such as 0000:03:10.1."""
    domain, bus, slot, function = re.split("[:.]", text)
    return {"type": "pci", "domain": f"0x{domain}", "bus": f"0x{bus}", "slot": f"0x{slot}", "function": f"0x{function}"}

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The largest MTU of a link, as its parent or its mode bounds it; a new link on a parent has just that."""

from __future__ import annotations

from typing import Any, Mapping, Optional

from ansible_collections.virtio.lab.plugins.module_utils._links._address import is_ipv6
from ansible_collections.virtio.lab.plugins.module_utils._links._kinds import KINDS
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Link

SMALLEST = 68  # ETH_MIN_MTU of include/uapi/linux/if_ether.h
OF_TAP = 65521  # 65535 less the Ethernet header
IPV4_VXLAN, IPV6_VXLAN = 50, 70  # vxlan_headroom of include/net/vxlan.h: IP, UDP, VXLAN and Ethernet headers
OF_TAG = 4  # what a VLAN leaves of a parent that has no room beside its MTU (netif_reduces_vlan_mtu)


def largest(kind: str, attributes: Mapping[str, Any], parent: Optional[Link]) -> Optional[int]:
    """None where nothing bounds it that is known here."""
    if kind == "tun":
        return OF_TAP if attributes.get("mode") == "tap" else 65535
    if parent is None or not parent.mtu:
        return None
    if kind == "vxlan":
        return max(parent.mtu - vxlan_room(attributes), SMALLEST)
    if kind == "vlan" and parent.kind == "macsec":
        return parent.mtu - OF_TAG
    return parent.mtu if kind in ("vlan", "macvlan", "macvtap") else None


def of_new(kind: str, attributes: Mapping[str, Any], parent: Optional[Link]) -> Optional[int]:
    """What the kernel gives a new link; None where it depends on what is not known."""
    if kind == "vxlan" and not attributes.get("parent"):
        return 1500
    return KINDS[kind].mtu or largest(kind, attributes, parent)


def vxlan_room(attributes: Mapping[str, Any]) -> int:
    """What VXLAN puts around a packet, by the family of its endpoints."""
    return IPV6_VXLAN if vxlan_is_ipv6(attributes) else IPV4_VXLAN


def vxlan_is_ipv6(attributes: Mapping[str, Any]) -> bool:
    """One end tells; IPv4 where none is given."""
    return any(is_ipv6(attributes.get(end) or "") for end in ("remote", "local"))


def why(kind: str, attributes: Mapping[str, Any], parent: Link, limit: int) -> str:
    """The bound in words."""
    if kind == "vxlan":
        family = "IPv6" if vxlan_is_ipv6(attributes) else "IPv4"
        return f"the {limit} that the {parent.mtu} of its parent {parent.name} leaves to VXLAN over {family}"
    return f"the {limit} of its parent {parent.name}"

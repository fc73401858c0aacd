# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the kernel would refuse when it makes a link, refused before anything is changed."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any, Mapping

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._address import is_ipv6
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Link, Wish
from ansible_collections.virtio.lab.plugins.module_utils._links._mtu import vxlan_is_ipv6
from ansible_collections.virtio.lab.plugins.module_utils._links._world import World

MACVLANS = ("macvlan", "macvtap")


def check_makeable(wish: Wish, made: Link, world: World) -> None:
    """Raises LabError where there is something in the world that a link such as `made` cannot be made beside."""
    parent = world.get((wish.netns, made.attributes.get("parent") or ""))
    if made.kind in MACVLANS and parent is not None:
        _check_macvlan(wish, made, parent, world)
    elif made.kind == "vlan" and parent is not None:
        _check_vlan(wish, made, parent, world)
    elif made.kind == "vxlan":
        _check_vxlan(wish, made, world)


def check_endpoints(what: str, attributes: Mapping[str, Any]) -> None:
    """Raises LabError where the ends of a VXLAN do not fit each other."""
    remote, local = attributes.get("remote"), attributes.get("local")
    if remote and local and is_ipv6(remote) != is_ipv6(local):
        raise LabError(f"{what}: remote {remote} and local {local} are of different IP versions; give both of one")
    if local and ip_address(local).is_multicast:
        raise LabError(f"{what}: local {local} is a multicast group; give an address of this host")
    if remote and ip_address(remote).is_multicast and not attributes.get("parent"):
        raise LabError(f"{what}: remote {remote} is a multicast group, which needs a parent; name the link to send by")


def check_port(wish: Wish, link: Link, world: World) -> None:
    """Raises LabError where a link cannot become port of a bridge."""
    if not is_ethernet(link):
        raise LabError(f"{wish.label} has no Ethernet headers, so it cannot be a port of bridge {wish.master}")
    if link.kind == "bridge":
        raise LabError(
            f"{wish.label} is a bridge, which cannot be a port of bridge {wish.master}; use a veth between them"
        )
    on_top = [user.name for user in world.users(wish.key) if user.kind in MACVLANS]
    if on_top:
        raise LabError(
            f"{wish.label} cannot be a port of bridge {wish.master} while {', '.join(on_top)} is on top of it; "
            "take that away first, or put it on the bridge"
        )


def is_ethernet(link: Link) -> bool:
    """Whether it has Ethernet headers. One that is yet to be made (its index is 0) has, unless it is a TUN device."""
    return link.attributes.get("mode") != "tun" and not (link.index and link.mac is None)


def _check_macvlan(wish: Wish, made: Link, parent: Link, world: World) -> None:
    if not is_ethernet(parent):
        raise LabError(
            f"{wish.label} cannot be on top of {parent.name}, which has no Ethernet headers; use another parent"
        )
    others = [user for user in world.users((wish.netns, parent.name)) if user.kind in MACVLANS]
    alone = next((other.name for other in others if other.attributes.get("mode") == "passthru"), None)
    if alone or (others and made.attributes.get("mode") == "passthru"):
        raise LabError(
            f"{wish.label} cannot be on top of {parent.name} beside {alone or others[0].name}: one of mode passthru is "
            "alone there; use another mode or another parent"
        )
    master = world.get((wish.netns, parent.master)) if parent.master else None
    if master is not None and master.kind != "vrf":  # which alone takes no hold of its ports' packets
        raise LabError(
            f"{wish.label} cannot be on top of {parent.name}, which is a port of {parent.master}; "
            f"put it on {parent.master}, or use another parent"
        )


def _check_vlan(wish: Wish, made: Link, parent: Link, world: World) -> None:
    if parent.name == "lo":  # the one link that tells the kernel so (NETIF_F_VLAN_CHALLENGED)
        raise LabError(f"{wish.label} cannot be on top of lo, which takes no VLANs; use another parent")
    tag = ("id", "protocol")
    for user in world.users((wish.netns, parent.name)):
        if user.kind == "vlan" and all(user.attributes.get(name) == made.attributes[name] for name in tag):
            raise LabError(
                f"{wish.label}: VLAN {made.attributes['id']} of {parent.name} is {user.name}; give another id"
            )


def _check_vxlan(wish: Wish, made: Link, world: World) -> None:
    """The kernel tells VXLANs apart by network identifier, port, and IP version (vxlan_config_validate)."""
    for other in world.of(wish.netns):
        same = other.kind == "vxlan" and all(
            other.attributes.get(name) == made.attributes[name] for name in ("id", "dstport")
        )
        if same and vxlan_is_ipv6(other.attributes) == vxlan_is_ipv6(made.attributes):
            raise LabError(
                f"{wish.label}: {other.name} has id {made.attributes['id']} at port {made.attributes['dstport']} "
                "already; give another id or dstport"
            )

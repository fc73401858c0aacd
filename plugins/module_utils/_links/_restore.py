# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a link had before it was made anew, and is to have again, as far as it fits the new one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Mapping, Optional

from ansible_collections.virtio.lab.plugins.module_utils._links._address import is_ipv6, is_link_local
from ansible_collections.virtio.lab.plugins.module_utils._links._kinds import PORT
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Link, Wish
from ansible_collections.virtio.lab.plugins.module_utils._links._mtu import largest, of_new
from ansible_collections.virtio.lab.plugins.module_utils._links._world import World


def over(wish: Wish, link: Link, world: World) -> Wish:
    """The wish with what the user left open taken from the link, so that making it anew loses nothing."""
    attributes = {**{name: value for name, value in link.attributes.items() if value is not None}, **wish.attributes}
    kept: dict[str, Any] = {"attributes": attributes, "kind": link.kind}
    if wish.addresses is None:
        kept["addresses"] = _own(link)
        kept["lifetimes"] = link.lifetimes
    if "tun" not in (attributes.get("mode"), link.attributes.get("mode")):
        kept["mac"] = wish.mac or _mac(replace(wish, **kept), link, world)
        kept["master"] = _master(wish, link, world) if wish.master is None else wish.master
    kept["mtu"] = wish.mtu or _mtu(replace(wish, **kept), link, world)
    if kept.get("master") and kept["master"] == link.master:
        kept.update(_port(wish, link, world))
    if wish.fdb is None and kept.get("master", "") == link.master:
        kept["fdb"] = link.fdb
    if wish.state == "present" and link.up:
        kept["state"] = "up"
    return replace(wish, **kept)


def again(wish: Wish, lost: Link, link: Optional[Link], world: World) -> Wish:
    """The wish with what a link of its name has lost and not got back; what it has now is not taken from it."""
    if wish.state == "absent" or wish.kind not in (None, lost.kind):
        return wish
    if link is None:
        return over(wish, lost, world)
    if link.kind != lost.kind:
        return wish
    back: dict[str, Any] = {}
    missing = tuple(address for address in _own(lost) if address not in link.addresses)
    if wish.addresses is None and missing:
        back.update(addresses=(*link.addresses, *missing), lifetimes=lost.lifetimes)
    if wish.mac is None and lost.mac != link.mac:
        back["mac"] = _mac(wish, lost, world)
    attributes = {**link.attributes, **wish.attributes}
    if wish.mtu is None and link.mtu == of_new(link.kind, attributes, _parent(wish.netns, attributes, world)):
        back["mtu"] = _mtu(replace(wish, attributes=attributes), lost, world)
    master = (link.master or _master(wish, lost, world)) if wish.master is None else wish.master
    if wish.master is None and master != link.master:
        back["master"] = master
    if master and master == lost.master:
        back.update(_port(wish, lost, world))
    if wish.fdb is None and (master or "") == lost.master:
        back["fdb"] = lost.fdb
    if wish.state == "present" and lost.up and not link.up:
        back["state"] = "up"
    return replace(wish, **back)


def _own(link: Link) -> tuple[str, ...]:
    """The addresses that somebody gave the link: neither the kernel's link-local ones nor those that a router tells."""
    return tuple(
        address
        for address in link.addresses
        if not is_link_local(address) and not (is_ipv6(address) and address in link.lifetimes)
    )


def _mtu(wish: Wish, link: Link, world: World) -> Optional[int]:
    """The link's MTU where the new one can have it; otherwise the kernel's choice, which is as near as can be."""
    limit = largest(link.kind, wish.attributes, _parent(wish.netns, wish.attributes, world))
    return link.mtu if limit is None or not link.mtu or link.mtu <= limit else None


def _mac(wish: Wish, link: Link, world: World) -> Optional[str]:
    """The link's MAC address, unless it is not its own: a VLAN has its parent's, and so has a macvlan of mode passthru.

    Given to one of mode passthru it would become the parent's; of another mode none may have the parent's.
    """
    if link.kind in ("macvlan", "macvtap") and "passthru" in (link.attributes.get("mode"), wish.attributes.get("mode")):
        return None
    parent = _parent(wish.netns, link.attributes, world)
    inherited = link.kind == "vlan" and parent is not None and parent.mac == link.mac
    return None if inherited else link.mac


def _master(wish: Wish, link: Link, world: World) -> str:
    """What the link is a port of, as far as that is still there."""
    return link.master if link.master and world.get((wish.netns, link.master)) is not None else ""


def _parent(netns: str, attributes: Mapping[str, Any], world: World) -> Optional[Link]:
    return world.get((netns, attributes.get("parent") or ""))


def _port(wish: Wish, link: Link, world: World) -> dict[str, Any]:
    """What the link is like as a port, less what a new port is like: a cost that is set no longer follows the speed."""
    usual = {**{name: each.default for name, each in PORT.items()}, "cost": _usual_cost(wish.netns, link, world)}
    kept = {name: value for name, value in link.port.items() if value not in (None, usual[name])}
    return {"port": {**kept, **wish.port}, "vlans": link.vlans if wish.vlans is None else wish.vlans}


def _usual_cost(netns: str, link: Link, world: World) -> Optional[int]:
    """The cost that the kernel gives a port by its speed (port_cost of net/bridge/br_if.c), as far as that is known."""
    parent = _parent(netns, link.attributes, world)
    if link.attributes.get("parent"):
        return _usual_cost(netns, parent, world) if parent is not None else None
    return {"veth": 2, "tun": 100, "vxlan": 100, "dummy": 100}.get(link.kind)

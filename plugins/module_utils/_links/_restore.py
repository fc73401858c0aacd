# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a link had before it was made anew, and is to have again, as far as it fits the new one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Mapping, Optional

from ansible_collections.virtio.lab.plugins.module_utils._links._address import is_ipv6, is_link_local
from ansible_collections.virtio.lab.plugins.module_utils._links._kinds import PORT
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Link, Want
from ansible_collections.virtio.lab.plugins.module_utils._links._mtu import largest, of_new
from ansible_collections.virtio.lab.plugins.module_utils._links._world import World


def over(want: Want, link: Link, world: World) -> Want:
    """The want with what the user left open taken from the link, so that making it anew loses nothing."""
    attributes = {**{name: value for name, value in link.attributes.items() if value is not None}, **want.attributes}
    kept: dict[str, Any] = {"attributes": attributes, "kind": link.kind}
    if want.addresses is None:
        kept["addresses"] = _own(link)
        kept["lifetimes"] = link.lifetimes
    if "tun" not in (attributes.get("mode"), link.attributes.get("mode")):
        kept["mac"] = want.mac or _mac(replace(want, **kept), link, world)
        kept["master"] = _master(want, link, world) if want.master is None else want.master
    kept["mtu"] = want.mtu or _mtu(replace(want, **kept), link, world)
    if kept.get("master") and kept["master"] == link.master:
        kept.update(_port(want, link, world))
    if want.fdb is None and kept.get("master", "") == link.master:
        kept["fdb"] = link.fdb
    if want.state == "present" and link.up:
        kept["state"] = "up"
    return replace(want, **kept)


def again(want: Want, lost: Link, link: Optional[Link], world: World) -> Want:
    """The want with what a link of its name has lost and not got back; what it has now is not taken from it."""
    if want.state == "absent" or want.kind not in (None, lost.kind):
        return want
    if link is None:
        return over(want, lost, world)
    if link.kind != lost.kind:
        return want
    back: dict[str, Any] = {}
    missing = tuple(address for address in _own(lost) if address not in link.addresses)
    if want.addresses is None and missing:
        back.update(addresses=(*link.addresses, *missing), lifetimes=lost.lifetimes)
    if want.mac is None and lost.mac != link.mac:
        back["mac"] = _mac(want, lost, world)
    attributes = {**link.attributes, **want.attributes}
    if want.mtu is None and link.mtu == of_new(link.kind, attributes, _parent(want.netns, attributes, world)):
        back["mtu"] = _mtu(replace(want, attributes=attributes), lost, world)
    master = (link.master or _master(want, lost, world)) if want.master is None else want.master
    if want.master is None and master != link.master:
        back["master"] = master
    if master and master == lost.master:
        back.update(_port(want, lost, world))
    if want.fdb is None and (master or "") == lost.master:
        back["fdb"] = lost.fdb
    if want.state == "present" and lost.up and not link.up:
        back["state"] = "up"
    return replace(want, **back)


def _own(link: Link) -> tuple[str, ...]:
    """The addresses that somebody gave the link: neither the kernel's link-local ones nor those that a router tells."""
    return tuple(
        address
        for address in link.addresses
        if not is_link_local(address) and not (is_ipv6(address) and address in link.lifetimes)
    )


def _mtu(want: Want, link: Link, world: World) -> Optional[int]:
    """The link's MTU where the new one can have it; otherwise the kernel's choice, which is as near as can be."""
    limit = largest(link.kind, want.attributes, _parent(want.netns, want.attributes, world))
    return link.mtu if limit is None or not link.mtu or link.mtu <= limit else None


def _mac(want: Want, link: Link, world: World) -> Optional[str]:
    """The link's MAC address, unless it is not its own: a VLAN has its parent's, and so has a macvlan of mode passthru.

    Given to one of mode passthru it would become the parent's; of another mode none may have the parent's.
    """
    if link.kind in ("macvlan", "macvtap") and "passthru" in (link.attributes.get("mode"), want.attributes.get("mode")):
        return None
    parent = _parent(want.netns, link.attributes, world)
    inherited = link.kind == "vlan" and parent is not None and parent.mac == link.mac
    return None if inherited else link.mac


def _master(want: Want, link: Link, world: World) -> str:
    """What the link is a port of, as far as that is still there."""
    return link.master if link.master and world.get((want.netns, link.master)) is not None else ""


def _parent(netns: str, attributes: Mapping[str, Any], world: World) -> Optional[Link]:
    return world.get((netns, attributes.get("parent") or ""))


def _port(want: Want, link: Link, world: World) -> dict[str, Any]:
    """What the link is like as a port, less what a new port is like: a cost that is set no longer follows the speed."""
    usual = {**{name: each.default for name, each in PORT.items()}, "cost": _usual_cost(want.netns, link, world)}
    kept = {name: value for name, value in link.port.items() if value not in (None, usual[name])}
    return {"port": {**kept, **want.port}, "vlans": link.vlans if want.vlans is None else want.vlans}


def _usual_cost(netns: str, link: Link, world: World) -> Optional[int]:
    """The cost that the kernel gives a port by its speed (port_cost of net/bridge/br_if.c), as far as that is known."""
    parent = _parent(netns, link.attributes, world)
    if link.attributes.get("parent"):
        return _usual_cost(netns, parent, world) if parent is not None else None
    return {"veth": 2, "tun": 100, "vxlan": 100, "dummy": 100}.get(link.kind)

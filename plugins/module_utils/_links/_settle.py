# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that an existing link can be given while it lives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Iterator, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._links._address import dependent, is_ipv6, surplus, told
from ansible_collections.virtio.lab.plugins.module_utils._links._change import Change
from ansible_collections.virtio.lab.plugins.module_utils._links._kinds import KINDS
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Action, Link, Wish
from ansible_collections.virtio.lab.plugins.module_utils._links._port import (
    bridge_actions,
    fdb_shown,
    port_actions,
    vlans_shown,
)
from ansible_collections.virtio.lab.plugins.module_utils._links._tun_owner import owner_actions
from ansible_collections.virtio.lab.plugins.module_utils._links._world import World


def settle(wish: Wish, link: Link, world: World) -> list[Action]:
    """Down comes first, because the kernel drops the IPv6 addresses of a link that goes down; up comes last."""
    present = list(link.addresses)
    actions: list[Action] = []
    if wish.state == "down" and link.up:
        actions.append(_set(wish, ("down",), "state", "up", "down"))
        present = [address for address in present if not is_ipv6(address)]
    gone, come = _addresses(wish, link, present)
    actions += gone
    if wish.mtu not in (None, link.mtu):
        actions.append(_set(wish, ("mtu", str(wish.mtu)), "mtu", link.mtu, wish.mtu))
    if wish.mac not in (None, link.mac):
        actions.append(_set(wish, ("address", str(wish.mac)), "mac", link.mac, wish.mac))
    actions += _attributes(wish, link)
    port = link
    if wish.master not in (None, link.master):
        words = ("master", str(wish.master)) if wish.master else ("nomaster",)
        port = joined(link, str(wish.master), wish.netns, world)
        action = _set(wish, words, "master", link.master, wish.master)
        actions.append(replace(action, changes=(*action.changes, *_lost(wish, link, port))))
    actions += port_actions(wish, port)
    actions += bridge_actions(wish, port)
    actions += come
    if wish.state == "up" and not link.up:
        actions.append(_set(wish, ("up",), "state", "down", "up"))
    return actions


def joined(link: Link, master: str, netns: str, world: World) -> Link:
    """The link as a new port of the bridge: with its default VLAN and no static entry."""
    bridge = world.get((netns, master)) if master else None
    vlans = {bridge.default_pvid: ("pvid", "untagged")} if bridge and bridge.default_pvid else {}
    return replace(link, master=master, port={}, vlans=vlans, fdb=tuple(entry for entry in link.fdb or () if entry.dst))


def _lost(wish: Wish, link: Link, port: Link) -> Iterator[Change]:
    """What another bridge means for what the user set of the port."""
    for name in wish.port:
        yield Change(f"port {name}", link.port.get(name), None)
    if wish.vlans is not None:
        yield Change("vlans", vlans_shown(link.vlans), vlans_shown(port.vlans))
    if wish.fdb is not None:
        yield Change("fdb", fdb_shown(link.fdb), fdb_shown(port.fdb))


def settled(wish: Wish, link: Link, world: World) -> Link:
    """The link as it is after the actions of `settle`, as far as other links depend on it."""
    if wish.master not in (None, link.master):
        link = joined(link, str(wish.master), wish.netns, world)
    return replace(
        link,
        up=link.up if wish.state == "present" else wish.state == "up",
        mtu=wish.mtu or link.mtu,
        attributes={**link.attributes, **wish.attributes},
    )


def different(wish: Wish, link: Link, held: bool = False) -> Iterator[str]:
    """The attributes of its kind in which the link differs so that it has to be made anew.

    held: whether a process has it open, which leaves no way to change its owner.
    """
    for name, value in wish.attributes.items():
        before = link.attributes.get(name, value)  # what the kernel does not tell now counts as right
        closed = held and name in ("owner", "group")
        if value != before and (closed or not KINDS[link.kind].attribute(name).live(before, value)):
            yield name


def _attributes(wish: Wish, link: Link) -> Iterator[Action]:
    """One line each, so that the account of a batch that stops is exact.

    The spanning tree is switched off before, and on after what only one of the two allows.
    """
    if link.kind == "tun":
        yield from owner_actions(wish, link)
        return
    changed = [name for name, value in wish.attributes.items() if value != link.attributes.get(name, value)]
    for name in sorted(changed, key=lambda name: name == "stp" and (1 if wish.attributes[name] else -1)):
        words = KINDS[link.kind].attribute(name).words(wish.attributes[name])
        yield _set(wish, ("type", link.kind, *words), name, link.attributes.get(name), wish.attributes[name])


def _set(wish: Wish, words: tuple[str, ...], attribute: str, before: Any, after: Any) -> Action:
    change = Change(attribute, before, after)
    return Action(wish.netns, wish.name, ("link", "set", "dev", wish.name, *words), (change,))


def _addresses(wish: Wish, link: Link, present: Sequence[str]) -> tuple[list[Action], list[Action]]:
    """The lines for the addresses that go, primary ones last, and for those that come or may have gone with one."""
    if wish.addresses is None:
        return [], []
    gone = list(surplus(wish.addresses, present))
    verbs = dict.fromkeys(dependent(present, gone), "replace")  # it is still there where the kernel promotes it
    come = [address for address in wish.addresses if address in verbs or address not in present]
    return (
        [_address(wish, "delete", address, link) for address in reversed(gone)],
        [_address(wish, verbs.get(address, "add"), address, link) for address in come],
    )


def _address(wish: Wish, verb: str, address: str, link: Link) -> Action:
    change = Change("addresses", told(link.addresses, wish.addresses), sorted(wish.addresses or ()))
    words: tuple[str, ...] = ("address", verb, address, "dev", wish.name)
    if verb != "delete" and address in wish.lifetimes:
        valid, preferred = wish.lifetimes[address]
        words += ("valid_lft", str(valid), "preferred_lft", str(preferred))
    return Action(wish.netns, wish.name, words, (change,))

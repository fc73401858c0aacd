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
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Action, Link, Want
from ansible_collections.virtio.lab.plugins.module_utils._links._port import (
    bridge_actions,
    fdb_shown,
    port_actions,
    vlans_shown,
)
from ansible_collections.virtio.lab.plugins.module_utils._links._tun_owner import owner_actions
from ansible_collections.virtio.lab.plugins.module_utils._links._world import World


def update(want: Want, link: Link, world: World) -> list[Action]:
    """Down comes first, because the kernel drops the IPv6 addresses of a link that goes down; up comes last."""
    present = list(link.addresses)
    actions: list[Action] = []
    if want.state == "down" and link.up:
        actions.append(_set(want, ("down",), "state", "up", "down"))
        present = [address for address in present if not is_ipv6(address)]
    gone, come = _addresses(want, link, present)
    actions += gone
    if want.mtu not in (None, link.mtu):
        actions.append(_set(want, ("mtu", str(want.mtu)), "mtu", link.mtu, want.mtu))
    if want.mac not in (None, link.mac):
        actions.append(_set(want, ("address", str(want.mac)), "mac", link.mac, want.mac))
    actions += _attributes(want, link)
    port = link
    if want.master not in (None, link.master):
        words = ("master", str(want.master)) if want.master else ("nomaster",)
        port = as_port(link, str(want.master), want.netns, world)
        action = _set(want, words, "master", link.master, want.master)
        actions.append(replace(action, changes=(*action.changes, *_lost(want, link, port))))
    actions += port_actions(want, port)
    actions += bridge_actions(want, port)
    actions += come
    if want.state == "up" and not link.up:
        actions.append(_set(want, ("up",), "state", "down", "up"))
    return actions


def as_port(link: Link, master: str, netns: str, world: World) -> Link:
    """The link as a new port of the bridge: with its default VLAN and no static entry."""
    bridge = world.get((netns, master)) if master else None
    vlans = {bridge.default_pvid: ("pvid", "untagged")} if bridge and bridge.default_pvid else {}
    return replace(link, master=master, port={}, vlans=vlans, fdb=tuple(entry for entry in link.fdb or () if entry.dst))


def _lost(want: Want, link: Link, port: Link) -> Iterator[Change]:
    """What another bridge means for what the user set of the port."""
    for name in want.port:
        yield Change(f"port {name}", link.port.get(name), None)
    if want.vlans is not None:
        yield Change("vlans", vlans_shown(link.vlans), vlans_shown(port.vlans))
    if want.fdb is not None:
        yield Change("fdb", fdb_shown(link.fdb), fdb_shown(port.fdb))


def updated(want: Want, link: Link, world: World) -> Link:
    """The link as it is after the actions of `update`, as far as other links depend on it."""
    if want.master not in (None, link.master):
        link = as_port(link, str(want.master), want.netns, world)
    return replace(
        link,
        up=link.up if want.state == "present" else want.state == "up",
        mtu=want.mtu or link.mtu,
        attributes={**link.attributes, **want.attributes},
    )


def different(want: Want, link: Link, held: bool = False) -> Iterator[str]:
    """The attributes of its kind in which the link differs so that it has to be made anew.

    held: whether a process has it open, which leaves no way to change its owner.
    """
    for name, value in want.attributes.items():
        before = link.attributes.get(name, value)  # what the kernel does not tell now counts as right
        closed = held and name in ("owner", "group")
        if value != before and (closed or not KINDS[link.kind].attribute(name).live(before, value)):
            yield name


def _attributes(want: Want, link: Link) -> Iterator[Action]:
    """One line each, so that the account of a batch that stops is exact.

    The spanning tree is switched off before, and on after what only one of the two allows.
    """
    if link.kind == "tun":
        yield from owner_actions(want, link)
        return
    changed = [name for name, value in want.attributes.items() if value != link.attributes.get(name, value)]
    for name in sorted(changed, key=lambda name: name == "stp" and (1 if want.attributes[name] else -1)):
        words = KINDS[link.kind].attribute(name).words(want.attributes[name])
        yield _set(want, ("type", link.kind, *words), name, link.attributes.get(name), want.attributes[name])


def _set(want: Want, words: tuple[str, ...], attribute: str, before: Any, after: Any) -> Action:
    change = Change(attribute, before, after)
    return Action(want.netns, want.name, ("link", "set", "dev", want.name, *words), (change,))


def _addresses(want: Want, link: Link, present: Sequence[str]) -> tuple[list[Action], list[Action]]:
    """The lines for the addresses that go, primary ones last, and for those that come or may have gone with one."""
    if want.addresses is None:
        return [], []
    gone = list(surplus(want.addresses, present))
    verbs = dict.fromkeys(dependent(present, gone), "replace")  # it is still there where the kernel promotes it
    come = [address for address in want.addresses if address in verbs or address not in present]
    return (
        [_address(want, "delete", address, link) for address in reversed(gone)],
        [_address(want, verbs.get(address, "add"), address, link) for address in come],
    )


def _address(want: Want, verb: str, address: str, link: Link) -> Action:
    change = Change("addresses", told(link.addresses, want.addresses), sorted(want.addresses or ()))
    words: tuple[str, ...] = ("address", verb, address, "dev", want.name)
    if verb != "delete" and address in want.lifetimes:
        valid, preferred = want.lifetimes[address]
        words += ("valid_lft", str(valid), "preferred_lft", str(preferred))
    return Action(want.netns, want.name, words, (change,))

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Links made and removed: the lines, and what they alter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Iterable, Mapping, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._links._address import told
from ansible_collections.virtio.lab.plugins.module_utils._links._change import Change
from ansible_collections.virtio.lab.plugins.module_utils._links._kinds import KINDS
from ansible_collections.virtio.lab.plugins.module_utils._links._model import MARK, Action, Key, Link, Wish
from ansible_collections.virtio.lab.plugins.module_utils._links._mtu import of_new
from ansible_collections.virtio.lab.plugins.module_utils._links._port import fdb_shown, vlans_shown
from ansible_collections.virtio.lab.plugins.module_utils._links._world import World

OF_ALL = ("mtu", "mac", "master")


def fresh(wish: Wish, world: World) -> Link:
    """The link as the kernel makes it from the lines of `create`. The wish has a kind."""
    kind_name = str(wish.kind)
    kind = KINDS[kind_name]
    attributes = {
        attribute.name: attribute.default
        if wish.attributes.get(attribute.name) is None
        else wish.attributes[attribute.name]
        for attribute in kind.attributes
    }
    own_vlans: dict[int, tuple[str, ...]] = {1: ("pvid", "untagged")} if kind_name == "bridge" else {}
    mtu = of_new(kind_name, attributes, world.get((wish.netns, attributes.get("parent") or "")))
    return Link(wish.name, kind_name, up=False, mtu=mtu, alias=MARK, attributes=attributes, vlans=own_vlans, fdb=())


def create(wish: Wish, made: Link) -> list[Action]:
    """The line that makes the link and the one that marks it as made here."""
    changes = [Change("state", "absent", "down"), *asked(wish)]
    run_in, words = _words(wish, made)
    return [Action(wish.netns, wish.name, words, tuple(changes), run_in=run_in), _mark(wish.key)]


def asked(wish: Wish) -> list[Change]:
    """What the diff shows of a new link: what was asked for, and none of what the kernel decides."""
    given = dict(wish.attributes)
    if given.get("peer_netns") == wish.netns:  # where it is anyway
        del given["peer_netns"]
    given.update({"kind": wish.kind}, **{name: getattr(wish, name) for name in OF_ALL})
    if wish.kind == "tun":  # which nobody has to say of one
        del given["kind"]
    changes = [Change(name, None, value) for name, value in given.items() if value is not None]
    changes += [Change(f"port {name}", None, value) for name, value in wish.port.items()]
    if wish.addresses is not None:
        changes.append(Change("addresses", None, sorted(wish.addresses)))
    if wish.vlans is not None:
        changes.append(Change("vlans", None, vlans_shown(wish.vlans)))
    if wish.fdb is not None:
        changes.append(Change("fdb", None, fdb_shown(wish.fdb)))
    return changes


def altnames(wish: Wish, names: Iterable[str]) -> list[Action]:
    """The lines that give a link that was made anew the alternative names it had."""
    words = ("link", "property", "add", "dev", wish.name, "altname")
    return [Action(wish.netns, wish.name, (*words, name), ()) for name in names]


def fix_mtu(wish: Wish, made: Link) -> list[Action]:
    """The lines for a new bridge that is to keep the MTU it has: the kernel keeps one only where it was changed.

    Otherwise the bridge takes the smallest MTU of its ports (net/bridge/br_if.c, br_mtu_auto_adjust).
    """
    if made.kind != "bridge" or wish.mtu is None or wish.mtu != made.mtu:
        return []
    words = ("link", "set", "dev", wish.name, "mtu")
    return [Action(wish.netns, wish.name, (*words, str(mtu)), ()) for mtu in (wish.mtu - 1, wish.mtu)]


def mark_peer(key: Key) -> Action:
    """The line that marks the other end of a veth that was made."""
    return replace(_mark(key), changes=(Change("state", "absent", "down"),))


def _mark(key: Key) -> Action:
    netns, name = key
    return Action(netns, name, ("link", "set", "dev", name, "alias", MARK), ())


def delete(wish: Wish, link: Link) -> Action:
    """The line that removes the link."""
    change = Change("state", link.state, "absent")
    return Action(wish.netns, wish.name, ("link", "delete", "dev", wish.name), (change,), cuts="removes it")


def delete_to_recreate(wish: Wish, link: Link, different: Sequence[str], made: Link) -> Action:
    """As delete, but every attribute is on record, so that the diff compares the old link with the new one."""
    reason = "recreates it, because " + _listed(different) + " can only be set when a link is made"
    return replace(delete(wish, link), cuts=reason, changes=_gone(wish, link, made))


def after(old: Optional[Link], wish: Wish, made: Link, action: Action) -> Action:
    """The line that makes a link, with what of that name was there before, and went with its other end, on record."""
    if old is None:
        return action
    return replace(action, changes=(*_gone(wish, old, made), *action.changes))


def _gone(wish: Wish, link: Link, made: Link) -> tuple[Change, ...]:
    """The link as it was, and what a new one has of its own."""
    changes = [Change("state", link.state, "absent"), Change("kind", link.kind, made.kind)]
    changes += [Change("alias", link.alias, made.alias)]
    changes += [Change(name, value, made.attributes.get(name)) for name, value in link.attributes.items()]
    drawn = () if wish.mac else ("mac",)  # the kernel draws one, or takes the parent's
    changes += [Change(name, getattr(link, name), getattr(made, name)) for name in OF_ALL if name not in drawn]
    changes += [Change(f"port {name}", link.port.get(name), None) for name in wish.port]
    changes.append(Change("addresses", told(link.addresses, wish.addresses), []))
    if wish.vlans is not None:
        changes.append(Change("vlans", vlans_shown(link.vlans), []))
    if wish.fdb is not None:
        changes.append(Change("fdb", fdb_shown(link.fdb), []))
    return tuple(changes)


def _words(wish: Wish, made: Link) -> tuple[str, tuple[str, ...]]:
    """The namespace to run the line in, and the line."""
    given = {name: value for name, value in made.attributes.items() if value is not None and _worth(wish, name)}
    if made.kind == "tun":
        return wish.netns, ("tuntap", "add", "dev", wish.name, *_said("tun", given, head=False))
    run_in = wish.netns
    placed: tuple[str, ...] = ()
    other = given.pop("peer_netns", wish.netns)
    if other != wish.netns:
        if other:
            given["peer_netns"] = other
        else:  # the own namespace has no name: seen from there the other one has
            run_in, placed = "", ("netns", wish.netns)
    head, tail = (_said(made.kind, given, head) for head in (True, False))
    return run_in, ("link", "add", *head, "name", wish.name, *placed, "type", made.kind, *tail)


def _said(kind: str, given: Mapping[str, Any], head: bool) -> list[str]:
    attributes = {name: KINDS[kind].attribute(name) for name in given}
    return [word for name, each in attributes.items() if each.head == head for word in each.words(given[name])]


def _worth(wish: Wish, name: str) -> bool:
    """Whether the line says it: what was asked for, and what `ip` decides otherwise than the documented default."""
    return name in wish.attributes or name in ("mode", "dstport")


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]

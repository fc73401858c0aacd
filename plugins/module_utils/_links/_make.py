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
from ansible_collections.virtio.lab.plugins.module_utils._links._model import MARK, Action, Key, Link, Want
from ansible_collections.virtio.lab.plugins.module_utils._links._mtu import of_new
from ansible_collections.virtio.lab.plugins.module_utils._links._port import fdb_shown, vlans_shown
from ansible_collections.virtio.lab.plugins.module_utils._links._world import World

OF_ALL = ("mtu", "mac", "master")


def fresh(want: Want, world: World) -> Link:
    """The link as the kernel makes it from the lines of `create`. The want has a kind."""
    kind_name = str(want.kind)
    kind = KINDS[kind_name]
    attributes = {
        attribute.name: attribute.default
        if want.attributes.get(attribute.name) is None
        else want.attributes[attribute.name]
        for attribute in kind.attributes
    }
    own_vlans: dict[int, tuple[str, ...]] = {1: ("pvid", "untagged")} if kind_name == "bridge" else {}
    mtu = of_new(kind_name, attributes, world.get((want.netns, attributes.get("parent") or "")))
    return Link(want.name, kind_name, up=False, mtu=mtu, alias=MARK, attributes=attributes, vlans=own_vlans, fdb=())


def create(want: Want, made: Link) -> list[Action]:
    """The line that makes the link and the one that marks it as made here."""
    changes = [Change("state", "absent", "down"), *asked(want)]
    run_in, words = _words(want, made)
    return [Action(want.netns, want.name, words, tuple(changes), run_in=run_in), _mark(want.key)]


def asked(want: Want) -> list[Change]:
    """What the diff shows of a new link: what was asked for, and none of what the kernel decides."""
    given = dict(want.attributes)
    if given.get("peer_netns") == want.netns:  # where it is anyway
        del given["peer_netns"]
    given.update({"kind": want.kind}, **{name: getattr(want, name) for name in OF_ALL})
    if want.kind == "tun":  # which nobody has to say of one
        del given["kind"]
    changes = [Change(name, None, value) for name, value in given.items() if value is not None]
    changes += [Change(f"port {name}", None, value) for name, value in want.port.items()]
    if want.addresses is not None:
        changes.append(Change("addresses", None, sorted(want.addresses)))
    if want.vlans is not None:
        changes.append(Change("vlans", None, vlans_shown(want.vlans)))
    if want.fdb is not None:
        changes.append(Change("fdb", None, fdb_shown(want.fdb)))
    return changes


def altnames(want: Want, names: Iterable[str]) -> list[Action]:
    """The lines that give a link that was made anew the alternative names it had."""
    words = ("link", "property", "add", "dev", want.name, "altname")
    return [Action(want.netns, want.name, (*words, name), ()) for name in names]


def fix_mtu(want: Want, made: Link) -> list[Action]:
    """The lines for a new bridge that is to keep the MTU it has: the kernel keeps one only where it was changed.

    Otherwise the bridge takes the smallest MTU of its ports (net/bridge/br_if.c, br_mtu_auto_adjust).
    """
    if made.kind != "bridge" or want.mtu is None or want.mtu != made.mtu:
        return []
    words = ("link", "set", "dev", want.name, "mtu")
    return [Action(want.netns, want.name, (*words, str(mtu)), ()) for mtu in (want.mtu - 1, want.mtu)]


def mark_peer(key: Key) -> Action:
    """The line that marks the other end of a veth that was made."""
    return replace(_mark(key), changes=(Change("state", "absent", "down"),))


def _mark(key: Key) -> Action:
    netns, name = key
    return Action(netns, name, ("link", "set", "dev", name, "alias", MARK), ())


def delete(want: Want, link: Link) -> Action:
    """The line that removes the link."""
    change = Change("state", link.state, "absent")
    return Action(want.netns, want.name, ("link", "delete", "dev", want.name), (change,), cuts="removes it")


def delete_to_recreate(want: Want, link: Link, different: Sequence[str], made: Link) -> Action:
    """As delete, but every attribute is on record, so that the diff compares the old link with the new one."""
    reason = "recreates it, because " + _listed(different) + " can only be set when a link is made"
    return replace(delete(want, link), cuts=reason, changes=_gone(want, link, made))


def after(old: Optional[Link], want: Want, made: Link, action: Action) -> Action:
    """The line that makes a link, with what of that name was there before, and went with its other end, on record."""
    if old is None:
        return action
    return replace(action, changes=(*_gone(want, old, made), *action.changes))


def _gone(want: Want, link: Link, made: Link) -> tuple[Change, ...]:
    """The link as it was, and what a new one has of its own."""
    changes = [Change("state", link.state, "absent"), Change("kind", link.kind, made.kind)]
    changes += [Change("alias", link.alias, made.alias)]
    changes += [Change(name, value, made.attributes.get(name)) for name, value in link.attributes.items()]
    drawn = () if want.mac else ("mac",)  # the kernel draws one, or takes the parent's
    changes += [Change(name, getattr(link, name), getattr(made, name)) for name in OF_ALL if name not in drawn]
    changes += [Change(f"port {name}", link.port.get(name), None) for name in want.port]
    changes.append(Change("addresses", told(link.addresses, want.addresses), []))
    if want.vlans is not None:
        changes.append(Change("vlans", vlans_shown(link.vlans), []))
    if want.fdb is not None:
        changes.append(Change("fdb", fdb_shown(link.fdb), []))
    return tuple(changes)


def _words(want: Want, made: Link) -> tuple[str, tuple[str, ...]]:
    """The namespace to run the line in, and the line."""
    given = {name: value for name, value in made.attributes.items() if value is not None and _worth(want, name)}
    if made.kind == "tun":
        return want.netns, ("tuntap", "add", "dev", want.name, *_said("tun", given, head=False))
    run_in = want.netns
    placed: tuple[str, ...] = ()
    other = given.pop("peer_netns", want.netns)
    if other != want.netns:
        if other:
            given["peer_netns"] = other
        else:  # the own namespace has no name: seen from there the other one has
            run_in, placed = "", ("netns", want.netns)
    head, tail = (_said(made.kind, given, head) for head in (True, False))
    return run_in, ("link", "add", *head, "name", want.name, *placed, "type", made.kind, *tail)


def _said(kind: str, given: Mapping[str, Any], head: bool) -> list[str]:
    attributes = {name: KINDS[kind].attribute(name) for name in given}
    return [word for name, each in attributes.items() if each.head == head for word in each.words(given[name])]


def _worth(want: Want, name: str) -> bool:
    """Whether the line says it: what was asked for, and what `ip` decides otherwise than the documented default."""
    return name in want.attributes or name in ("mode", "dstport")


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]

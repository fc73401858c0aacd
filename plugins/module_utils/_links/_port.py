# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A port of a bridge: its cost, priority and isolation, its VLANs, its static FDB entries."""

from __future__ import annotations

from typing import Iterable, Iterator, Mapping, Optional

from ansible_collections.virtio.lab.plugins.module_utils._links._change import Change
from ansible_collections.virtio.lab.plugins.module_utils._links._kinds import PORT
from ansible_collections.virtio.lab.plugins.module_utils._links._model import ANY_MAC, Action, FdbEntry, Link, Wish

Vlans = Mapping[int, tuple[str, ...]]


def vlans_shown(vlans: Optional[Vlans]) -> list[str]:
    """VLANs as in a diff: `10 pvid untagged`."""
    return [" ".join((str(vid), *vlans[vid])) for vid in sorted(vlans)] if vlans else []


def fdb_shown(fdb: Optional[Iterable[FdbEntry]]) -> list[str]:
    """FDB entries as in a diff; one without a VLAN stands for its copies in all VLANs of the port."""
    return [str(entry) for entry in sorted(_essence(fdb))]


def port_actions(wish: Wish, link: Link) -> Iterator[Action]:
    """What `ip` sets of a port."""
    for name, value in wish.port.items():
        before = link.port.get(name)
        if value != before:
            words = ("link", "set", "dev", wish.name, "type", "bridge_slave", *PORT[name].words(value))
            yield Action(wish.netns, wish.name, words, (Change(f"port {name}", before, value),))


def bridge_actions(wish: Wish, link: Link) -> Iterator[Action]:
    """What `bridge` sets: an FDB entry that names a VLAN goes before it and comes after it.

    An entry replaces what the bridge has learned of its address; to a VXLAN's entry it is one more endpoint.
    """
    wanted, present = _essence(link.fdb if wish.fdb is None else wish.fdb), _essence(link.fdb)
    remote = wish.attributes.get("remote", link.attributes.get("remote"))
    default = {FdbEntry(ANY_MAC, 0, remote)} if remote else set()  # the kernel makes and keeps that one
    wanted, present = wanted - default, present - default
    for entry in sorted(present - wanted):
        yield _fdb_action("delete", wish, link, entry)
    if wish.vlans is not None:
        yield from _vlan_actions(wish, link, wish.vlans)
    for entry in sorted(wanted - present):
        yield _fdb_action("append" if entry.dst else "replace", wish, link, entry)


def _vlan_actions(wish: Wish, link: Link, wanted: Vlans) -> Iterator[Action]:
    change = (Change("vlans", vlans_shown(link.vlans), vlans_shown(wanted)),)
    present = link.vlans or {}
    of = ("dev", wish.name, "vid")
    itself = ("self",) if link.kind == "bridge" and not wish.master else ()
    for vid in sorted(set(present) - set(wanted)):
        yield Action(wish.netns, wish.name, ("vlan", "delete", *of, str(vid), *itself), change, program="bridge")
    for vid, flags in sorted(wanted.items()):
        if present.get(vid) != flags:
            yield Action(
                wish.netns, wish.name, ("vlan", "add", *of, str(vid), *flags, *itself), change, program="bridge"
            )


def _essence(fdb: Optional[Iterable[FdbEntry]]) -> set[FdbEntry]:
    """The entries without the copies that the kernel makes, in all VLANs of the port, of one without a VLAN.

    The kernel refuses the latter beside one of its copies, and removes the copies with it.
    """
    entries = set(fdb or ())
    return {entry for entry in entries if not entry.vlan or FdbEntry(entry.mac) not in entries}


def _fdb_action(verb: str, wish: Wish, link: Link, entry: FdbEntry) -> Action:
    change = Change("fdb", fdb_shown(link.fdb), fdb_shown(wish.fdb))
    return Action(wish.netns, wish.name, ("fdb", verb, *_words(wish, entry)), (change,), program="bridge")


def _words(wish: Wish, entry: FdbEntry) -> tuple[str, ...]:
    if entry.dst:
        return (entry.mac, "dev", wish.name, "dst", entry.dst, "self", "permanent")
    return (entry.mac, "dev", wish.name, "master", "static", *(("vlan", str(entry.vlan)) if entry.vlan else ()))

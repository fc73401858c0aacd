# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what is wanted and what is there to the lines of an `ip -batch`: pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Collection, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._links._fit import (
    check_fit,
    refuse_claimed,
    refuse_contradictions,
    refuse_others,
    refuse_parent_down,
    refuse_peers,
    refuse_taken,
    refuse_used,
)
from ansible_collections.virtio.lab.plugins.module_utils._links._make import (
    after,
    altnames,
    create,
    delete,
    delete_to_recreate,
    fix_mtu,
    fresh,
    mark_peer,
    over,
)
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Action, Key, Link, Links, Wish
from ansible_collections.virtio.lab.plugins.module_utils._links._order import creations, peer_key, removals
from ansible_collections.virtio.lab.plugins.module_utils._links._settle import different, settle, settled
from ansible_collections.virtio.lab.plugins.module_utils._links._world import World


def plan(wishes: Sequence[Wish], have: Links, force: bool = False, held: Collection[Key] = ()) -> list[Action]:
    """The lines that turn `have` into what is wanted, in order; empty when nothing is to be done.

    force: remove and make anew also what others made or use. held: the links that a process has open, as far as that
    matters to the caller. Raises LabError where a wish cannot be met: a name belongs to a link of another kind, a
    bridge is missing, a link to be removed is in use.
    """
    planner = _Planner(wishes, have, force, held)
    actions: list[Action] = []
    for wish in removals(wishes, planner.world):
        actions += planner.remove(wish)
    for wish in creations(wishes):
        actions += planner.meet(wish)
    # An entry that goes from one port to another is one entry to the bridge: the new port has to take it last.
    bridging = sorted(planner.bridging, key=lambda action: action.words[:2] != ("fdb", "delete"))
    return [*actions, *bridging, *planner.last, *planner.marks.values()]


class _Planner:
    """Goes through the wishes; `world` is what will be there.

    bridging: the lines of the program `bridge`, which share a batch. last: what has to come after these. marks: of
    peers in other namespaces, which come with what else is wanted of the peer, or at the very end.
    """

    def __init__(self, wishes: Sequence[Wish], have: Links, force: bool, held: Collection[Key]) -> None:
        self.world = World(have)
        self._have = have
        self.bridging: list[Action] = []
        self.last: list[Action] = []
        self.marks: dict[Key, Action] = {}
        self._waiting: set[Key] = set()  # whose lines are in `last`
        self._claims: dict[tuple[str, str, str], dict[int, Wish]] = {}
        self._force = force
        self._held = held
        self._wishes = {wish.key: wish for wish in wishes}
        refuse_contradictions(self._wishes)

    def remove(self, wish: Wish) -> list[Action]:
        link = self.world.get(wish.key)
        if link is None:
            return []
        self._may_go(wish, link, "removes it")
        self.world.drop(wish.key)
        return [delete(wish, link)]

    def meet(self, wish: Wish) -> list[Action]:
        link = self.world.get(wish.key)
        check_fit(wish, link, self.world)
        if link is None:
            return self._make(wish)
        names = list(different(wish, link, wish.key in self._held))
        if not self._force:
            refuse_peers(wish, link, anew=bool(names))
        if not names:
            marks = [self.marks.pop(wish.key)] if wish.key in self.marks else []
            return [*marks, *self._settle(wish, link)]
        gone = delete_to_recreate(over(wish, link), link, names)
        self._may_go(wish, link, gone.cuts)
        self.world.drop(wish.key)
        return [gone, *self._make(over(wish, link)), *altnames(wish, link)]

    def _may_go(self, wish: Wish, link: Link, why: str) -> None:
        refuse_others(wish, link, why, self._force)
        if not self._force:
            users = self.world.users(wish.key)
            if link.attributes.get("peer"):  # goes too
                users += self.world.users((link.attributes["peer_netns"], link.attributes["peer"]))
            refuse_used(wish, users, why, self._wishes)

    def _make(self, wish: Wish) -> list[Action]:
        refuse_taken(wish, self.world)
        link = fresh(wish)
        made, *actions = create(wish)
        actions = [after(self._have[wish.netns].get(wish.name), wish, made), *actions]
        if wish.kind == "veth":
            netns, peer = key = peer_key(wish)
            attributes = {"peer": wish.name, "peer_netns": wish.netns}
            self.world.put(netns, Link(peer, "veth", False, link.mtu, alias=link.alias, attributes=attributes))
            other = replace(self._wishes.get(key, Wish(peer, netns)), kind="veth")
            mark = after(self._have[netns].get(peer), other, mark_peer(key))
            if netns == wish.netns:
                actions.append(mark)
            else:
                self.marks[key] = mark
        return [*actions, *fix_mtu(wish, link), *self._settle(wish, link)]

    def _settle(self, wish: Wish, link: Link) -> list[Action]:
        """Where `bridge` has a part in it, what follows that part waits for it: a port goes up with its VLANs set.

        So does a link on top of one that waits.
        """
        refuse_claimed(wish, wish.master or link.master, self._claims)
        actions = settle(wish, link, self.world)
        self.world.put(wish.netns, settled(wish, link, self.world))
        programs = [action.program for action in actions]
        rises = wish.state == "up" and not link.up
        if rises:
            refuse_parent_down(wish, link, self.world)
        if "bridge" in programs:
            first = programs.index("bridge")
        elif rises and (wish.netns, link.attributes.get("parent")) in self._waiting:
            first = len(actions) - 1
        else:
            return actions
        self._waiting.add(wish.key)
        self.bridging += [action for action in actions if action.program == "bridge"]
        self.last += [action for action in actions[first:] if action.program != "bridge"]
        return actions[:first]

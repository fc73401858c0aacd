# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what is wanted and what is there to the lines of an `ip -batch`: pure."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Collection, Mapping, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._links._fit import (
    check_fit,
    check_mtu,
    check_vxlan,
    refuse_claimed,
    refuse_contradictions,
    refuse_others,
    refuse_parent_down,
    refuse_peers,
    refuse_short_mtu,
    refuse_taken,
    refuse_unseen_peer,
    refuse_used,
)
from ansible_collections.virtio.lab.plugins.module_utils._links._kinds import KINDS
from ansible_collections.virtio.lab.plugins.module_utils._links._make import (
    after,
    altnames,
    create,
    delete,
    delete_to_recreate,
    fix_mtu,
    fresh,
    mark_peer,
)
from ansible_collections.virtio.lab.plugins.module_utils._links._makeable import MACVLANS, check_makeable, check_port
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Action, Key, Link, Links, Wish
from ansible_collections.virtio.lab.plugins.module_utils._links._order import creations, peer_key, removals
from ansible_collections.virtio.lab.plugins.module_utils._links._restore import again, over
from ansible_collections.virtio.lab.plugins.module_utils._links._settle import different, settle, settled
from ansible_collections.virtio.lab.plugins.module_utils._links._world import World


def plan(
    wishes: Sequence[Wish],
    have: Links,
    force: bool = False,
    held: Collection[Key] = (),
    lost: Mapping[Key, Link] = MappingProxyType({}),
    notes: Optional[list[str]] = None,
) -> list[Action]:
    """The lines that turn `have` into what is wanted, in order; empty when nothing is to be done.

    force: remove and make anew also what others made or use. held: the links that a process has open, as far as that
    matters to the caller. lost: links as they were before they were made anew by a call that did not end. notes: gets
    what an earlier task may still put right, which without it is an error. Raises LabError where a wish cannot be met:
    a name belongs to a link of another kind, a bridge is missing, a link to be removed is in use.
    """
    planner = _Planner(wishes, have, force, held, lost, notes)
    actions: list[Action] = []
    for wish in removals(wishes, planner.world):
        actions += planner.remove(wish)
    for wish in creations(wishes, lost):
        actions += planner.meet(wish)
    for wish in planner.unlisted():
        actions += planner.meet(wish)
    # An entry that goes from one port to another is one entry to the bridge: the new port has to take it last.
    bridging = sorted(planner.bridging, key=lambda action: action.words[:2] != ("fdb", "delete"))
    return [
        replace(action, puts_back=planner.anew[action.key]) if action.key in planner.anew else action
        for action in (*actions, *bridging, *planner.last, *planner.marks.values())
    ]


class _Planner:
    """Goes through the wishes; `world` is what will be there.

    bridging: the lines of the program `bridge`, which share a batch. last: what has to come after these. marks: of
    peers in other namespaces, which come with what else is wanted of the peer, or at the very end. anew: the links that
    are made anew, and the other ends of such, by the key of what was removed for it.
    """

    def __init__(
        self,
        wishes: Sequence[Wish],
        have: Links,
        force: bool,
        held: Collection[Key],
        lost: Mapping[Key, Link],
        notes: Optional[list[str]],
    ) -> None:
        self.world = World(have)
        self._have = have
        self.bridging: list[Action] = []
        self.last: list[Action] = []
        self.marks: dict[Key, Action] = {}
        self.anew: dict[Key, Key] = {}
        self._lost = dict(lost)
        self._notes = notes
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

    def unlisted(self) -> list[Wish]:
        """Wishes for what is to get back what it lost and is not listed itself: other ends of veths."""
        return [Wish(name, netns) for netns, name in self._lost if self.world.get((netns, name)) is not None]

    def meet(self, wish: Wish) -> list[Action]:
        link = self.world.get(wish.key)
        wish = self._resolved(wish)
        lost = self._lost.pop(wish.key, None)
        names: Sequence[str] = ()
        if lost is not None:
            wish = again(wish, lost, link, self.world)
            names = [name for name in lost.altnames if link is None or name not in link.altnames]
        return [*self._meet(wish, link), *altnames(wish, names)]

    def _resolved(self, wish: Wish) -> Wish:
        """With the parent that the kernel takes instead of a macvlan: the one below it."""
        parent = self.world.get((wish.netns, wish.attributes.get("parent") or ""))
        if wish.kind not in MACVLANS or parent is None or parent.kind not in MACVLANS:
            return wish
        below = parent.attributes.get("parent")
        return replace(wish, attributes={**wish.attributes, "parent": below}) if below else wish

    def _meet(self, wish: Wish, link: Optional[Link]) -> list[Action]:
        check_fit(wish, link, self.world, self._notes)
        if link is None:
            return self._make(wish)
        names = list(different(wish, link, wish.key in self._held))
        if not self._force:
            refuse_peers(wish, link, anew=bool(names))
            refuse_short_mtu(wish, link)
        if not names:
            marks = [self.marks.pop(wish.key)] if wish.key in self.marks else []
            return [*marks, *self._settle(wish, link)]
        anew = over(wish, link, self.world)
        gone = delete_to_recreate(anew, link, names, fresh(anew, self.world))
        self._may_go(wish, link, gone.cuts)
        self._keep_peer(anew, link)
        self.world.drop(wish.key)
        self.anew[wish.key] = wish.key
        return [gone, *self._make(anew), *altnames(wish, link.altnames)]

    def _keep_peer(self, wish: Wish, link: Link) -> None:
        """The other end of a veth goes too: what it had, the new one is to have, by whatever name and wherever."""
        if link.kind != "veth":
            return
        key = peer_key(wish)
        self.anew[key] = wish.key
        if not link.attributes.get("peer"):
            if not self._force:
                refuse_unseen_peer(wish)
            return
        peer = self.world.get((link.attributes["peer_netns"], link.attributes["peer"]))
        if peer is not None:
            if not self._force:
                refuse_peers(self._wishes.get(key, Wish(key[1], key[0])), peer, anew=True)
            self._lost[key] = peer

    def _may_go(self, wish: Wish, link: Link, why: str) -> None:
        refuse_others(wish, link, why, self._force)
        if not self._force:
            users = self.world.users(wish.key)
            if link.attributes.get("peer"):  # goes too
                users += self.world.users((link.attributes["peer_netns"], link.attributes["peer"]))
            refuse_used(wish, users, why, self._wishes)

    def _make(self, wish: Wish) -> list[Action]:
        refuse_taken(wish, self.world)
        link = fresh(wish, self.world)
        check_mtu(wish, None, self.world)
        check_vxlan(wish, None)
        check_makeable(wish, link, self.world)
        made, *actions = create(wish, link)
        actions = [after(self._have[wish.netns].get(wish.name), wish, link, made), *actions]
        if wish.kind == "veth":
            netns, peer = key = peer_key(wish)
            attributes = {"peer": wish.name, "peer_netns": wish.netns}
            end = Link(peer, "veth", False, link.mtu, alias=link.alias, attributes=attributes)
            self.world.put(netns, end)
            other = replace(self._wishes.get(key, Wish(peer, netns)), kind="veth")
            mark = after(self._have[netns].get(peer), other, end, mark_peer(key))
            if netns == wish.netns:
                actions.append(mark)
            else:
                self.marks[key] = mark
        return [*actions, *fix_mtu(wish, link), *self._settle(wish, link, replace(link, mtu=KINDS[link.kind].mtu))]

    def _settle(self, wish: Wish, link: Link, told: Optional[Link] = None) -> list[Action]:
        """Where `bridge` has a part in it, what follows that part waits for it: a port goes up with its VLANs set.

        So does a link on top of one that waits. told: what is known of a new link for sure, where that is less.
        """
        if wish.master and wish.master != link.master:
            check_port(wish, link, self.world)
        refuse_claimed(wish, wish.master or link.master, self._claims)
        actions = settle(wish, told or link, self.world)
        self.world.put(wish.netns, settled(wish, link, self.world))
        programs = [action.program for action in actions]
        rises = wish.state == "up" and not link.up
        if rises:
            refuse_parent_down(wish, link, self.world, self._notes)
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

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what is wanted and what is there to the lines of an `ip -batch`: pure."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Collection, Mapping, Optional, Sequence

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
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Action, Key, Link, Links, Want
from ansible_collections.virtio.lab.plugins.module_utils._links._order import creations, peer_key, removals
from ansible_collections.virtio.lab.plugins.module_utils._links._preconditions import (
    check_mtu,
    check_preconditions,
    check_vxlan,
    refuse_contradictions,
    refuse_entry_of_another,
    refuse_others,
    refuse_parent_down,
    refuse_peers,
    refuse_short_mtu,
    refuse_taken,
    refuse_unseen_peer,
    refuse_used,
)
from ansible_collections.virtio.lab.plugins.module_utils._links._restore import again, over
from ansible_collections.virtio.lab.plugins.module_utils._links._update import different, update, updated
from ansible_collections.virtio.lab.plugins.module_utils._links._world import World


def plan(
    wants: Sequence[Want],
    have: Links,
    force: bool = False,
    held: Collection[Key] = (),
    lost: Mapping[Key, Link] = MappingProxyType({}),
    notes: Optional[list[str]] = None,
) -> list[Action]:
    """The lines that turn `have` into what is wanted, in order; empty when nothing is to be done.

    force: remove and make anew also what others made or use. held: the links that a process has open, as far as that
    matters to the caller. lost: links as they were before they were made anew by a call that did not end. notes: gets
    what an earlier task may still put right, which without it is an error. Raises LabError where a want cannot be met:
    a name belongs to a link of another kind, a bridge is missing, a link to be removed is in use.
    """
    planner = _Planner(wants, have, force, held, lost, notes)
    actions: list[Action] = []
    for want in removals(wants, planner.world):
        actions += planner.remove(want)
    for want in creations(wants, lost):
        actions += planner.meet(want)
    for want in planner.unlisted():
        actions += planner.meet(want)
    # An entry that goes from one port to another is one entry to the bridge: the new port has to take it last.
    bridging = sorted(planner.bridging, key=lambda action: action.words[:2] != ("fdb", "delete"))
    return [
        replace(action, puts_back=planner.anew[action.key]) if action.key in planner.anew else action
        for action in (*actions, *bridging, *planner.last, *planner.marks.values())
    ]


class _Planner:
    """Goes through the wants; `world` is what will be there.

    bridging: the lines of the program `bridge`, which share a batch. last: what has to come after these. marks: of
    peers in other namespaces, which come with what else is wanted of the peer, or at the very end. anew: the links that
    are made anew, and the other ends of such, by the key of what was removed for it.
    """

    def __init__(
        self,
        wants: Sequence[Want],
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
        self._owners: dict[tuple[str, str, str], dict[int, Want]] = {}
        self._force = force
        self._held = held
        self._wants = {want.key: want for want in wants}
        refuse_contradictions(self._wants)

    def remove(self, want: Want) -> list[Action]:
        link = self.world.get(want.key)
        if link is None:
            return []
        self._may_go(want, link, "removes it")
        self.world.drop(want.key)
        return [delete(want, link)]

    def unlisted(self) -> list[Want]:
        """Wants for what is to get back what it lost and is not listed itself: other ends of veths."""
        return [Want(name, netns) for netns, name in self._lost if self.world.get((netns, name)) is not None]

    def meet(self, want: Want) -> list[Action]:
        link = self.world.get(want.key)
        want = self._resolved(want)
        lost = self._lost.pop(want.key, None)
        names: Sequence[str] = ()
        if lost is not None:
            want = again(want, lost, link, self.world)
            names = [name for name in lost.altnames if link is None or name not in link.altnames]
        return [*self._meet(want, link), *altnames(want, names)]

    def _resolved(self, want: Want) -> Want:
        """With the parent that the kernel takes instead of a macvlan: the one below it."""
        parent = self.world.get((want.netns, want.attributes.get("parent") or ""))
        if want.kind not in MACVLANS or parent is None or parent.kind not in MACVLANS:
            return want
        below = parent.attributes.get("parent")
        return replace(want, attributes={**want.attributes, "parent": below}) if below else want

    def _meet(self, want: Want, link: Optional[Link]) -> list[Action]:
        check_preconditions(want, link, self.world, self._notes)
        if link is None:
            return self._make(want)
        names = list(different(want, link, want.key in self._held))
        if not self._force:
            refuse_peers(want, link, anew=bool(names))
            refuse_short_mtu(want, link)
        if not names:
            marks = [self.marks.pop(want.key)] if want.key in self.marks else []
            return [*marks, *self._update(want, link)]
        anew = over(want, link, self.world)
        gone = delete_to_recreate(anew, link, names, fresh(anew, self.world))
        self._may_go(want, link, gone.cuts)
        self._keep_peer(anew, link)
        self.world.drop(want.key)
        self.anew[want.key] = want.key
        return [gone, *self._make(anew), *altnames(want, link.altnames)]

    def _keep_peer(self, want: Want, link: Link) -> None:
        """The other end of a veth goes too: what it had, the new one is to have, by whatever name and wherever."""
        if link.kind != "veth":
            return
        key = peer_key(want)
        self.anew[key] = want.key
        if not link.attributes.get("peer"):
            if not self._force:
                refuse_unseen_peer(want)
            return
        peer = self.world.get((link.attributes["peer_netns"], link.attributes["peer"]))
        if peer is not None:
            if not self._force:
                refuse_peers(self._wants.get(key, Want(key[1], key[0])), peer, anew=True)
            self._lost[key] = peer

    def _may_go(self, want: Want, link: Link, why: str) -> None:
        refuse_others(want, link, why, self._force)
        if not self._force:
            users = self.world.users(want.key)
            if link.attributes.get("peer"):  # goes too
                users += self.world.users((link.attributes["peer_netns"], link.attributes["peer"]))
            refuse_used(want, users, why, self._wants)

    def _make(self, want: Want) -> list[Action]:
        refuse_taken(want, self.world)
        link = fresh(want, self.world)
        check_mtu(want, None, self.world)
        check_vxlan(want, None)
        check_makeable(want, link, self.world)
        made, *actions = create(want, link)
        actions = [after(self._have[want.netns].get(want.name), want, link, made), *actions]
        if want.kind == "veth":
            netns, peer = key = peer_key(want)
            attributes = {"peer": want.name, "peer_netns": want.netns}
            end = Link(peer, "veth", False, link.mtu, alias=link.alias, attributes=attributes)
            self.world.put(netns, end)
            other = replace(self._wants.get(key, Want(peer, netns)), kind="veth")
            mark = after(self._have[netns].get(peer), other, end, mark_peer(key))
            if netns == want.netns:
                actions.append(mark)
            else:
                self.marks[key] = mark
        return [*actions, *fix_mtu(want, link), *self._update(want, link, replace(link, mtu=KINDS[link.kind].mtu))]

    def _update(self, want: Want, link: Link, told: Optional[Link] = None) -> list[Action]:
        """Where `bridge` has a part in it, what follows that part waits for it: a port goes up with its VLANs set.

        So does a link on top of one that waits. told: what is known of a new link for sure, where that is less.
        """
        if want.master and want.master != link.master:
            check_port(want, link, self.world)
        refuse_entry_of_another(want, want.master or link.master, self._owners)
        actions = update(want, told or link, self.world)
        self.world.put(want.netns, updated(want, link, self.world))
        programs = [action.program for action in actions]
        rises = want.state == "up" and not link.up
        if rises:
            refuse_parent_down(want, link, self.world, self._notes)
        if "bridge" in programs:
            first = programs.index("bridge")
        elif rises and (want.netns, link.attributes.get("parent")) in self._waiting:
            first = len(actions) - 1
        else:
            return actions
        self._waiting.add(want.key)
        self.bridging += [action for action in actions if action.program == "bridge"]
        self.last += [action for action in actions[first:] if action.program != "bridge"]
        return actions[:first]

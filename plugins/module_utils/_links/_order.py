# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order in which wishes can be met: what others need comes first, what is to go in reverse."""

from __future__ import annotations

from typing import Iterable, Mapping, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Key, Link, Wish, label
from ansible_collections.virtio.lab.plugins.module_utils._links._world import World, below


def removals(wishes: Iterable[Wish], world: World) -> list[Wish]:
    """The wishes for absence: links on top and ports before what they are on."""
    absent = {wish.key: wish for wish in wishes if wish.state == "absent"}
    needs = {}
    for key in absent:
        link = world.get(key)
        needs[key] = [need for name in below(link) for need in _ends(world, (key[0], name))] if link else []
    return [absent[key] for key in reversed(_sorted(needs))]


def _ends(world: World, key: Key) -> list[Key]:
    """The link, and the other end that a veth takes along when it goes."""
    link = world.get(key)
    if link is None or not link.attributes.get("peer"):
        return [key]
    return [key, (link.attributes["peer_netns"], link.attributes["peer"])]


def creations(wishes: Iterable[Wish], lost: Mapping[Key, Link]) -> list[Wish]:
    """The other wishes: bridges, parents and the veth that brings a peer before what needs them.

    lost: links of which the wish may be completed.
    """
    by_namespace: dict[str, list[Wish]] = {}  # neighbours share a batch
    for wish in wishes:
        if wish.state != "absent":
            by_namespace.setdefault(wish.netns, []).append(wish)
    present = {wish.key: wish for group in by_namespace.values() for wish in group}
    makers = {peer_key(wish): wish.key for wish in present.values() if wish.attributes.get("peer")}
    needs = {}
    for key, wish in present.items():
        needs[key] = [(key[0], name) for name in (wish.master, wish.attributes.get("parent")) if name]
        if key in lost:
            needs[key] += [(key[0], name) for name in below(lost[key]) if name not in (need[1] for need in needs[key])]
        maker = makers.get(key)
        if maker is not None and makers.get(maker) != key:  # two ends that name each other are equals
            needs[key].append(maker)
    return [present[key] for key in _sorted(needs)]


def peer_key(wish: Wish) -> Key:
    """Namespace and name of the other end of a veth."""
    return wish.attributes.get("peer_netns", wish.netns), wish.attributes["peer"]


def _sorted(needs: Mapping[Key, Sequence[Key]]) -> list[Key]:
    """Keys with what each needs before it; otherwise as they came. Raises LabError where they need each other."""
    done: dict[Key, bool] = {}  # False: being visited
    order: list[Key] = []
    for start in needs:
        stack = [start]
        while stack:
            key = stack[-1]
            if done.get(key):
                stack.pop()
                continue
            open_needs = [need for need in needs[key] if need in needs and not done.get(need)]
            if not open_needs:
                done[key] = True
                order.append(key)
                stack.pop()
                continue
            done[key] = False
            for need in open_needs:
                if done.get(need) is False:
                    raise LabError(
                        f"{label(*key)} and {label(*need)} need each other; give one of them another bridge or parent"
                    )
            stack += open_needs[:1]
    return order

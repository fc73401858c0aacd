# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order in which wants can be met: what others need comes first, what is to go in reverse."""

from __future__ import annotations

from typing import Iterable, Mapping, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Key, Link, Want, label
from ansible_collections.virtio.lab.plugins.module_utils._links._world import World, below


def removals(wants: Iterable[Want], world: World) -> list[Want]:
    """The wants for absence: links on top and ports before what they are on."""
    absent = {want.key: want for want in wants if want.state == "absent"}
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


def creations(wants: Iterable[Want], lost: Mapping[Key, Link]) -> list[Want]:
    """The other wants: bridges, parents and the veth that brings a peer before what needs them.

    lost: links of which the want may be completed.
    """
    by_namespace: dict[str, list[Want]] = {}  # neighbours share a batch
    for want in wants:
        if want.state != "absent":
            by_namespace.setdefault(want.netns, []).append(want)
    present = {want.key: want for group in by_namespace.values() for want in group}
    makers = {peer_key(want): want.key for want in present.values() if want.attributes.get("peer")}
    needs = {}
    for key, want in present.items():
        needs[key] = [(key[0], name) for name in (want.master, want.attributes.get("parent")) if name]
        if key in lost:
            needs[key] += [(key[0], name) for name in below(lost[key]) if name not in (need[1] for need in needs[key])]
        maker = makers.get(key)
        if maker is not None and makers.get(maker) != key:  # two ends that name each other are equals
            needs[key].append(maker)
    return [present[key] for key in _sorted(needs)]


def peer_key(want: Want) -> Key:
    """Namespace and name of the other end of a veth."""
    return want.attributes.get("peer_netns", want.netns), want.attributes["peer"]


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

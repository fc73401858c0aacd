# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In check mode: links and namespaces that earlier tasks of a play would have made by now, taken as made."""

from __future__ import annotations

from typing import Iterator, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._links._change import Change
from ansible_collections.virtio.lab.plugins.module_utils._links._make import asked
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Action, Link, Links, Wish
from ansible_collections.virtio.lab.plugins.module_utils._links._order import peer_key

TAKEN = "check mode takes it that an earlier task makes it"


def with_assumed(wishes: Sequence[Wish], have: Links, notes: list[str]) -> Links:
    """The links, and those that the wishes need and that neither are there nor made by the wishes."""
    made = {wish.key for wish in wishes if wish.state != "absent" and wish.kind}
    made |= {peer_key(wish) for wish in wishes if wish.state != "absent" and wish.attributes.get("peer")}
    known: dict[str, dict[str, Link]] = {netns: dict(links) for netns, links in have.items()}
    for wish in wishes:
        for what, link in _needed(wish):
            names = known[wish.netns]
            altnames = {name for other in names.values() for name in other.altnames}
            if link.name not in names and link.name not in altnames and (wish.netns, link.name) not in made:
                names[link.name] = link
                notes.append(f"{wish.label}{what} does not exist there yet; {TAKEN}")
    return known


def changes(wishes: Sequence[Wish], have: Links, actions: Sequence[Action]) -> Iterator[tuple[str, Change]]:
    """For the diff: that a wish without a kind, which is met by some action, is of a link that is not there."""
    altered = {action.key for action in actions}
    for wish in wishes:
        if not wish.kind and wish.key in altered and wish.name not in have[wish.netns]:
            for change in (Change("state", "absent", wish.state), *asked(wish)):
                yield wish.label, change


def _needed(wish: Wish) -> Iterator[tuple[str, Link]]:
    """What a wish speaks of: in the words of a message, and as it would be. Its MTU is not known."""
    if wish.state == "absent":
        return
    if not wish.kind:
        yield "", Link(wish.name, "", up=False, mtu=None)
    if wish.master:
        yield f": bridge '{wish.master}'", Link(wish.master, "bridge", up=True, mtu=None)
    if wish.attributes.get("parent"):
        name = wish.attributes["parent"]
        yield f": parent '{name}'", Link(name, "", up=True, mtu=None)

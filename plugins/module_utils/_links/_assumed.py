# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In check mode: links and namespaces that earlier tasks of a play would have made by now, taken as made."""

from __future__ import annotations

from typing import Iterator, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._links._change import Change
from ansible_collections.virtio.lab.plugins.module_utils._links._make import asked
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Action, Link, Links, Want
from ansible_collections.virtio.lab.plugins.module_utils._links._order import peer_key

TAKEN = "check mode takes it that an earlier task makes it"


def with_assumed(wants: Sequence[Want], have: Links, notes: list[str]) -> Links:
    """The links, and those that the wants need and that neither are there nor made by the wants."""
    made = {want.key for want in wants if want.state != "absent" and want.kind}
    made |= {peer_key(want) for want in wants if want.state != "absent" and want.attributes.get("peer")}
    known: dict[str, dict[str, Link]] = {netns: dict(links) for netns, links in have.items()}
    for want in wants:
        for what, link in _needed(want):
            names = known[want.netns]
            altnames = {name for other in names.values() for name in other.altnames}
            if link.name not in names and link.name not in altnames and (want.netns, link.name) not in made:
                names[link.name] = link
                notes.append(f"{want.label}{what} does not exist there yet; {TAKEN}")
    return known


def changes(wants: Sequence[Want], have: Links, actions: Sequence[Action]) -> Iterator[tuple[str, Change]]:
    """For the diff: that what is wanted without a kind, and met by some action, is a link that is not there."""
    altered = {action.key for action in actions}
    for want in wants:
        if not want.kind and want.key in altered and want.name not in have[want.netns]:
            for change in (Change("state", "absent", want.state), *asked(want)):
                yield want.label, change


def _needed(want: Want) -> Iterator[tuple[str, Link]]:
    """The link that a want names: in the words of a message, and as it would be. Its MTU is not known."""
    if want.state == "absent":
        return
    if not want.kind:
        yield "", Link(want.name, "", up=False, mtu=None)
    if want.master:
        yield f": bridge '{want.master}'", Link(want.master, "bridge", up=True, mtu=None)
    if want.attributes.get("parent"):
        name = want.attributes["parent"]
        yield f": parent '{name}'", Link(name, "", up=True, mtu=None)

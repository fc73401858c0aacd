# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which link is the other end of a veth: the kernel tells its index and a number for its namespace."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Mapping, Optional

from ansible_collections.virtio.lab.plugins.module_utils._links._model import Link


def with_peers(
    have: Mapping[str, Mapping[str, Link]], nsids: Callable[[str], Mapping[int, str]]
) -> dict[str, dict[str, Link]]:
    """The links with `peer` and `peer_netns` of every veth whose other end is among them; None for the others.

    nsids: the names of the namespaces that a namespace knows others by number, asked for only where it matters.
    """
    by_index = {(netns, link.index): link for netns, links in have.items() for link in links.values()}
    done: dict[str, dict[str, Link]] = {}
    for netns, links in have.items():
        done[netns] = dict(links)
        names: Optional[Mapping[int, str]] = None
        for link in links.values():
            if link.kind != "veth":
                continue
            if link.attributes["peer"]:
                done[netns][link.name] = _paired(link, link.attributes["peer"], netns)
            elif len(have) > 1 and link.peer_nsid >= 0:
                names = nsids(netns) if names is None else names
                other = names.get(link.peer_nsid, "")
                peer = by_index.get((other, link.peer_index))
                # The own namespace may have no name: there the other end has to point back.
                if peer is not None and peer.kind == "veth" and peer.peer_index == link.index:
                    done[netns][link.name] = _paired(link, peer.name, other)
    return done


def _paired(link: Link, peer: str, netns: str) -> Link:
    return replace(link, attributes={"peer": peer, "peer_netns": netns})

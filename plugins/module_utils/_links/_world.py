# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The links of all namespaces as they will be after the steps planned so far."""

from __future__ import annotations

from dataclasses import replace
from typing import Optional

from ansible_collections.virtio.lab.plugins.module_utils._links._model import Key, Link, Links


class World:
    """Links by namespace and name, and who depends on whom: a bridge's ports on it, a VLAN on its parent."""

    def __init__(self, have: Links) -> None:
        self._links: dict[str, dict[str, Link]] = {netns: dict(links) for netns, links in have.items()}
        self._users: dict[Key, dict[str, None]] = {}
        self._altnames: dict[Key, str] = {}
        for netns, links in have.items():
            for link in links.values():
                self._refer(netns, link)
                for altname in link.altnames:
                    self._altnames[netns, altname] = link.name

    def get(self, key: Key) -> Optional[Link]:
        return self._links[key[0]].get(key[1])

    def of(self, netns: str) -> list[Link]:
        """All links of a namespace."""
        return list(self._links[netns].values())

    def altname_of(self, key: Key) -> Optional[str]:
        """The link that has the name as an alternative one."""
        return self._altnames.get(key)

    def users(self, key: Key) -> list[Link]:
        """The ports of a bridge, the links on top of a link."""
        links = self._links[key[0]]
        return [links[name] for name in self._users.get(key, ())]

    def put(self, netns: str, link: Link) -> None:
        """The link as it is from now on."""
        old = self._links[netns].get(link.name)
        if old is not None:
            self._release(netns, old)
        self._links[netns][link.name] = link
        self._refer(netns, link)

    def drop(self, key: Key) -> None:
        """As the kernel does: ports are released, links on top and the other end of a veth go too."""
        link = self._links[key[0]].pop(key[1], None)
        if link is None:
            return
        self._release(key[0], link)
        for altname in link.altnames:
            self._altnames.pop((key[0], altname), None)
        for user in list(self._users.get(key, ())):
            other = self._links[key[0]][user]
            if other.master == key[1]:
                self.put(key[0], replace(other, master="", port={}, vlans={}, fdb=()))
            else:
                self.drop((key[0], user))
        if link.attributes.get("peer") and link.attributes["peer_netns"] in self._links:
            self.drop((link.attributes["peer_netns"], link.attributes["peer"]))

    def _refer(self, netns: str, link: Link) -> None:
        for name in below(link):
            self._users.setdefault((netns, name), {})[link.name] = None

    def _release(self, netns: str, link: Link) -> None:
        for name in below(link):
            self._users[netns, name].pop(link.name, None)


def below(link: Link) -> list[str]:
    """What the link cannot stay as it is without: its bridge and its parent."""
    return [name for name in (link.master, link.attributes.get("parent")) if name]

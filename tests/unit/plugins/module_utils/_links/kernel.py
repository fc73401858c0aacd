# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small model of what the kernel does with the lines of `ip -batch` and `bridge -batch` that the planner writes.

That the kernel behaves like it is what the integration targets tuntap and link check.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_interface

from ansible_collections.virtio.lab.plugins.module_utils._links._model import Action, FdbEntry, Link

RANDOM_MAC = "02:ff:ff:ff:ff:ff"
# As `ip` shows a new link of each kind, by iproute2's own words.
NEW = {
    "bridge": {
        "forward_delay": 15.0, "hello_time": 2.0, "max_age": 20.0, "ageing_time": 300.0, "priority": 32768,
        "vlan_filtering": False, "mcast_snooping": True, "stp": False,
    },
    "veth": {"peer": None, "peer_netns": None},
    "macvlan": {"parent": None, "mode": "vepa"},
    "macvtap": {"parent": None, "mode": "vepa"},
    "vlan": {"parent": None, "protocol": "802.1Q", "id": None},
    "vxlan": {"id": None, "parent": None, "remote": None, "local": None, "dstport": 8472, "learning": True},
    "dummy": {},
}  # fmt: skip
DEFAULT_VLANS = {1: ("pvid", "untagged")}
NEW_PORT = {"cost": 2, "priority": 32, "isolated": False}


class Kernel:
    """The links of all namespaces, by namespace and name."""

    def __init__(self, links: dict[str, list[Link]]) -> None:
        self.links = {netns: {link.name: link for link in there} for netns, there in links.items()}

    def copy(self) -> dict[str, dict[str, Link]]:
        return {netns: dict(links) for netns, links in self.links.items()}

    def run(self, action: Action) -> None:
        words, netns = list(action.words), action.place
        if action.program == "ioctl":
            self._own(netns, words)
        elif action.program == "bridge":
            {"vlan": self._vlan, "fdb": self._fdb}[words[0]](netns, words[1:])
        elif words[:2] == ["tuntap", "add"]:
            self._tuntap(netns, words[2:])
        elif words[:2] == ["link", "add"]:
            self._add(netns, words[2:])
        elif words[:2] == ["link", "delete"]:
            self._delete(netns, words[3])
        elif words[0] == "address":
            self._address(netns, *words[1:3], words[4])
        else:
            assert words[:3] == ["link", "set", "dev"]
            self._set(netns, words[3], words[4:])

    @staticmethod
    def made_bridge(name: str) -> Link:
        """A bridge that somebody made."""
        return Link(name, "bridge", True, 1500, RANDOM_MAC, attributes=NEW["bridge"], vlans=DEFAULT_VLANS, fdb=())

    def _put(self, netns: str, link: Link) -> None:
        self.links[netns][link.name] = link

    def _create(self, netns: str, link: Link) -> None:
        assert link.name not in self.links[netns], "EEXIST"
        self._put(netns, link)

    def _tuntap(self, netns: str, words: list[str]) -> None:
        options = dict(zip(words[::2], words[1::2], strict=False))
        number = {
            key: int(options[word]) if word in options else None for key, word in (("owner", "user"), ("group",) * 2)
        }
        flags = {key: word in words for key, word in (("multi_queue",) * 2, ("vnet_hdr",) * 2, ("packet_info", "pi"))}
        mac = RANDOM_MAC if options["mode"] == "tap" else None
        attributes = {"mode": options["mode"], **number, **flags}
        self._create(
            netns, Link(options["dev"], "tun", up=False, mtu=1500, mac=mac, attributes=attributes, vlans={}, fdb=())
        )

    def _own(self, netns: str, words: list[str]) -> None:
        link = self.links[netns][words[1]]
        flags = {"multi_queue": "multi_queue" in words, "vnet_hdr": "vnet_hdr" in words, "packet_info": "pi" in words}
        assert flags["multi_queue"] == link.attributes["multi_queue"], "EINVAL"
        name = {"TUNSETOWNER": "owner", "TUNSETGROUP": "group"}[words[-2]]
        self._put(netns, replace(link, attributes={**link.attributes, **flags, name: int(words[-1])}))

    def _add(self, netns: str, words: list[str]) -> None:
        head, tail = words[: words.index("type")], words[words.index("type") + 1 :]
        options = dict(zip(head[::2], head[1::2], strict=True))
        name, target, kind = options["name"], options.get("netns", netns), tail[0]
        attributes = dict(NEW[kind])
        if kind == "veth":
            peer = dict(zip(tail[2::2], tail[3::2], strict=True))
            other = peer.get("netns", netns)
            attributes = {"peer": peer["name"], "peer_netns": other}
            back = {"peer": name, "peer_netns": target}
            self._create(
                other, Link(peer["name"], "veth", up=False, mtu=1500, mac=RANDOM_MAC, attributes=back, vlans={}, fdb=())
            )
        else:
            attributes.update(_read(kind, tail[1:]))
        if "link" in options:
            attributes["parent"] = options["link"]
        parent = self.links[netns][attributes["parent"]] if attributes.get("parent") else None
        if kind == "macvlan" and parent and parent.kind == "macvlan":
            parent = self.links[netns][parent.attributes["parent"]]
            attributes["parent"] = parent.name
        self._refuse(netns, kind, attributes, parent)
        mtu = _most(kind, attributes, parent) if parent else 1500
        vlans = DEFAULT_VLANS if kind == "bridge" else {}
        self._create(target, Link(name, kind, False, mtu, RANDOM_MAC, attributes=attributes, vlans=vlans, fdb=()))

    def _refuse(self, netns: str, kind: str, attributes: dict, parent: Link | None) -> None:
        there = self.links[netns].values()
        same = [
            link for link in there if link.kind == kind and link.attributes.get("parent") == attributes.get("parent")
        ]
        if kind == "macvlan":
            modes = [attributes["mode"], *(link.attributes["mode"] for link in same)]
            assert "passthru" not in modes or len(modes) == 1, "EINVAL"
            assert not parent.master, "EBUSY"
        elif kind == "vlan":
            taken = [(link.attributes["id"], link.attributes["protocol"]) for link in same]
            assert (attributes["id"], attributes["protocol"]) not in taken, "EEXIST"
        elif kind == "vxlan":
            others = [link.attributes for link in there if link.kind == "vxlan"]
            key = ("id", "dstport")
            assert [attributes[name] for name in key] not in [[other[name] for name in key] for other in others], (
                "EEXIST"
            )
            assert parent or not (attributes["remote"] or "").startswith("239."), "EINVAL"

    def _delete(self, netns: str, name: str) -> None:
        link = self.links[netns].pop(name)
        for other in list(self.links[netns].values()):
            if other.master == name:
                self._put(netns, _free(other))
            if other.attributes.get("parent") == name and other.name in self.links[netns]:
                self._delete(netns, other.name)
        if link.kind == "veth" and link.attributes["peer"] in self.links.get(link.attributes["peer_netns"], {}):
            self._delete(link.attributes["peer_netns"], link.attributes["peer"])

    def _address(self, netns: str, verb: str, address: str, name: str) -> None:
        link = self.links[netns][name]
        assert verb == "replace" or (address in link.addresses) == (verb == "delete"), "EEXIST or EADDRNOTAVAIL"
        assert ":" not in address or (link.mtu or 0) >= 1280, "EINVAL"
        if verb != "delete":
            added = () if address in link.addresses else (address,)
            self._put(netns, replace(link, addresses=(*link.addresses, *added)))
            return
        network = ip_interface(address).network
        secondary = [other for other in link.addresses if ip_interface(other).network == network]
        # without promote_secondaries
        gone = secondary if network.version == 4 and secondary[0] == address else [address]
        self._put(netns, replace(link, addresses=tuple(other for other in link.addresses if other not in gone)))

    def _set(self, netns: str, name: str, words: list[str]) -> None:
        link = self.links[netns][name]
        no_ipv6 = tuple(address for address in link.addresses if ":" not in address)
        if words[0] == "type" and words[1] == "bridge_slave":
            assert link.master, "EINVAL"
            link = replace(link, port={**link.port, **_read("port", words[2:])})
        elif words[0] == "type":
            assert words[1] == link.kind
            link = replace(link, attributes={**link.attributes, **_read(link.kind, words[2:])})
            assert not link.attributes.get("stp") or link.attributes["forward_delay"] >= 2, "ERANGE"
        elif words[0] == "down":
            link = replace(link, up=False, addresses=no_ipv6)
        elif words[0] == "mtu":
            below = self.links[netns].get(link.attributes.get("parent") or "")
            assert below is None or int(words[1]) <= _most(link.kind, link.attributes, below), "EINVAL"
            for child in list(self.links[netns].values()):
                follows = child.kind in ("vlan", "macvlan") and child.attributes.get("parent") == name
                if follows and child.mtu > int(words[1]):
                    self._set(netns, child.name, words)
            link = replace(link, mtu=int(words[1]), addresses=link.addresses if int(words[1]) >= 1280 else no_ipv6)
        elif words[0] == "master":
            assert self.links[netns][words[1]].kind == "bridge", "EINVAL"
            on_top = [each for each in self.links[netns].values() if each.attributes.get("parent") == name]
            assert link.kind != "bridge", "ELOOP"
            assert "macvlan" not in [each.kind for each in on_top], "EBUSY"
            link = replace(_free(link), master=words[1], port=NEW_PORT, vlans=DEFAULT_VLANS)
        elif words[0] == "nomaster":
            link = _free(link)
        else:
            parent = self.links[netns][link.attributes["parent"]] if link.attributes.get("parent") else None
            assert words[0] != "up" or link.kind != "vlan" or parent.up, "ENETDOWN"
            key = {"up": "up", "address": "mac", "alias": "alias"}[words[0]]
            if words[0] == "address" and link.attributes.get("mode") == "passthru":
                self._put(netns, replace(parent, mac=words[1]))
            link = replace(link, **{key: words[1] if words[1:] else True})
        self._put(netns, link)

    def _vlan(self, netns: str, words: list[str]) -> None:
        verb, link, vid = words[0], self.links[netns][words[2]], int(words[4])
        assert link.master or (link.kind == "bridge" and "self" in words), "EOPNOTSUPP"
        vlans = {other: flags for other, flags in link.vlans.items() if other != vid}
        assert verb == "add" or vid in link.vlans, "ENOENT"
        if verb == "add":
            flags = tuple(flag for flag in ("pvid", "untagged") if flag in words)
            if "pvid" in flags:
                vlans = {other: tuple(flag for flag in old if flag != "pvid") for other, old in vlans.items()}
            vlans[vid] = flags
        self._put(netns, replace(link, vlans=vlans))

    def _fdb(self, netns: str, words: list[str]) -> None:
        verb, mac, link = words[0], words[1], self.links[netns][words[3]]
        vlan = int(words[words.index("vlan") + 1]) if "vlan" in words else 0
        dst = words[words.index("dst") + 1] if "dst" in words else ""
        entry = FdbEntry(mac, vlan, dst)
        assert verb == "replace" or (entry in link.fdb) == (verb == "delete"), "EEXIST or ENOENT"
        assert link.kind == "vxlan" if dst else link.master, "EINVAL"
        everywhere = not vlan and not dst
        rest = tuple(old for old in link.fdb if old != entry and not (everywhere and (old.mac, old.dst) == (mac, "")))
        copies = tuple(FdbEntry(mac, vid) for vid in link.vlans) if everywhere else ()
        self._put(netns, replace(link, fdb=rest if verb == "delete" else (*rest, entry, *copies)))
        if verb == "replace":
            for port in list(self.links[netns].values()):
                if port.master == link.master and port.name != link.name:
                    fdb = tuple(old for old in port.fdb if old not in (entry, *copies))
                    self._put(netns, replace(port, fdb=fdb))


def _most(kind: str, attributes: dict, parent: Link) -> int:
    """The largest MTU of a link on the parent."""
    ipv6 = ":" in (attributes.get("remote") or "") + (attributes.get("local") or "")
    return parent.mtu - (0 if kind != "vxlan" else 70 if ipv6 else 50)


def _free(link: Link) -> Link:
    return replace(link, master="", port={}, vlans={}, fdb=tuple(entry for entry in link.fdb if entry.dst))


def _read(kind: str, words: list[str]) -> dict:
    """What iproute2 understands of the words after the kind."""
    found: dict = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word in ("learning", "nolearning"):
            found["learning"] = word == "learning"
        elif word == "isolated":
            found["isolated"] = rest.pop(0) == "on"
        elif word in ("stp_state", "vlan_filtering", "mcast_snooping"):
            found["stp" if word == "stp_state" else word] = rest.pop(0) == "1"
        elif word in ("hello_time", "forward_delay", "max_age", "ageing_time"):
            found[word] = int(rest.pop(0)) / 100
        elif word in ("priority", "cost", "id", "dstport"):
            found[word] = int(rest.pop(0))
        else:
            name = {"group": "remote", "dev": "parent"}.get(word, word)
            assert name in NEW[kind], word
            found[name] = rest.pop(0)
    return found

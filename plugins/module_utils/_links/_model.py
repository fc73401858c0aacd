# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Links as the user wants them and as the kernel has them, and the steps from one to the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping, NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._links._change import Change

ANY_MAC = "00:00:00:00:00:00"  # of a VXLAN's entry for what no other one is for
MARK = "virtio.lab"  # the alias of a link that was made here
LOCK = "links"  # one for all modules that change links and namespaces, since each needs what another one makes

Key = tuple[str, str]  # network namespace ("" is the one the module runs in), name
Links = Mapping[str, Mapping[str, "Link"]]  # by namespace, by name
Lifetimes = Mapping[str, tuple[int, int]]  # by address: seconds for which it is valid, and preferred


class FdbEntry(NamedTuple):
    """A static entry of a forwarding database; vlan 0 is none; dst is the VXLAN endpoint, "" at a bridge's port."""

    mac: str
    vlan: int = 0
    dst: str = ""

    def __str__(self) -> str:
        return " ".join(
            (self.mac, *(("vlan", str(self.vlan)) if self.vlan else ()), *(("dst", self.dst) if self.dst else ()))
        )


@dataclass(frozen=True)
class Wish:
    """A link as asked for; None, or a key that is missing, means that the user leaves it as it is.

    attributes: those of its kind, by the names of _kinds. port: cost, priority and isolated. vlans: flags (pvid,
    untagged) by VLAN id. mac is in lower case, addresses are address/prefix in canonical form, master "" means none.
    lifetimes: of addresses that the link had for a time only, as from DHCP.
    """

    name: str
    netns: str = ""
    state: str = "present"
    kind: Optional[str] = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    mtu: Optional[int] = None
    mac: Optional[str] = None
    master: Optional[str] = None
    addresses: Optional[tuple[str, ...]] = None
    port: Mapping[str, Any] = field(default_factory=dict)
    vlans: Optional[Mapping[int, tuple[str, ...]]] = None
    fdb: Optional[tuple[FdbEntry, ...]] = None
    lifetimes: Lifetimes = field(default_factory=dict)

    @property
    def key(self) -> Key:
        return self.netns, self.name

    @property
    def label(self) -> str:
        """The name a user knows it by: with its namespace where it has one."""
        return label(self.netns, self.name)


@dataclass(frozen=True)
class Link:
    """A link of any kind as `ip -j -d address` shows it; mtu None is what the kernel will choose.

    attributes and port as in Wish, all of them, for the kinds of _kinds. addresses has the kernel's own link-local
    ones too, peers those of a point-to-point connection. vlans and fdb are None where they were not read. peer_index
    and peer_nsid are what the kernel tells of a veth's other end in another namespace. is_root: whether the bridge is
    the root of its spanning tree; of one that is not `ip` shows the times of the root. max_mtu: what its driver takes,
    0 where the kernel does not tell. lifetimes: of addresses that it has for a time only.
    """

    name: str
    kind: str
    up: bool
    mtu: Optional[int]
    mac: Optional[str] = None
    master: str = ""
    addresses: tuple[str, ...] = ()
    peers: tuple[str, ...] = ()
    altnames: tuple[str, ...] = ()
    alias: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    port: Mapping[str, Any] = field(default_factory=dict)
    vlans: Optional[Mapping[int, tuple[str, ...]]] = None
    fdb: Optional[tuple[FdbEntry, ...]] = None
    index: int = 0
    peer_index: int = 0
    peer_nsid: int = -1
    default_pvid: int = 1
    is_root: bool = True
    max_mtu: int = 0
    lifetimes: Lifetimes = field(default_factory=dict)

    @property
    def state(self) -> str:
        return "up" if self.up else "down"


@dataclass(frozen=True)
class Action:
    """One line of an `ip -batch` or `bridge -batch`, or, for program "tun", an ioctl; and what it alters.

    cuts: what the line does to a process that holds the link ("" when it does no harm). run_in: the namespace to run
    it in where that is another than the link's. puts_back: the link that was removed to be made anew, and of which this
    line is a part; it is run also when a line before it failed.
    """

    netns: str
    link: str
    words: tuple[str, ...]
    changes: tuple[Change, ...]
    cuts: str = ""
    program: str = "ip"
    run_in: Optional[str] = None
    puts_back: Optional[Key] = None

    @property
    def makes(self) -> bool:
        """Whether the line makes a link."""
        return self.words[:2] in (("link", "add"), ("tuntap", "add"))

    @property
    def removes(self) -> bool:
        """Whether the line removes a link."""
        return self.words[:2] == ("link", "delete")

    @property
    def place(self) -> str:
        """The namespace to run the line in."""
        return self.netns if self.run_in is None else self.run_in

    @property
    def key(self) -> Key:
        return self.netns, self.link

    @property
    def label(self) -> str:
        return label(self.netns, self.link)

    @property
    def command(self) -> str:
        """The command as a user would type it."""
        return " ".join((self.program, *(("-n", self.place) if self.place else ()), *self.words))


def label(netns: str, name: str) -> str:
    """`name`, or `name in network namespace netns`."""
    return f"{name} in network namespace {netns}" if netns else name

# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TUN/TAP devices as the user wants them and links as the kernel has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from ansible_collections.virtio.lab.plugins.module_utils._links._change import Change


@dataclass(frozen=True)
class Device:
    """A TUN/TAP device as asked for; None means that the user leaves it as it is.

    owner and group are ids, mac is in lower case, addresses are address/prefix in canonical form, bridge "" means
    no bridge, netns "" the namespace the module runs in.
    """

    name: str
    netns: str = ""
    state: str = "present"
    mode: Optional[str] = None
    owner: Optional[int] = None
    group: Optional[int] = None
    multi_queue: Optional[bool] = None
    vnet_hdr: Optional[bool] = None
    packet_info: Optional[bool] = None
    mtu: Optional[int] = None
    mac: Optional[str] = None
    bridge: Optional[str] = None
    addresses: Optional[tuple[str, ...]] = None

    @property
    def label(self) -> str:
        """The name a user knows it by: with its namespace where it has one."""
        return label(self.netns, self.name)


@dataclass(frozen=True)
class Link:
    """A link of any kind as `ip -j -d address` shows it; the TUN/TAP fields mean something for kind "tun" only.

    owner, group and addresses as in Device; addresses has the kernel's own link-local ones too.
    """

    name: str
    kind: str
    up: bool
    mtu: int
    mac: Optional[str] = None
    bridge: str = ""
    addresses: tuple[str, ...] = ()
    altnames: tuple[str, ...] = ()
    mode: str = ""
    owner: Optional[int] = None
    group: Optional[int] = None
    multi_queue: bool = False
    vnet_hdr: bool = False
    packet_info: bool = False


@dataclass(frozen=True)
class Action:
    """One line of an `ip -batch`, and what it alters.

    cuts: what the line does to a process that holds the device ("" when it does no harm).
    """

    netns: str
    device: str
    words: tuple[str, ...]
    changes: tuple[Change, ...]
    cuts: str = ""

    @property
    def label(self) -> str:
        return label(self.netns, self.device)

    @property
    def command(self) -> str:
        """The command as a user would type it."""
        return " ".join(("ip", *(("-n", self.netns) if self.netns else ()), *self.words))


def label(netns: str, name: str) -> str:
    """`name`, or `name in network namespace netns`."""
    return f"{name} in network namespace {netns}" if netns else name

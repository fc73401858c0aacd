# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wanted of a network, what libvirt has, and what may stand in the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from typing import Any, Literal, Mapping, NamedTuple, Optional, Union

Address = Union[IPv4Address, IPv6Address]
Interface = Union[IPv4Interface, IPv6Interface]
Subnet = Union[IPv4Network, IPv6Network]

# In these libvirt makes a bridge of its own and may give addresses away; in the others guests use what the host has.
VIRTUAL = ("nat", "route", "open", "isolated")
MODES = (*VIRTUAL, "bridge", "private", "vepa", "passthrough", "hostdev")


class Range(NamedTuple):
    """Addresses that DHCP gives away, both ends included; lease_s: for how long, in seconds, 0 for ever."""

    start: str
    end: str
    lease_s: Optional[int] = None


class Host(NamedTuple):
    """A fixed lease: the guest by MAC (IPv4), DUID (IPv6) or host name."""

    address: str
    mac: Optional[str] = None
    id: Optional[str] = None
    name: Optional[str] = None
    lease_s: Optional[int] = None


class Bootp(NamedTuple):
    """What a guest boots over the network: the file, and the address of the server that has it, None for the host."""

    file: str
    server: Optional[str] = None


class Ip(NamedTuple):
    """An address of the network's bridge and the DHCP in its subnet; None: not asked for.

    local_ptr: whether names of its addresses are asked for nowhere else. tftp: the folder that is served, "" for none.
    bootp: False for none.
    """

    interface: Interface
    ranges: Optional[tuple[Range, ...]] = None
    hosts: Optional[tuple[Host, ...]] = None
    local_ptr: Optional[bool] = None
    tftp: Optional[str] = None
    bootp: Union[Bootp, Literal[False], None] = None


@dataclass(frozen=True)
class Want:
    """One network as the user wants it.

    options: the definition's options that were given, nested ones too. ips: the addresses; with all_ips no others.
    document: a whole definition in place of options. restart: if_safe, always or never.
    """

    name: str
    lab: Optional[str] = None
    uuid: Optional[str] = None
    state: str = "present"
    autostart: Optional[bool] = None
    restart: str = "if_safe"
    options: Mapping[str, Any] = field(default_factory=dict)
    ips: Optional[tuple[Ip, ...]] = None
    all_ips: bool = False
    document: Optional[str] = None

    @property
    def defines(self) -> bool:
        """Whether anything is said of the definition itself."""
        return bool(self.options or self.ips is not None or self.document)


@dataclass(frozen=True)
class Network:
    """A network as libvirt has it.

    stored: the XML of the next start; live: that of now, None when it does not run. attached: who would be cut off if
    it stopped, as words such as "guest web". used: the host's devices that guests have of it.
    """

    name: str
    uuid: str
    lab: Optional[str]
    stored: str
    live: Optional[str]
    persistent: bool = True
    autostart: bool = False
    attached: tuple[str, ...] = ()
    used: tuple[str, ...] = ()

    @property
    def active(self) -> bool:
        """Whether the network runs."""
        return self.live is not None


class Route(NamedTuple):
    """A route of the host: destination, device."""

    destination: Subnet
    device: str


class HostShare(NamedTuple):
    """What a network takes of the host: a bridge of its own, subnets."""

    bridge: Optional[str]
    subnets: tuple[Subnet, ...]


@dataclass(frozen=True)
class World:
    """All networks by name, and the host's links and routes.

    functions: the PCI addresses of its virtual functions. libvirt: its version, as 9000000; 0 if not known.
    """

    networks: Mapping[str, Network]
    links: tuple[str, ...] = ()
    routes: tuple[Route, ...] = ()
    functions: frozenset[str] = frozenset()
    libvirt: int = 0

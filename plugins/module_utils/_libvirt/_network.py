# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a libvirt network is, as far as a lab cares: the model that wish, plan and XML share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Optional

MODES = ("nat", "route", "isolated", "open")


class DhcpHost(NamedTuple):
    """A fixed lease: MAC in lower case, IPv4 address, optional host name."""

    mac: str
    address: str
    name: Optional[str] = None


class DhcpRange(NamedTuple):
    """The addresses DHCP gives away, both ends included."""

    start: str
    end: str


@dataclass(frozen=True)
class Definition:
    """One network's settings. In a wish None means "not asked for"; in a reading, "has none".

    subnet is CIDR, gateway the bridge's own address; hosts are sorted.
    """

    name: str
    lab: Optional[str] = None
    mode: Optional[str] = None
    bridge: Optional[str] = None
    domain: Optional[str] = None
    subnet: Optional[str] = None
    gateway: Optional[str] = None
    dhcp: Optional[DhcpRange] = None
    hosts: Optional[tuple[DhcpHost, ...]] = None

    def facts(self) -> dict[str, Any]:
        """Return the settings as plain JSON types."""
        return {
            "name": self.name,
            "lab": self.lab,
            "mode": self.mode,
            "bridge": self.bridge,
            "domain": self.domain,
            "subnet": self.subnet,
            "gateway": self.gateway,
            "dhcp": self.dhcp and self.dhcp._asdict(),
            "hosts": [host._asdict() for host in self.hosts or ()],
        }


@dataclass(frozen=True)
class Network:
    """A network as libvirt has it.

    configured: what a start would use; live: what runs now, None when inactive; guests: names of the guests attached;
    xml: the configured XML; persistent: libvirt keeps it when it stops.
    """

    configured: Definition
    live: Optional[Definition]
    persistent: bool
    autostart: bool
    guests: tuple[str, ...]
    xml: str

    @property
    def active(self) -> bool:
        """Whether the network runs."""
        return self.live is not None


class Route(NamedTuple):
    """A route of the host: destination as CIDR, device."""

    destination: str
    device: str


@dataclass(frozen=True)
class World:
    """All that may stand in a network's way: other networks' definitions, the host's links and IPv4 routes."""

    networks: tuple[Definition, ...]
    links: tuple[str, ...]
    routes: tuple[Route, ...]

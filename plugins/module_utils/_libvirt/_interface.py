# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The network interfaces of a domain and their <driver>: read and select.

The <driver> of a virtio interface names the backend:
https://libvirt.org/formatdomain.html#setting-nic-driver-specific-options
Without a name libvirt tries vhost and falls back to qemu without a word.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign._reads import reads

if TYPE_CHECKING:
    from lxml.etree import _Element

VIRTIO_MODELS = ("virtio", "virtio-transitional", "virtio-non-transitional")
# The kinds of <interface> that libvirt gives a TAP or macvtap. Only there QEMU or vhost-net can carry the packets:
# those of all others go through another process, a socket, QEMU's user-mode network, or hardware.
TAP_TYPES = ("network", "bridge", "ethernet", "direct")
# The elements below <driver> that switch offloads; their attributes are keys like "host.csum" here.
SIDES = ("host", "guest")
_SOURCES = ("network", "bridge", "dev", "path")


class Interface(NamedTuple):
    """One <interface>.

    driver holds what its <driver> says as {"queues": "2", "host.csum": "off"}, {} where it has none; address is that
    of its PCI function, as in 0000:01:00.0, or what another bus has instead. twin: another NIC of the domain has the
    same MAC address, as <teaming> wants it. mode: of a macvtap. managed: whether libvirt makes and removes its TAP.
    virtualport: the type of the switch that it is a port of, where that is no bridge of Linux. router: the program that
    libvirt starts beside QEMU for it, where that is not QEMU itself.
    """

    mac: str
    alias: Optional[str]
    target: Optional[str]
    type: str
    source: Optional[str]
    model: Optional[str]
    driver: dict[str, str]
    address: Optional[str] = None
    twin: bool = False
    mode: Optional[str] = None
    managed: bool = True
    virtualport: Optional[str] = None
    router: Optional[str] = None

    @property
    def is_virtio(self) -> bool:
        """Whether the guest sees a virtio NIC that this host makes, the only kind whose <driver> is a virtio device's.

        A device that is passed through is what it is, whatever model its <interface> names.
        """
        return self.model in VIRTIO_MODELS and self.type != "hostdev"

    @property
    def has_tap(self) -> bool:
        """Whether its packets pass a TAP, so that there is a choice between QEMU and vhost-net."""
        return self.type in TAP_TYPES

    @property
    def is_vhost_user(self) -> bool:
        """Whether another process serves it, at the socket that is its source."""
        return self.type == "vhostuser"

    @property
    def is_user_mode(self) -> bool:
        """Whether QEMU, or the router beside it, opens sockets of the host for what the guest sends."""
        return self.type == "user"

    @property
    def is_passed_through(self) -> bool:
        """Whether it is a function of a card, whose PCI address is its source."""
        return self.type == "hostdev"

    @property
    def at(self) -> Optional[str]:
        """What tells it from its twin in both descriptions of the domain, None where its MAC address does."""
        return (self.address or self.alias or self.target) if self.twin else None

    @property
    def key(self) -> str:
        """What tells it from every other NIC of its domain: the MAC address, for twins with their place."""
        return keyed(self.mac, self.at)


class Selector(NamedTuple):
    """Which NICs of a domain are meant; without any of these, all that are virtio."""

    mac: Optional[str] = None
    alias: Optional[str] = None
    target: Optional[str] = None
    network: Optional[str] = None

    def matches(self, nic: Interface) -> bool:
        """Whether a NIC has all that is given."""
        return (
            self.mac in (None, nic.mac)
            and self.alias in (None, nic.alias)
            and self.target in (None, nic.target)
            and self.network in (None, nic.source)
        )

    @property
    def names_one(self) -> bool:
        """Whether a NIC is named, of whatever model; without it the virtio NICs are meant, of a network or all."""
        return any((self.mac, self.alias, self.target))

    def words(self) -> str:
        """Return what is given in words: "target vnet0"."""
        return " and ".join(f"{key} {value}" for key, value in self._asdict().items() if value is not None)


ALL = Selector()


def keyed(mac: str, at: Optional[str]) -> str:
    """Return the key of a NIC: "52:54:00:00:96:01", for a twin "52:54:00:00:96:01 at 0000:01:00.0"."""
    return f"{mac} at {at}" if at else mac


def selector(
    mac: Optional[str], alias: Optional[str] = None, target: Optional[str] = None, network: Optional[str] = None
) -> Selector:
    """Return the selector behind options as a user writes them."""
    return Selector(mac.lower() if mac else None, alias, target, network)


@reads("the XML of a domain")
def interfaces(root: _Element) -> list[Interface]:
    """Return the interfaces of a <domain> in the order of its XML."""
    return told_apart([read(element) for element in root.iterfind("devices/interface")])[0]


def told_apart(*descriptions: list[Interface]) -> list[list[Interface]]:
    """Return descriptions of one domain with the NICs marked as twins that share a MAC address in one of them."""
    shared = {mac for nics in descriptions for mac, count in Counter(nic.mac for nic in nics).items() if count > 1}
    return [[nic._replace(twin=nic.mac in shared) for nic in nics] for nics in descriptions]


def select(
    stored: list[Interface], live: list[Interface], wanted: Selector, domain: str, any_model: bool = False
) -> list[Interface]:
    """Return the NICs of a domain that a selector means, each as it is in effect, else as it is stored.

    libvirt makes up aliases and targets for a running guest only, so either description may match. Only virtio NICs are
    meant, unless any_model has those of any other model too that this host makes, and one passed through that is named.
    Raises LabError, naming what is there, when none does, or when what does is no such NIC.
    """
    running = {nic.key: nic for nic in live}
    found = list({**{nic.key: nic for nic in stored}, **running}.values())
    matching = {nic.key for nic in [*stored, *live] if wanted.matches(nic)}
    chosen = [nic for nic in found if nic.key in matching]
    if not chosen and wanted != ALL:
        has = "; ".join(described(nic) for nic in found) or "none"
        raise LabError(f"domain {domain!r} has no interface with {wanted.words()}; it has: {has}")
    # One that is passed through is meant where it is named, and is no twin: that is the other one's stand-in.
    passed = [nic.key for nic in chosen if nic.type == "hostdev" and wanted.names_one and not nic.twin]
    virtio = [nic for nic in chosen if nic.is_virtio or (any_model and (nic.type != "hostdev" or nic.key in passed))]
    if not virtio:
        has = "; ".join(described(nic) for nic in chosen or found) or "no interface at all"
        raise LabError(f"domain {domain!r}: only a virtio interface has a datapath to choose, and it has: {has}")
    return virtio


def described(nic: Interface) -> str:
    """Return a NIC in the words that a selector takes."""
    parts = [nic.mac, f"model {nic.model}"]
    parts += [f"{key} {value}" for key, value in (("alias", nic.alias), ("target", nic.target)) if value]
    return " ".join([*parts, nic.type, nic.source or ""]).rstrip()


def nested(driver: dict[str, str]) -> dict[str, Any]:
    """Return what a <driver> says with its offloads below their side.

    >>> nested({"name": "vhost", "host.csum": "off"})
    {'name': 'vhost', 'host': {'csum': 'off'}}
    """
    found: dict[str, Any] = {}
    for key, value in driver.items():
        side, dot, name = key.partition(".")
        if dot:
            found.setdefault(side, {})[name] = value
        else:
            found[key] = value
    return found


def read(element: _Element) -> Interface:
    """Return what an <interface> says."""

    def attribute(path: str, name: str) -> Optional[str]:
        child = element.find(path)
        return None if child is None else child.get(name)

    return Interface(
        mac=(attribute("mac", "address") or "").lower(),
        alias=attribute("alias", "name"),
        target=attribute("target", "dev"),
        type=element.get("type", ""),
        source=next(filter(None, (attribute("source", name) for name in _SOURCES)), None)
        or _address(element.find("source/address")),
        model=attribute("model", "type"),
        driver=_driver(element.find("driver")),
        address=_address(element.find("address")),
        mode=attribute("source", "mode"),
        managed=attribute("target", "managed") != "no",
        virtualport=attribute("virtualport", "type"),
        router=_other(attribute("backend", "type")),
    )


def _other(backend: Optional[str]) -> Optional[str]:
    """QEMU itself is "default"."""
    return None if backend == "default" else backend


def _driver(element: Optional[_Element]) -> dict[str, str]:
    if element is None:
        return {}
    found = {str(key): str(value) for key, value in element.attrib.items()}
    for side in SIDES:
        found.update({f"{side}.{key}": str(value) for child in element.iterfind(side) for key, value in child.items()})
    return found


def _address(element: Optional[_Element]) -> Optional[str]:
    if element is None:
        return None
    kind = element.get("type")
    if kind == "pci":
        domain, bus, slot, function = (int(element.get(key, "0"), 16) for key in ("domain", "bus", "slot", "function"))
        return f"{domain:04x}:{bus:02x}:{slot:02x}.{function:x}"
    if kind == "ccw":
        cssid, ssid, devno = (int(element.get(key, "0"), 16) for key in ("cssid", "ssid", "devno"))
        return f"{cssid:x}.{ssid:x}.{devno:04x}"
    return None

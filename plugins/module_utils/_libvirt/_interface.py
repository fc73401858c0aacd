# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The network interfaces of a domain and their <driver>: read, select, edit.

The <driver> of a virtio interface names the backend:
https://libvirt.org/formatdomain.html#setting-nic-driver-specific-options
Without a name libvirt tries vhost and falls back to qemu without a word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import etree

if TYPE_CHECKING:
    from lxml.etree import _Element

VIRTIO_MODELS = ("virtio", "virtio-transitional", "virtio-non-transitional")
_SOURCES = ("network", "bridge", "dev", "path")


class Interface(NamedTuple):
    """One <interface>; driver holds the attributes of its <driver>, {} where it has none."""

    mac: str
    alias: Optional[str]
    target: Optional[str]
    type: str
    source: Optional[str]
    model: Optional[str]
    driver: dict[str, str]

    @property
    def is_virtio(self) -> bool:
        """Whether the guest sees a virtio NIC, the only kind that has a backend to choose."""
        return self.model in VIRTIO_MODELS


def interfaces(root: _Element) -> list[Interface]:
    """Return the interfaces of a <domain> in the order of its XML."""
    return [_read(element) for element in root.iterfind("devices/interface")]


def select(found: list[Interface], mac: Optional[str], domain: str) -> list[Interface]:
    """Return the interface with this MAC address, or all virtio ones when mac is None.

    Raises LabError when there is none, or when the one with that address is no virtio NIC.
    """
    if mac is None:
        chosen = [nic for nic in found if nic.is_virtio]
        if not chosen:
            raise LabError(f"domain {domain!r} has no virtio interface; its models: {_models(found)}")
        return chosen
    chosen = [nic for nic in found if nic.mac == mac.lower()]
    if not chosen:
        has = ", ".join(nic.mac for nic in found) or "none"
        raise LabError(f"domain {domain!r} has no interface with the MAC address {mac}; it has: {has}")
    for nic in chosen:
        if not nic.is_virtio:
            raise LabError(
                f"interface {mac} of domain {domain!r} has the model {nic.model}; "
                "only a virtio interface has a datapath to choose"
            )
    return chosen


def edit_driver(text: str, macs: list[str], attributes: dict[str, Optional[str]]) -> str:
    """Return a domain's XML with these attributes of <driver> set for the NICs macs, those of None taken away.

    A <driver> that has nothing left to say goes. Everything else stays, comments in <metadata> included.
    """
    # libvirt printed this text itself; unlike parse() this keeps all of it.
    root = etree.fromstring(text, etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True))
    for element in root.iterfind("devices/interface"):
        if _read(element).mac in macs:
            _write(element, attributes)
    return etree.tostring(root, encoding="unicode")


def _write(interface: _Element, attributes: dict[str, Optional[str]]) -> None:
    driver = interface.find("driver")
    if driver is None:
        driver = interface.makeelement("driver", {})
        interface.find("model").addnext(driver)
    for name, value in attributes.items():
        if value is None:
            driver.attrib.pop(name, None)
        else:
            driver.set(name, value)
    if not driver.attrib and not len(driver):
        interface.remove(driver)


def _read(element: _Element) -> Interface:
    def attribute(path: str, name: str) -> Optional[str]:
        child = element.find(path)
        return None if child is None else child.get(name)

    driver = element.find("driver")
    return Interface(
        mac=(attribute("mac", "address") or "").lower(),
        alias=attribute("alias", "name"),
        target=attribute("target", "dev"),
        type=element.get("type", ""),
        source=next(filter(None, (attribute("source", name) for name in _SOURCES)), None),
        model=attribute("model", "type"),
        driver={} if driver is None else dict(driver.attrib),
    )


def _models(found: list[Interface]) -> str:
    return ", ".join(f"{nic.mac} {nic.model}" for nic in found) or "it has no interface at all"

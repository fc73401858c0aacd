# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The NICs of a domain in its two descriptions, so that each is found again in the other one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._domain import live_xml, stored_xml
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import Interface, interfaces, told_apart
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse

if TYPE_CHECKING:
    from libvirt import virConnect, virDomain

try:
    import libvirt
except ImportError:  # connect() has said so long before anything here is called
    libvirt = None


class Nics(NamedTuple):
    """The NICs as they are stored and as they are in effect, [] where there is no such description."""

    stored: list[Interface]
    live: list[Interface]


def nics_of(connection: virConnect, domain: virDomain) -> Nics:
    """Return the NICs of a domain, those that share a MAC address told apart.

    One on a network that passes devices through is of type hostdev also where it is only stored: the running domain's
    description says so by itself.
    """
    stored, live = told_apart(*(_read(text) for text in (stored_xml(domain), live_xml(domain))))
    names = {nic.source for nic in stored if nic.type == "network" and nic.is_virtio and nic.source}
    pools = {name for name in names if _passes_through(connection, name)}
    resolved = [
        nic._replace(type="hostdev") if nic.type == "network" and nic.source in pools else nic for nic in stored
    ]
    return Nics(resolved, live)


def _read(text: Optional[str]) -> list[Interface]:
    return interfaces(parse(text)) if text else []


def _passes_through(connection: virConnect, name: str) -> bool:
    try:
        text = connection.networkLookupByName(name).XMLDesc(0)
    except libvirt.libvirtError:  # what is not there yet is taken for what it is called
        return False
    return parse(text).find("forward[@mode='hostdev']") is not None

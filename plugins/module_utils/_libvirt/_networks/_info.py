# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All that libvirt knows of its networks: definition, state, who is attached, DHCP leases. Reads only."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Callable, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._facts import facts_of, guest_of, same

try:
    import libvirt
except ImportError:  # _connection.connect() says so before anything here is reached
    libvirt = None

if TYPE_CHECKING:
    from libvirt import virConnect, virNetwork


def read(connection: virConnect, names: Optional[Sequence[str]] = None) -> dict[str, list[Any]]:
    """Return the networks called names, or all, by name; and the names that no network has.

    Raises libvirtError when libvirt fails for another reason than that a network went away meanwhile.
    """
    asked = (found for found in connection.listAllNetworks() if names is None or found.name() in names)
    networks = sorted(filter(None, map(_network, asked)), key=lambda network: network["name"])
    missing = set(names or ()) - {network["name"] for network in networks}
    return {"networks": networks, "missing": sorted(missing)}


def _network(found: virNetwork) -> Optional[dict[str, Any]]:
    try:
        return _facts(found)
    except libvirt.libvirtError as error:
        if error.get_error_code() == libvirt.VIR_ERR_NO_NETWORK:
            return None  # A transient one is gone when it stops, and others may remove what was listed before.
        raise


def _facts(found: virNetwork) -> dict[str, Any]:
    active, persistent = bool(found.isActive()), bool(found.isPersistent())
    current = found.XMLDesc(0)
    live = current if active else None
    stored = found.XMLDesc(libvirt.VIR_NETWORK_XML_INACTIVE) if persistent else None
    return {
        **facts_of(current),
        "active": active,
        "persistent": persistent,
        "autostart": bool(found.autostart()) if persistent else False,
        "guests": _ask(lambda: [guest_of(port.XMLDesc()) for port in found.listAllPorts()]) if active else [],
        "leases": _ask(lambda: [_lease(lease) for lease in found.DHCPLeases()]),
        "live_xml": live,
        "stored_xml": stored,
        "restart_required": bool(live and stored and not same(stored, live)),
    }


def _ask(question: Callable[[], list[dict[str, Any]]]) -> Optional[list[dict[str, Any]]]:
    """Return the sorted answer, None from a driver that cannot tell: not knowing is not the same as none."""
    try:
        return sorted(question(), key=str)
    except libvirt.libvirtError as error:
        if error.get_error_code() == libvirt.VIR_ERR_NO_SUPPORT:
            return None
        raise


def _lease(lease: dict[str, Any]) -> dict[str, Any]:
    expiry = lease["expirytime"]
    return {
        "mac": lease["mac"],
        "address": lease["ipaddr"],
        "prefix": lease["prefix"],
        "family": "ipv6" if lease["type"] == libvirt.VIR_IP_ADDR_TYPE_IPV6 else "ipv4",
        "hostname": lease["hostname"],
        "client_id": lease["clientid"],
        # libvirt's 0 is a lease without end
        "expiry": datetime.fromtimestamp(expiry, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ") if expiry else None,
    }

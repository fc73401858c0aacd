# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find a domain and read its two descriptions: the stored one and the one in effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError

if TYPE_CHECKING:
    from libvirt import virConnect, virDomain

try:
    import libvirt
except ImportError:  # connect() has said so long before anything here is called
    libvirt = None

# libvirt's VIR_DOMAIN_XML_SECURE and VIR_DOMAIN_XML_INACTIVE
_SECURE, _INACTIVE = 1, 2
# libvirt's VIR_CONNECT_LIST_DOMAINS_ACTIVE, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE and …_ARP
_ACTIVE, _LEASES, _ARP = 1, 0, 2
# libvirt's virDomainState, from 0 on, in virsh's words; QEMU's driver never reports "idle".
STATES = ("no state", "running", "idle", "paused", "in shutdown", "shut off", "crashed", "pmsuspended")
RUNNING, PAUSED, OFF, CRASHED = (STATES[state] for state in (1, 3, 5, 6))


def find_domain(connection: virConnect, name: str) -> virDomain:
    """Return the domain of that name; raises LabError when there is none."""
    domains = {domain.name(): domain for domain in connection.listAllDomains()}
    if name not in domains:
        known = ", ".join(sorted(domains)) or "none"
        raise LabError(f"there is no domain {name!r} at {connection.getURI()}; there are: {known}")
    return domains[name]


def running_domains(connection: virConnect) -> list[str]:
    """Return the names of the domains that run, in order."""
    return sorted(domain.name() for domain in connection.listAllDomains(_ACTIVE))


def addresses(domain: virDomain) -> list[str]:
    """Return the addresses of a running domain that libvirt knows: of its networks' leases, else of the host's ARP."""
    for source in (_LEASES, _ARP):
        try:
            told = domain.interfaceAddresses(source, 0)
        except libvirt.libvirtError:
            continue
        found = [address["addr"] for link in told.values() for address in link["addrs"] or []]
        if found:
            return found
    return []


def live_xml(domain: virDomain) -> Optional[str]:
    """Return the XML in effect, None when the domain does not run."""
    return domain.XMLDesc(0) if domain.isActive() else None


def stored_xml(domain: virDomain) -> Optional[str]:
    """Return the XML of the next start, None for a transient domain; secrets are in it, so that it can be defined."""
    return domain.XMLDesc(_INACTIVE | _SECURE) if domain.isPersistent() else None


def define(connection: virConnect, name: str, text: str) -> None:
    """Store text as the configuration of domain name; raises LabError with libvirt's words when it refuses."""
    try:
        connection.defineXML(text)
    except libvirt.libvirtError as error:
        raise LabError(f"libvirt refused the new configuration of domain {name!r}: {error}") from error


def state_of(domain: virDomain) -> str:
    """Return the state in virsh's words."""
    state: int = domain.state()[0]
    return STATES[state] if state < len(STATES) else STATES[0]

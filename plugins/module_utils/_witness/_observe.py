# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One look at a domain: libvirt's two descriptions of its NICs, and QEMU's process from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Mapping, NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._domain import find_domain
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import Interface
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._nics import nics_of
from ansible_collections.virtio.lab.plugins.module_utils._qemu import _monitor, _peers, _process, _threads
from ansible_collections.virtio.lab.plugins.module_utils._runner import run
from ansible_collections.virtio.lab.plugins.module_utils._witness import _functions, _host_links

if TYPE_CHECKING:
    import libvirt


class Observation(NamedTuple):
    """What was seen of one domain at one moment; pid is None when it does not run.

    taps: the TAP behind each open /dev/net/tun; monitor: by the NIC's key what QEMU's monitor said of the backend;
    host_links: the hypervisor's links by name; netdevs: by alias what the monitor said of frontend and attachment.
    peers: the process at the other end of a NIC's socket, by its path over vhost-user, by the NIC's alias in user mode.
    functions: by PCI address those of cards that are passed through.
    """

    domain: str
    stored: list[Interface]
    live: list[Interface]
    pid: Optional[int]
    argv: list[str]
    links: dict[int, str]
    threads: list[_threads.Thread]
    taps: Mapping[int, str] = {}
    monitor: Optional[Mapping[str, str]] = None
    host_links: Mapping[str, _host_links.SeenLink] = {}
    netdevs: Mapping[str, _monitor.Netdev] = {}
    peers: Mapping[str, _peers.Peer] = {}
    functions: Mapping[str, _functions.SeenFunction] = {}


def interfaces_of(connection: libvirt.virConnect, name: str) -> list[Interface]:
    """Return the NICs of a domain in both descriptions."""
    nics = nics_of(connection, find_domain(connection, name))
    return [*nics.stored, *nics.live]


def observe(
    connection: libvirt.virConnect, domain_name: str, root: str = _process.PROC, monitor: bool = False
) -> Observation:
    """Look at a domain once: libvirt's two descriptions, QEMU's process, and with monitor what QEMU says itself.

    Raises LabError when the domain is unknown, when its process cannot be found or /proc may not be read.
    """
    domain = find_domain(connection, domain_name)
    stored, live = nics_of(connection, domain)
    if not live and not domain.isActive():
        return Observation(domain_name, stored, live, None, [], {}, [])
    pid = _process.qemu_pid(domain.UUIDString(), root)
    if pid is None:
        raise LabError(
            f"no QEMU process of domain {domain_name!r} ({domain.UUIDString()}) under {root}: "
            "the witness must be taken on the hypervisor itself"
        )
    wires = {nic.alias or "" for nic in live if nic.is_user_mode and nic.alias}
    passts = _peers.passt_sockets(pid, domain.ID(), wires, root)
    paths = [nic.source for nic in live if nic.is_vhost_user and nic.source]
    peers = _peers.peers_of(pid, [*paths, *passts.values()], root)
    return Observation(
        domain_name,
        stored,
        live,
        pid,
        _process.argv(pid, root),
        _process.links(pid, root),
        _threads.threads(pid, root),
        _process.taps(pid, root),
        {nic.key: _monitor.backend_of(domain, nic.alias) for nic in live if nic.is_virtio} if monitor else None,
        _host_links.read(run) if any(nic.target for nic in live) else {},
        _monitor.netdevs_of(domain) if monitor else {},
        {**peers, **{alias: peers[path] for alias, path in passts.items() if path in peers}},
        {nic.source: _functions.read(nic.source) for nic in live if nic.is_passed_through and nic.source},
    )

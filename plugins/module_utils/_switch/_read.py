# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what there is of a domain, for the plan, and tell what came of it."""

from __future__ import annotations

import os
from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING, Any, Optional

from ansible_collections.virtio.lab.plugins.module_utils._kvm._macvtap import lacks_macvtap
from ansible_collections.virtio.lab.plugins.module_utils._kvm._openvswitch import (
    lacks_openvswitch,
    lacks_openvswitch_kernel,
)
from ansible_collections.virtio.lab.plugins.module_utils._kvm._ovs_dpdk import lacks_ovs_dpdk
from ansible_collections.virtio.lab.plugins.module_utils._kvm._passt import lacks_passt
from ansible_collections.virtio.lab.plugins.module_utils._kvm._tun import lacks_tun
from ansible_collections.virtio.lab.plugins.module_utils._kvm._vfio import lacks_iommu, lacks_vfio
from ansible_collections.virtio.lab.plugins.module_utils._kvm._vhost_user import (
    lacks_shared_memory,
    lacks_testpmd,
    would_end,
)
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._agent import channel_state
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._build_xml import build_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._domain import (
    find_domain,
    live_xml,
    state_of,
    stored_xml,
)
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._driver_xml import INTERFACES
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import (
    Interface,
    interfaces,
    nested,
    select,
    told_apart,
)
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._qemu._monitor import UNKNOWN
from ansible_collections.virtio.lab.plugins.module_utils._qemu._process import PROC
from ansible_collections.virtio.lab.plugins.module_utils._runner import run
from ansible_collections.virtio.lab.plugins.module_utils._switch._edit import own_links, text_of
from ansible_collections.virtio.lab.plugins.module_utils._switch._fixed import fixed_nics
from ansible_collections.virtio.lab.plugins.module_utils._switch._host_side import halted, masters, remains
from ansible_collections.virtio.lab.plugins.module_utils._switch._plan import (
    VHOST_NET,
    Action,
    Have,
    Wish,
    build_is_in_effect,
    is_in_effect,
    merged,
)
from ansible_collections.virtio.lab.plugins.module_utils._witness._statement import observe_surely, statement_of

if TYPE_CHECKING:
    from libvirt import virConnect, virDomain
    from lxml.etree import _Element

try:
    import libvirt
except ImportError:  # connect() has said so long before anything here is called
    libvirt = None


def read(connection: virConnect, name: str, root: str = PROC, whole: bool = False) -> Have:
    """Return what there is of a domain; raises LabError for an unknown one.

    whole: also what only another <interface> asks for, libvirt's networks and the hypervisor's links.
    """
    domain = find_domain(connection, name)
    seen = observe_surely(connection, name, root)
    running = parse(live_xml(domain) or "<domain/>")
    stored = parse(stored_xml(domain) or "<domain/>")
    told = {nic.key: statement_of(seen, nic.key) for nic in seen.live}
    own = _own_names({nic.mac for nic in [*seen.stored, *seen.live]}) if whole else []
    made = masters(own, run) if whole else {}
    stopped = halted([*stored.iterfind(INTERFACES), *running.iterfind(INTERFACES)])
    return Have(
        domain=name,
        state=state_of(domain),
        virt_type=parse(domain.XMLDesc(0)).get("type", ""),
        persistent=bool(domain.isPersistent()),
        stored=seen.stored,
        live=seen.live,
        effective={nic.key: told[nic.key]["effective"] for nic in seen.live if nic.is_virtio},
        vhost_net=os.path.exists(VHOST_NET),
        macvtap=lacks_macvtap(os.uname().release),
        tun=lacks_tun(os.uname().release),
        openvswitch=lacks_openvswitch(),
        openvswitch_kernel=lacks_openvswitch_kernel(os.uname().release),
        version=connection.getLibVersion(),
        fixed=fixed_nics(running, seen.stored),
        saved=_saved(domain, seen.stored),
        agent=channel_state(running) == "connected",
        elements=_elements(stored, seen.stored),
        running=_elements(running, seen.live),
        datapaths={key: statement["datapath"] for key, statement in told.items()},
        bridges={**_bridges(connection), **made} if whole else {},
        # One that was stopped is as good as none: it is started anew.
        links=frozenset(made) - frozenset(stopped),
        halted=stopped,
        remains=frozenset(remains(own)),
        testpmd=lacks_testpmd(),
        ovs_dpdk=lacks_ovs_dpdk(),
        passt=lacks_passt(partial(_capabilities, connection, stored)) if whole else None,
        iommu=lacks_iommu(),
        vfio=lacks_vfio(os.uname().release),
        shared_memory=lacks_shared_memory(stored),
        running_shared_memory=lacks_shared_memory(running),
        vhost_user=would_end(stored, connection.getVersion()) if whole else None,
        build=build_of(stored),
        running_build=build_of(running),
    )


def _elements(root: _Element, nics: list[Interface]) -> dict[str, Any]:
    """Return each <interface> of a domain by its NIC's key; nics are those of the same description, in its order."""
    return {nic.key: element for nic, element in zip(nics, root.iterfind(INTERFACES))}


def _bridges(connection: virConnect) -> dict[str, str]:
    """Return by name the bridges of libvirt's networks that have one."""
    found = {}
    for network in connection.listAllNetworks():
        bridge = parse(network.XMLDesc(0)).find("bridge")
        if bridge is not None and bridge.get("name"):
            found[network.name()] = bridge.get("name")
    return found


def _capabilities(connection: virConnect, root: _Element) -> Optional[str]:
    """Return what libvirt tells of what a domain as this one can have, None where it tells nothing."""
    kind = root.find("os/type")
    arch, machine = (None, None) if kind is None else (kind.get("arch"), kind.get("machine"))
    try:
        told = connection.getDomainCapabilities(root.findtext("devices/emulator"), arch, machine, root.get("type"))
    except libvirt.libvirtError:
        return None
    return str(told)


def _own_names(macs: set[str]) -> list[str]:
    return [name for mac in macs for names in own_links(mac) for name in names]


def _saved(domain: virDomain, stored: list[Interface]) -> Optional[list[Interface]]:
    """Return the NICs of the state that the next start resumes, None where there is none, [] where it does not tell."""
    if domain.isActive() or not domain.hasManagedSaveImage():
        return None
    try:
        text = domain.managedSaveGetXMLDesc()
    except libvirt.libvirtError:
        return []
    return told_apart(interfaces(parse(text)), stored)[0]


def result(
    connection: virConnect, want: Wish, haves: list[Have], actions: list[Action], root: str = PROC
) -> dict[str, Any]:
    """Return what the module tells: the configuration (in check mode the planned one), the truth, the steps."""
    found: list[tuple[Have, str, dict[str, Any]]] = []
    for have in haves:
        # What was meant before: aliases and targets may be others by now.
        meant = select(have.stored, have.live, want.selector, have.domain, want.edit is not None)
        seen = observe_surely(connection, have.domain, root)
        found += [(have, nic.key, statement_of(seen, nic.key)) for nic in meant]
    planned = {(step.domain, step.key): step.after for step in actions if step.action == "define"}
    drivers = [planned.get((have.domain, key), told["configured"]) for have, key, told in found]
    renewed = {step.domain for step in actions if step.action in ("start", "attach")}
    pending = [
        have.domain not in renewed and (_runs_otherwise(told, driver) or _resumes_otherwise(have, key, driver))
        for (have, key, told), driver in zip(found, drivers)
    ]
    datapaths = [told for _have, _key, told in found]
    return {
        "configured": _common([(driver or {}).get("name", UNKNOWN) for driver in drivers]),
        "effective": _common([told["effective"] for told in datapaths]),
        "restart_required": any(pending),
        "datapaths": datapaths,
        "actions": [action.as_dict() for action in actions],
    }


def edit_result(
    connection: virConnect, want: Wish, haves: list[Have], actions: list[Action], root: str = PROC
) -> dict[str, Any]:
    """Return what module datapath tells: which datapath is in effect, the old <interface> of each NIC, the steps."""
    datapaths, interfaces_before, pending = [], [], []
    renewed = {step.domain for step in actions if step.action in ("start", "attach")}
    for have in haves:
        meant = select(have.stored, have.live, want.selector, have.domain, True)
        seen = observe_surely(connection, have.domain, root)
        datapaths += [statement_of(seen, nic.key) for nic in meant]
        for nic in meant:
            before = text_of(deepcopy(have.elements[nic.key])) if nic.key in have.elements else None
            told_before = {"domain": have.domain, "mac": nic.mac, "before": before, "build_before": dict(have.build)}
            interfaces_before.append(told_before)
            runs = nic.key in have.running and have.domain not in renewed
            pending.append(runs and not is_in_effect(nic.key, want._replace(proved=False), have))
        is_new = have.domain in renewed or not have.live
        pending.append(not is_new and not build_is_in_effect(want, have))
    return {
        "datapath": _common([told["datapath"] for told in datapaths]),
        "before": interfaces_before[0]["before"] if len(interfaces_before) == 1 else None,
        "build_before": dict(haves[0].build) if len(haves) == 1 else None,
        "interfaces": interfaces_before,
        "restart_required": any(pending),
        "datapaths": datapaths,
        "actions": [action.as_dict() for action in actions],
    }


def resumed(want: Wish, haves: list[Have]) -> list[str]:
    """Return in words which domains will start with a saved state that has another driver than is wanted."""
    return [
        f"domain {have.domain!r} has a saved state (virsh managedsave): its next start resumes that, with the driver "
        "it was saved with; restart it after that start, or discard the state by virsh managedsave-remove"
        for have in haves
        if any(
            _resumes_otherwise(have, nic.key, nested(merged(nic.driver, want.driver)))
            for nic in select(have.stored, have.live, want.selector, have.domain)
        )
    ]


def _runs_otherwise(told: dict[str, Any], driver: Optional[dict[str, Any]]) -> bool:
    return told["pid"] is not None and told["live"] != driver


def _resumes_otherwise(have: Have, key: str, driver: Optional[dict[str, Any]]) -> bool:
    if have.saved is None:
        return False
    saved = next((nic for nic in have.saved if nic.key == key), None)
    return saved is None or nested(saved.driver) != driver


def _common(values: list[str]) -> str:
    distinct = set(values)
    return distinct.pop() if len(distinct) == 1 else "mixed"

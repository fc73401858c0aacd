# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what there is of a domain, for the plan, and tell what came of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ansible_collections.virtio.lab.plugins.module_utils._datapath._plan import VHOST_NET, Action, Have, Wish
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._domain import find_domain, live_xml, state_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import read as read_interface
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import select
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._measure._process import PROC
from ansible_collections.virtio.lab.plugins.module_utils._measure._witness import observe_surely, statement_of

if TYPE_CHECKING:
    import libvirt
    from lxml.etree import _Element


def read(connection: libvirt.virConnect, name: str, root: str = PROC) -> Have:
    """Return what there is of a domain; raises LabError for an unknown one."""
    domain = find_domain(connection, name)
    seen = observe_surely(connection, name, root)
    return Have(
        domain=name,
        state=state_of(domain),
        virt_type=parse(domain.XMLDesc(0)).get("type", ""),
        persistent=bool(domain.isPersistent()),
        stored=seen.stored,
        live=seen.live,
        effective={nic.mac: statement_of(seen, nic.mac)["effective"] for nic in seen.live if nic.is_virtio},
        vhost_net=os.path.exists(VHOST_NET),
        version=connection.getLibVersion(),
        fixed=fixed_nics(parse(live_xml(domain) or "<domain/>")),
    )


def fixed_nics(root: _Element) -> frozenset[str]:
    """Return the MAC addresses of the NICs that cannot be unplugged from the running domain of this XML.

    Those are on the root bus of a PCI Express machine, or on a port that was given hotplug='off'.
    """
    fixed_buses = set()
    for controller in root.iterfind("devices/controller[@type='pci']"):
        target = controller.find("target")
        if controller.get("model") == "pcie-root" or (target is not None and target.get("hotplug") == "off"):
            fixed_buses.add(int(controller.get("index", "0")))
    found = set()
    for element in root.iterfind("devices/interface"):
        address = element.find("address[@type='pci']")
        if address is not None and int(address.get("bus", "0"), 16) in fixed_buses:
            found.add(read_interface(element).mac)
    return frozenset(found)


def result(
    connection: libvirt.virConnect, want: Wish, haves: list[Have], actions: list[Action], root: str = PROC
) -> dict[str, Any]:
    """Return what the module tells: the configuration (in check mode the planned one), the truth, the steps."""
    datapaths = []
    for have in haves:
        # What was meant before: aliases and targets may be others by now.
        meant = select(have.stored, have.live, want.selector, have.domain)
        seen = observe_surely(connection, have.domain, root)
        datapaths += [statement_of(seen, nic.mac) for nic in meant]
    planned = {(step.domain, step.mac): step.after for step in actions if step.action == "define"}
    drivers = [planned.get((found["domain"], found["interface"]["mac"]), found["configured"]) for found in datapaths]
    renewed = {step.domain for step in actions if step.action in ("start", "attach")}
    pending = [
        found["pid"] is not None and found["live"] != driver and found["domain"] not in renewed
        for found, driver in zip(datapaths, drivers)
    ]
    return {
        "configured": _common([(driver or {}).get("name", "unknown") for driver in drivers]),
        "effective": _common([found["effective"] for found in datapaths]),
        "restart_required": any(pending),
        "datapaths": datapaths,
        "actions": [action.as_dict() for action in actions],
    }


def _common(values: list[str]) -> str:
    distinct = set(values)
    return distinct.pop() if len(distinct) == 1 else "mixed"

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A PF and its VFs from sysfs and `ip -j -d link` (iproute2 5.x to 6.15)."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import Any, Iterable, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._sriov._find import Link, find_pf
from ansible_collections.virtio.lab.plugins.module_utils._sriov._host import Host, content, entries, link_name
from ansible_collections.virtio.lab.plugins.module_utils._sriov._model import DriverStates, Pf, Vf
from ansible_collections.virtio.lab.plugins.module_utils._sriov._plan_vf import NO_DRIVER


def read_links(host: Host) -> list[Link]:
    """All links of this network namespace."""
    links: list[Link] = json.loads(host.runner(["ip", "-j", "-d", "link", "show"]).stdout or "[]")
    return links


def read_pf(pf: str, links: Sequence[Link], host: Host) -> Pf:
    """The PF by any of its names (see _find); without who uses its VFs.

    Raises LabError where there is none, it has no SR-IOV, or it has no interface in this network namespace.
    """
    device, link = find_pf(pf, links, host)
    driver = link_name(f"{device}/driver") or "unknown"
    if not os.path.exists(f"{device}/sriov_numvfs"):
        raise LabError(f"pf {pf}: driver {driver} offers no SR-IOV for it (no sriov_numvfs); name a physical function")
    autoprobe = content(f"{device}/sriov_drivers_autoprobe")
    total = content(f"{device}/sriov_totalvfs")
    numvfs = int(content(f"{device}/sriov_numvfs") or 0)
    return Pf(
        name=link["ifname"],
        path=device,
        device=os.path.basename(device),
        bus=link_name(f"{device}/subsystem") or "unknown",
        driver=driver,
        up="UP" in link.get("flags", []),
        numvfs=numvfs,
        totalvfs=int(total) if total else None,
        drivers_autoprobe=autoprobe == "1" if autoprobe else None,
        switch_id=content(f"{host.sys}/class/net/{link['ifname']}/phys_switch_id"),
        reports="vfinfo_list" in link,
        vfs=tuple(_with_device(vf, device) for vf in parse_vfs(link.get("vfinfo_list", []), numvfs)),
    )


def parse_vfs(shown: Iterable[dict[str, Any]], numvfs: int) -> list[Vf]:
    """VFs from `vfinfo_list`; one that `ip` does not show has nothing but its index."""
    by_index = {entry["vf"]: entry for entry in shown}
    return [_vf(index, by_index.get(index)) for index in range(numvfs)]


def read_drivers(names: Iterable[Optional[str]], host: Host) -> DriverStates:
    """State of the PCI drivers asked for by name."""
    states: dict[str, str] = {}
    for name in names:
        if not name or name in NO_DRIVER:
            continue
        if os.path.isdir(f"{host.sys}/bus/pci/drivers/{name}"):
            states[name] = "loaded"
        else:
            found = host.runner(["modprobe", "--dry-run", "--quiet", name], check=False).rc == 0
            states[name] = "module" if found else "missing"
    return states


def _vf(index: int, entry: Optional[dict[str, Any]]) -> Vf:
    if entry is None:
        return Vf(index)
    vlan = (entry.get("vlan_list") or [{}])[0]
    rate = entry.get("rate", {})
    return Vf(
        index,
        mac=entry.get("address") or entry.get("mac"),
        vlan=vlan.get("vlan", 0),
        qos=vlan.get("qos", 0),
        proto=_proto(vlan),
        min_tx_rate=rate.get("min_tx"),
        max_tx_rate=rate.get("max_tx"),
        spoofchk=entry.get("spoofchk"),
        trust=entry.get("trust"),
        link_state=entry.get("link_state"),
    )


def _proto(vlan: dict[str, Any]) -> Optional[str]:
    """`ip` prints the protocol where it is not 802.1Q."""
    if not vlan.get("vlan"):
        return None
    return {"802.1ad": "802.1ad"}.get(str(vlan.get("protocol", "")).lower(), "802.1Q")


def _with_device(vf: Vf, pf_device: str) -> Vf:
    """With what sysfs knows of a VF that is a PCI device."""
    path = f"{pf_device}/virtfn{vf.index}"
    address = link_name(path)
    if not address:
        return vf
    override = content(f"{path}/driver_override") or ""
    group = link_name(f"{path}/iommu_group")
    return replace(
        vf,
        address=address,
        interface=next(iter(entries(f"{path}/net")), None),
        driver=link_name(f"{path}/driver") or "",
        override="" if override == "(null)" else override,
        iommu_group=int(group) if group else None,
    )

# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A PF and its VFs from sysfs and `ip -j -d link` (iproute2 5.x to 6.15)."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from typing import Any, Iterable, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner
from ansible_collections.virtio.lab.plugins.module_utils._sriov._model import DriverStates, Pf, Vf
from ansible_collections.virtio.lab.plugins.module_utils._sriov._plan import NO_DRIVER

PCI_ADDRESS = re.compile(r"(?:[0-9a-f]{4,}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]", re.IGNORECASE)


def read_pf(pf: str, runner: Runner, sys: str = "/sys") -> Pf:
    """The PF by interface name, PCI address, bus/device or switch id; without who uses its VFs.

    Raises LabError where there is none, it has no SR-IOV, or it has no interface in this network namespace.
    """
    device = _device(pf, sys)
    name = _interface(pf, device, sys)
    driver = _link(f"{device}/driver") or "unknown"
    if not os.path.exists(f"{device}/sriov_numvfs"):
        raise LabError(f"pf {pf}: driver {driver} offers no SR-IOV for it (no sriov_numvfs); name a physical function")
    entry = json.loads(runner(["ip", "-j", "-d", "link", "show", "dev", name]).stdout)[0]
    autoprobe = _file(f"{device}/sriov_drivers_autoprobe")
    total = _file(f"{device}/sriov_totalvfs")
    numvfs = int(_file(f"{device}/sriov_numvfs") or 0)
    return Pf(
        name=name,
        path=device,
        device=os.path.basename(device),
        driver=driver,
        up="UP" in entry.get("flags", []),
        numvfs=numvfs,
        totalvfs=int(total) if total else None,
        drivers_autoprobe=autoprobe == "1" if autoprobe else None,
        vfs=tuple(_with_device(vf, device) for vf in parse_vfs(entry.get("vfinfo_list", []), numvfs)),
    )


def parse_vfs(entries: Iterable[dict[str, Any]], numvfs: int) -> list[Vf]:
    """VFs from `vfinfo_list`; one that `ip` does not show has nothing but its index."""
    shown = {entry["vf"]: entry for entry in entries}
    return [_vf(index, shown.get(index)) for index in range(numvfs)]


def read_drivers(names: Iterable[Optional[str]], runner: Runner, sys: str = "/sys") -> DriverStates:
    """State of the PCI drivers asked for by name."""
    states: dict[str, str] = {}
    for name in names:
        if not name or name in NO_DRIVER:
            continue
        if os.path.isdir(f"{sys}/bus/pci/drivers/{name}"):
            states[name] = "loaded"
        else:
            found = runner(["modprobe", "--dry-run", "--quiet", name], check=False).rc == 0
            states[name] = "module" if found else "missing"
    return states


def _device(pf: str, sys: str) -> str:
    if PCI_ADDRESS.fullmatch(pf):
        address = pf.lower() if pf.count(":") == 2 else f"0000:{pf.lower()}"
        path = f"{sys}/bus/pci/devices/{address}"
    elif "/" in pf:
        path = "{}/bus/{}/devices/{}".format(sys, *pf.split("/"))
    elif os.path.exists(f"{sys}/class/net/{pf}"):
        path = f"{sys}/class/net/{pf}/device"
        if not os.path.exists(path):
            raise LabError(f"pf {pf} is a virtual interface without a device; name the interface of an SR-IOV card")
    else:
        path = _by_switch_id(pf, sys)
    if not os.path.exists(path):
        raise LabError(
            f"pf {pf} does not exist; give an interface, a PCI address like 0000:01:00.0, bus/device, or a switch id"
        )
    return os.path.realpath(path)


def _by_switch_id(pf: str, sys: str) -> str:
    for name in sorted(os.listdir(f"{sys}/class/net")):
        device = f"{sys}/class/net/{name}/device"
        if _file(f"{sys}/class/net/{name}/phys_switch_id") == pf.lower() and os.path.exists(f"{device}/sriov_numvfs"):
            return device
    return ""


def _interface(pf: str, device: str, sys: str) -> str:
    if os.path.exists(f"{sys}/class/net/{pf}"):
        return pf
    names = sorted(os.listdir(f"{device}/net")) if os.path.isdir(f"{device}/net") else []
    if not names:
        raise LabError(f"pf {pf} has no interface in this network namespace; bind it to its driver, or bring it here")
    return names[0]


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
    address = _link(path)
    if not address:
        return vf
    override = _file(f"{path}/driver_override") or ""
    return replace(
        vf, address=address, driver=_link(f"{path}/driver") or "", override="" if override == "(null)" else override
    )


def _link(path: str) -> Optional[str]:
    return os.path.basename(os.path.realpath(path)) if os.path.islink(path) else None


def _file(path: str) -> Optional[str]:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read().strip()
    except OSError:  # absent, or (phys_switch_id) not supported by the driver
        return None

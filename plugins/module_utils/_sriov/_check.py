# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the user wrote of a PF and its VFs, checked before anything is read or changed."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._check import check_mac
from ansible_collections.virtio.lab.plugins.module_utils._sriov._model import WantedPf, WantedVf

LARGEST_VLAN = 4094  # 4095 is reserved by IEEE 802.1Q
LARGEST_QOS = 7  # three bits of priority
LARGEST_RATE = 2**32 - 1  # Mb/s, struct ifla_vf_rate
DRIVER = re.compile(r"[A-Za-z0-9_.-]+")


def check_pfs(params: dict[str, Any]) -> list[WantedPf]:
    """What is wanted, from the module's parameters; what an entry of `pfs` leaves out comes from the top level.

    Raises LabError for the first thing that cannot be meant.
    """
    common = {name: params[name] for name in ("pf", "numvfs", "drivers_autoprobe", "vfs")}
    if params["pfs"] is None:
        return [_pf(common)]
    entries = [{name: value for name, value in entry.items() if value is not None} for entry in params["pfs"]]
    return [_pf({**common, **entry}) for entry in entries]


def _pf(params: dict[str, Any]) -> WantedPf:
    pf = params["pf"]
    if not pf or re.search(r"\s", pf) or pf.count("/") > 1 or pf.startswith("."):
        raise LabError(f"pf '{pf}' is no name; give an interface, a PCI address like 0000:01:00.0, or bus/device")
    numvfs = params["numvfs"]
    if numvfs is not None and numvfs < 0:
        raise LabError(f"pf {pf}: numvfs {numvfs} is negative; 0 removes all VFs")
    vfs = tuple(_vf(pf, entry) for entry in params["vfs"] or ())
    seen = set()
    for vf in vfs:
        if vf.index in seen:
            raise LabError(f"pf {pf}: vf {vf.index} is listed twice; list each VF once")
        seen.add(vf.index)
    return WantedPf(pf=pf, numvfs=numvfs, drivers_autoprobe=params["drivers_autoprobe"], vfs=vfs)


def _vf(pf: str, entry: dict[str, Any]) -> WantedVf:
    what = f"pf {pf}, vf {entry['index']}"
    if entry["index"] < 0:
        raise LabError(f"pf {pf}: VF index {entry['index']} is negative; VFs count from 0")
    _range(entry, "vlan", LARGEST_VLAN, what)
    _range(entry, "qos", LARGEST_QOS, what)
    for option in ("min_tx_rate", "max_tx_rate"):
        _range(entry, option, LARGEST_RATE, what)
    least, most = entry.get("min_tx_rate"), entry.get("max_tx_rate")
    if least and most and least > most:
        raise LabError(f"{what}: min_tx_rate {least} is above max_tx_rate {most}; give a smaller one (Mb/s)")
    if entry.get("vlan") == 0 and (entry.get("qos") or entry.get("proto") == "802.1ad"):
        raise LabError(f"{what}: qos and proto belong to a VLAN and vlan 0 is none; give one of 1 to {LARGEST_VLAN}")
    driver = entry.get("driver")
    if driver is not None and not DRIVER.fullmatch(driver):
        raise LabError(f"{what}: driver '{driver}' is no driver's name; write one like vfio-pci, or default, or none")
    mac = entry.get("mac")
    return WantedVf(**{**entry, "mac": None if mac is None else check_mac(mac, what)})


def _range(entry: dict[str, Any], option: str, largest: int, what: str) -> None:
    value = entry.get(option)
    if value is not None and not 0 <= value <= largest:
        raise LabError(f"{what}: {option} {value} is out of range; it goes from 0 to {largest}")

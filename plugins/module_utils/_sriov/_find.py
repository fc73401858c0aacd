# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which PF is meant: by interface (or another name of it), PCI address, bus/device, or the id of its switch."""

from __future__ import annotations

import os
import re
from typing import Any, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._sriov._host import Host, content, entries

PCI_ADDRESS = re.compile(r"(?:[0-9a-f]{4,}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]", re.IGNORECASE)
REPRESENTOR = re.compile(r"(c\d+)?pf\d+((vf|sf)\d+)?")  # phys_port_name of a port that stands for a VF or PF


class MissingError(LabError):
    """There is no such PF, or not yet."""


Link = dict[str, Any]  # as `ip -j -d link` shows it


def find_pf(pf: str, links: Sequence[Link], host: Host) -> tuple[str, Link]:
    """The PF's device directory in sysfs and its interface.

    Raises LabError where there is none, several could be meant, or it has no interface in this network namespace.
    """
    named = next((link for link in links if pf == link["ifname"] or pf in link.get("altnames", ())), None)
    if named:
        device = f"{host.sys}/class/net/{named['ifname']}/device"
        if not os.path.exists(device):
            raise LabError(f"pf {pf} is a virtual interface without a device; name the interface of an SR-IOV card")
        if _represents(named):
            port = named["phys_port_name"]
            raise LabError(f"pf {pf} is the representor {port} of its card's switch; name the card's own interface")
        return os.path.realpath(device), named
    device = _device(pf, host)
    return device, _interface(pf, device, links)


def find_all(links: Sequence[Link], host: Host) -> list[str]:
    """The names of the interfaces of all PFs, each PF once."""
    found: dict[str, str] = {}
    for link in links:
        device = os.path.realpath(f"{host.sys}/class/net/{link['ifname']}/device")
        if os.path.exists(f"{device}/sriov_numvfs") and not _represents(link):
            found.setdefault(device, link["ifname"])
    return list(found.values())


def _device(pf: str, host: Host) -> str:
    if PCI_ADDRESS.fullmatch(pf):
        path = f"{host.sys}/bus/pci/devices/" + (pf.lower() if pf.count(":") == 2 else f"0000:{pf.lower()}")
    elif "/" in pf:
        path = "{}/bus/{}/devices/{}".format(host.sys, *pf.split("/"))
    else:
        path = _by_switch_id(pf, host)
    if not os.path.exists(path):
        raise MissingError(
            f"pf {pf} does not exist; give an interface, a PCI address like 0000:01:00.0, bus/device, or a switch id"
        )
    return os.path.realpath(path)


def _by_switch_id(pf: str, host: Host) -> str:
    """Representors have the id of the switch too, and the same device; two cards may be one switch."""
    net = f"{host.sys}/class/net"
    same = [name for name in entries(net) if content(f"{net}/{name}/phys_switch_id") == pf.lower()]
    devices = {os.path.realpath(f"{net}/{name}/device") for name in same}
    devices = {device for device in devices if os.path.exists(f"{device}/sriov_numvfs")}
    if len(devices) > 1:
        names = ", ".join(sorted(os.path.basename(device) for device in devices))
        raise LabError(f"pf {pf} is the switch id of more than one device ({names}); give one's address")
    return next(iter(devices), "")


def _interface(pf: str, device: str, links: Sequence[Link]) -> Link:
    """Beside its own interface a PF's device has those of its switch's representors."""
    names = entries(f"{device}/net")
    own = [link for link in links if link["ifname"] in names and not _represents(link)]
    if not own:
        raise MissingError(
            f"pf {pf} has no interface in this network namespace; bind it to its driver, or bring it here"
        )
    return own[0]


def _represents(link: Link) -> bool:
    return "vfinfo_list" not in link and bool(REPRESENTOR.fullmatch(link.get("phys_port_name", "")))

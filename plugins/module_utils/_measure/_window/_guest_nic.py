# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the guest has of the NIC under test: its driver, the virtio features that both sides agreed on, its MTU, rings.

Features: https://docs.oasis-open.org/virtio/virtio/v1.3/virtio-v1.3.html, bits of the network device and the common
ones; Linux shows them as one digit a bit in /sys/bus/virtio/devices/*/features.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._agent import Agent
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._counters import ethtool, link_name

# What libvirt's <driver> calls it → the bit that says so in the guest.
FEATURES: Mapping[str, int] = {
    "host.csum": 0,
    "guest.csum": 1,
    "guest.tso4": 7,
    "guest.tso6": 8,
    "guest.ecn": 9,
    "guest.ufo": 10,
    "host.tso4": 11,
    "host.tso6": 12,
    "host.ecn": 13,
    "host.ufo": 14,
    "host.mrg_rxbuf": 15,
    "mq": 22,
    "event_idx": 29,
    "iommu": 33,
    "packed": 34,
    "rss_hash_report": 57,
    "rss": 60,
}
_IOMMU = re.compile(r"[A-Za-z-]{1,20}")
_BITS = re.compile(r"[01]{1,128}")
_RING = re.compile(r"^(RX|TX):[ \t]{0,40}([0-9]{1,9})$", re.MULTILINE)
_SYSFS = "/sys/class/net/{name}/{file}"


def guest_nic(agent: Agent, mac: str) -> Dict[str, Any]:
    """Return {driver, features, iommu, mtu, rings} of the guest's NIC, each None where the guest does not tell.

    features are names of FEATURES that were negotiated, rings the descriptors in rx and tx, iommu is how the guest's
    own IOMMU treats the NIC, in the kernel's words ("DMA-FQ", "identity"), None also where it has no IOMMU. Raises
    LabError when the agent does not answer or the guest has no such NIC.
    """
    name = link_name(agent, mac)
    bits = _read(agent, name, "device/features")
    mtu = _read(agent, name, "mtu")
    return {
        "driver": _driver(agent, name),
        "features": negotiated(bits) if bits and _BITS.fullmatch(bits) else None,
        "iommu": _iommu(agent, name),
        "mtu": int(mtu) if mtu and mtu.isascii() and mtu.isdigit() and len(mtu) < 7 else None,
        "rings": _rings(agent, mac),
    }


def negotiated(bits: str) -> List[str]:
    """Return the names of the features whose bits are set; the first digit is bit 0.

    >>> negotiated("1" + "0" * 33 + "1")
    ['host.csum', 'packed']
    """
    return [name for name, bit in FEATURES.items() if bits[bit : bit + 1] == "1"]


def _driver(agent: Agent, name: str) -> Optional[str]:
    done = agent.exec(["readlink", _SYSFS.format(name=name, file="device/driver")])
    found = done.stdout.strip().rpartition("/")[2]
    return found if done.rc == 0 and re.fullmatch(r"[A-Za-z0-9_-]{1,60}", found) else None


def _iommu(agent: Agent, name: str) -> Optional[str]:
    # Of a virtio NIC the device is the one on the virtio bus; the PCI device, which DMA is translated for, is above it.
    for file in ("device/iommu_group/type", "device/../iommu_group/type"):
        said = _read(agent, name, file)
        if said and _IOMMU.fullmatch(said):
            return said
    return None


def _read(agent: Agent, name: str, file: str) -> Optional[str]:
    done = agent.exec(["cat", _SYSFS.format(name=name, file=file)])
    return done.stdout.strip() if done.rc == 0 else None


def _rings(agent: Agent, mac: str) -> Optional[Dict[str, int]]:
    try:
        said = ethtool(agent, "-g", mac).partition("Current hardware settings:")[2]
    except LabError:
        return None
    return {side.lower(): int(count) for side, count in _RING.findall(said)} or None

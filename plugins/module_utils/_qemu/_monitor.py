# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask QEMU's monitor which backend serves a virtio NIC, and which device and -netdev make a NIC.

x-query-virtio-status is there since QEMU 7.2 and not promised to stay. libvirt marks a domain whose monitor was used
past it as tainted (custom-monitor), which is a line in its log.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Dict, NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._foreign import _json
from ansible_collections.virtio.lab.plugins.module_utils._foreign._shape import optional

if TYPE_CHECKING:
    from libvirt import virDomain

try:
    import libvirt
    import libvirt_qemu
except ImportError:  # connect() has said so long before anything here is called
    libvirt = libvirt_qemu = None

# Where nothing tells: the one word for it in every statement about a datapath.
UNKNOWN = "unknown"


def backend_of(domain: virDomain, alias: Optional[str]) -> str:
    """Return vhost or qemu for the NIC of that alias, unknown where it does not tell or no driver is up."""
    path = f"/machine/peripheral/{alias}/virtio-backend"
    try:
        text = libvirt_qemu.qemuMonitorCommand(
            domain, json.dumps({"execute": "x-query-virtio-status", "arguments": {"path": path}}), 0
        )
    except libvirt.libvirtError:
        return UNKNOWN
    status = optional(optional(_json.loads(text, "what QEMU's monitor says")).get("return"))
    if status.get("vhost-started") is True:
        return "vhost"
    # QEMU starts vhost only once the guest's driver is ready.
    statuses = optional(status.get("status")).get("statuses")
    ready = any("DRIVER_OK" in str(name) for name in (statuses if isinstance(statuses, list) else []))
    return "qemu" if ready else UNKNOWN


# `info network`: a line for each NIC, and below it, after a backslash, one for what it is connected to.
_NIC = re.compile(r"^(\S{1,100}): index=[0-9]{1,9},type=nic,model=([A-Za-z0-9_.-]{1,60}),")
_PEER = re.compile(r"^ \\ (\S{1,100}): index=[0-9]{1,9},type=([a-z0-9-]{1,40})(?:,|\Z)")
_LONGEST = 200_000
# libvirt's VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP
_HMP = 1


class Netdev(NamedTuple):
    """What the monitor says of a NIC: QEMU's name of the device, the type of its -netdev, None where it has none."""

    model: str
    type: Optional[str]


def netdevs_of(domain: virDomain) -> Dict[str, Netdev]:
    """Return by alias what the monitor's `info network` says of the NICs; {} where it says nothing."""
    try:
        text = libvirt_qemu.qemuMonitorCommand(domain, "info network", _HMP)
    except libvirt.libvirtError:
        return {}
    return netdevs_in(text)


def netdevs_in(text: str) -> Dict[str, Netdev]:
    """Return by alias the NICs in what `info network` prints.

    >>> netdevs_in("net0: index=0,type=nic,model=e1000,macaddr=52:54:00:00:90:01\\n \\\\ n0: index=0,type=tap,fd=30")
    {'net0': Netdev(model='e1000', type='tap')}
    """
    found: Dict[str, Netdev] = {}
    last = None
    for line in text[:_LONGEST].splitlines():
        nic, peer = _NIC.match(line), _PEER.match(line)
        if nic:
            last = nic.group(1)
            found[last] = Netdev(nic.group(2), None)
        elif peer and last and found[last].type is None:
            found[last] = Netdev(found[last].model, peer.group(2))
    return found

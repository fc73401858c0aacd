# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask QEMU's monitor which backend serves a virtio NIC.

x-query-virtio-status is there since QEMU 7.2 and not promised to stay. libvirt marks a domain whose monitor was used
past it as tainted (custom-monitor), which is a line in its log.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Optional

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

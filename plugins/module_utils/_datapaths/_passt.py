# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""passt: a process beside QEMU is the guest's router, and opens sockets of the host for what the guest sends."""

from __future__ import annotations

from ansible_collections.virtio.lab.plugins.module_utils._datapaths import _attachments, _backends, _frontends
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import Datapath

PASST = Datapath(
    "passt",
    "virtio-net over passt, by a socket",
    _frontends.VIRTIO,
    _backends.QEMU,
    _attachments.PASST,
    "QEMU's main loop copies each packet to the socket, and passt on to sockets of the host; libvirt starts it for the "
    "NIC. The guest has the address of the host's default route. It opens all connections, to its router, which is the "
    "host's loopback. No link of the host carries them, so packets are counted in the guest alone.",
)

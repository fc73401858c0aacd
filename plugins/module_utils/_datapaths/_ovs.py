# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Open vSwitch: the TAP is a port of it, and its datapath in the kernel forwards the packets."""

from __future__ import annotations

from ansible_collections.virtio.lab.plugins.module_utils._datapaths import _attachments, _backends, _frontends
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import Datapath

_NOTE = (
    "Its bridge is made for the NIC, with a veth into the network's bridge; a NIC on Open vSwitch stays where it is."
)

OVS = Datapath(
    "ovs",
    "virtio-net over a port of Open vSwitch, QEMU's own backend",
    _frontends.VIRTIO,
    _backends.QEMU,
    _attachments.OVS,
    _NOTE,
)
OVS_VHOST = Datapath(
    "ovs_vhost",
    "virtio-net over a port of Open vSwitch, vhost-net",
    _frontends.VIRTIO,
    _backends.VHOST,
    _attachments.OVS,
    _NOTE,
)

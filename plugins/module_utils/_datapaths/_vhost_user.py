# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vhost-user: a process beside QEMU moves the packets in the guest's own memory, and polls for them."""

from __future__ import annotations

from ansible_collections.virtio.lab.plugins.module_utils._datapaths import _attachments, _backends, _frontends
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import Datapath

VHOST_USER_TESTPMD = Datapath(
    "vhost_user_testpmd",
    "virtio-net over vhost-user, DPDK's testpmd",
    _frontends.VIRTIO,
    _backends.VHOST_USER,
    _attachments.TESTPMD,
    "testpmd is started for the NIC, without hugepages, and forwards between it and a TAP that is a port of the "
    "network's bridge. It polls: one CPU is busy whether packets come or not.",
)
VHOST_USER_OVS = Datapath(
    "vhost_user_ovs",
    "virtio-net over vhost-user, Open vSwitch with DPDK",
    _frontends.VIRTIO,
    _backends.VHOST_USER,
    _attachments.OVS_DPDK,
    "An Open vSwitch is started for the NIC alone, without hugepages and with a database of its own. A veth joins its "
    "bridge to the network's. It polls: one CPU is busy whether packets come or not.",
)

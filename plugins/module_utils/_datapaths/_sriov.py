# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A virtual function of an SR-IOV card under the guest's NIC; the card itself switches its packets."""

from __future__ import annotations

from ansible_collections.virtio.lab.plugins.module_utils._datapaths import _attachments, _backends, _frontends
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import Datapath

SRIOV_MACVTAP = Datapath(
    "sriov_macvtap",
    "virtio-net over a macvtap on a virtual function, vhost-net",
    _frontends.VIRTIO,
    _backends.VHOST,
    _attachments.SRIOV_MACVTAP,
    "`parent` names the virtual function, or the physical one of which a free one is taken. The card switches its "
    "packets, and libvirt gives it the NIC's MAC address for as long.",
)
SRIOV_VF = Datapath(
    "sriov_vf",
    "a virtual function given to the guest by vfio",
    _frontends.VFIO,
    _backends.HARDWARE,
    _attachments.SRIOV_VF,
    "`parent` as of `sriov_macvtap`. No thread of the hypervisor moves its packets, so their CPU is the vCPUs'. They "
    "are counted in the guest alone. The guest needs the driver of the card's virtual functions.",
)

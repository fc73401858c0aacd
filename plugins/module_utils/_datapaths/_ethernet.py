# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A TAP that was made beforehand: QEMU needs no privilege for it, and it stays when the guest goes."""

from __future__ import annotations

from ansible_collections.virtio.lab.plugins.module_utils._datapaths import _attachments, _backends, _frontends
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import Datapath

ETHERNET = Datapath(
    "ethernet",
    "virtio-net over a TAP made beforehand, QEMU's own backend",
    _frontends.VIRTIO,
    _backends.QEMU,
    _attachments.ETHERNET,
    "The TAP belongs to QEMU's user, and is a port of the network's bridge.",
)

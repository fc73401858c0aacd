# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""QEMU's own virtio backend: the main loop moves each packet between the virtqueues and a TAP."""

from __future__ import annotations

from ansible_collections.virtio.lab.plugins.module_utils._datapaths import _attachments, _backends, _frontends
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import Datapath

QEMU = Datapath(
    "qemu",
    "virtio-net over a TAP, QEMU's own backend",
    _frontends.VIRTIO,
    _backends.QEMU,
    _attachments.TAP,
    "The baseline of most campaigns: it can be had wherever there are TAPs.",
)

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Emulated NICs: what guests without a virtio driver have. QEMU's main loop feeds them from a TAP."""

from __future__ import annotations

from ansible_collections.virtio.lab.plugins.module_utils._datapaths import _attachments, _backends, _frontends
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import Datapath

EMULATED = tuple(
    Datapath(
        frontend.name,
        f"{frontend.title} over a TAP",
        frontend,
        _backends.QEMU,
        _attachments.TAP,
        f"The guest needs the driver {frontend.module}.",
    )
    for frontend in (_frontends.E1000, _frontends.E1000E, _frontends.RTL8139)
)

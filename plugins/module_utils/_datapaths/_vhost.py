# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vhost-net: a worker in the kernel moves the packets between the virtqueues and a TAP."""

from __future__ import annotations

from ansible_collections.virtio.lab.plugins.module_utils._datapaths import _attachments, _backends, _frontends
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import Datapath

VHOST = Datapath(
    "vhost",
    "virtio-net over a TAP, vhost-net",
    _frontends.VIRTIO,
    _backends.VHOST,
    _attachments.TAP,
    "What libvirt chooses where it can have it.",
)

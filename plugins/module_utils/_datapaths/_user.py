# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SLIRP: QEMU's main loop is the guest's router, and opens sockets of the host for what the guest sends."""

from __future__ import annotations

from ansible_collections.virtio.lab.plugins.module_utils._datapaths import _attachments, _backends, _frontends
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import Datapath

USER = Datapath(
    "user",
    "virtio-net over QEMU's user-mode network (SLIRP)",
    _frontends.VIRTIO,
    _backends.QEMU,
    _attachments.USER,
    "The guest opens all connections, to 10.0.2.2, which is the host's loopback. No link of the host carries them, so "
    "packets are counted in the guest alone.",
)

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""macvtap: a link of its own on top of a host link, in four modes, over QEMU's own backend and over vhost-net."""

from __future__ import annotations

from ansible_collections.virtio.lab.plugins.module_utils._datapaths import _attachments, _backends, _frontends
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import Backend, Datapath

_NOTE = "Its parent is a veth into the network's bridge, or the link that `parent` names."


def _over(backend: Backend, suffix: str, words: str) -> tuple[Datapath, ...]:
    return tuple(
        Datapath(
            f"{attachment.name}{suffix}",
            f"virtio-net over {attachment.title}, {words}",
            _frontends.VIRTIO,
            backend,
            attachment,
            _NOTE,
        )
        for attachment in _attachments.MACVTAPS
    )


MACVTAP = (
    *_over(_backends.QEMU, "", "QEMU's own backend"),
    *_over(_backends.VHOST, "_vhost", "vhost-net"),
)

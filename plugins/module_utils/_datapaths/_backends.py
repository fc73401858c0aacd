# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backends: who moves the packets between the virtqueues, or the emulated NIC, and the host."""

from __future__ import annotations

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import Backend, Host


def _anywhere(_host: Host) -> list[str]:
    return []


def _where_vhost_is(host: Host) -> list[str]:
    # libvirt opens /dev/vhost-net for domains of type kvm only and falls back without a word for others.
    return [why for why in (host.kvm, host.vhost_net) if why]


def _where_memory_is_shared(host: Host) -> list[str]:
    return [host.shared_memory] if host.shared_memory else []


# The main loop reads and writes the TAP; a user may have given the NIC an iothread.
QEMU = Backend("qemu", "QEMU's main loop", ("main", "iothread"), "main loop or iothread", "qemu", _anywhere)
VHOST = Backend("vhost", "vhost-net in the kernel", ("vhost",), "vhost worker", "vhost", _where_vhost_is)
VHOST_USER = Backend(
    "vhost_user",
    "a process of its own, in the guest's memory (vhost-user)",
    ("poller",),
    "poller",
    None,
    _where_memory_is_shared,
    polls=True,
)
# No thread: the guest's driver fills the card's rings itself, and the CPU that this costs is the vCPUs'.
HARDWARE = Backend("hardware", "the card itself", (), "", None, _anywhere)

BACKENDS = (QEMU, VHOST, VHOST_USER, HARDWARE)

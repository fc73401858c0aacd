# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose are the open /dev/vhost-net descriptors? They carry no name, so they are accounted for.

A NIC on vhost-net holds one for each of its queue pairs, any other holds none. With what is known of some NICs, the
number that QEMU holds leaves one answer for a NIC, or both. Pure.
"""

from __future__ import annotations

from typing import Mapping

from ansible_collections.virtio.lab.plugins.module_utils._qemu._monitor import UNKNOWN


def backend_of(nic: str, queues: Mapping[str, int], held: int, known: Mapping[str, str]) -> str:
    """Return vhost, qemu, or unknown where the descriptors leave both open, or cannot be accounted for at all.

    queues: the queue pairs of every NIC that could be on vhost-net, held: the open descriptors of the process, known:
    the backends that are known from elsewhere.

    >>> backend_of("a", {"a": 1, "b": 1}, 1, {"b": "qemu"})
    'vhost'
    >>> backend_of("a", {"a": 1, "b": 1}, 1, {})
    'unknown'
    """
    open_to = [
        backend
        for backend in ("vhost", "qemu")
        if known.get(nic, backend) == backend and is_possible(queues, held, {**known, nic: backend})
    ]
    return open_to[0] if len(open_to) == 1 else UNKNOWN


def is_possible(queues: Mapping[str, int], held: int, known: Mapping[str, str]) -> bool:
    """Whether what is known can be true of that many descriptors."""
    theirs = sum(queues[nic] for nic, backend in known.items() if backend == "vhost")
    sums = {theirs}
    for nic, count in queues.items():
        if nic not in known:
            sums |= {already + count for already in sums}
    return held in sums

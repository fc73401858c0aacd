# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Owner and group of a TUN/TAP device changed while it lives.

`ip` sets them only when it makes a device; the kernel takes them at any time from who has it open (TUNSETOWNER,
TUNSETGROUP of include/uapi/linux/if_tun.h). A device with one queue that a process holds cannot be opened again.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import struct
from typing import Iterator, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._links._batch import BatchError
from ansible_collections.virtio.lab.plugins.module_utils._links._change import Change
from ansible_collections.virtio.lab.plugins.module_utils._links._inside import inside
from ansible_collections.virtio.lab.plugins.module_utils._links._kinds import KINDS
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Action, Link, Wish

TUNSETIFF = 0x400454CA
REQUESTS = {"TUNSETOWNER": 0x400454CC, "TUNSETGROUP": 0x400454CE}
FLAGS = {"tun": 0x0001, "tap": 0x0002, "multi_queue": 0x0100, "vnet_hdr": 0x4000}
IFF_NO_PI = 0x1000


def owner_actions(wish: Wish, link: Link) -> Iterator[Action]:
    """The ioctls, with the flags the device has: who opens it sets some of them anew."""
    for name in ("owner", "group"):
        value, before = wish.attributes.get(name), link.attributes.get(name)
        if value not in (None, before):
            line = ("dev", wish.name, *_flags(link), f"TUNSET{name.upper()}", str(value))
            cuts = f"sets its {name}, for which the device has to be opened"
            yield Action(wish.netns, wish.name, line, (Change(name, before, value),), cuts, program="ioctl")


def _flags(link: Link) -> list[str]:
    flags = {name: value for name, value in link.attributes.items() if name not in ("owner", "group")}
    return [word for name, value in flags.items() for word in KINDS["tun"].attribute(name).words(value)]


def set_owners(netns: str, lines: Sequence[Sequence[str]]) -> None:
    """Carry out the words of such actions. Raises BatchError at the first that the kernel refuses."""
    for applied, line in enumerate(lines):
        try:
            with inside(netns):
                device = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
            try:
                _set(device, line)
            finally:
                os.close(device)
        except OSError as refused:
            raise BatchError(applied, str(refused)) from refused


def _set(device: int, words: Sequence[str]) -> None:
    _dev, name, *flags, request, value = words
    bits = sum(FLAGS.get(flag, 0) for flag in flags) | (0 if "pi" in flags else IFF_NO_PI)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), bits))
    fcntl.ioctl(device, REQUESTS[request], ctypes.c_int(int(value)).value)

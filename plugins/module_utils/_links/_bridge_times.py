# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bridge's own times of the spanning tree.

`ip` and sysfs show the times in effect, which are those of the root. What the bridge itself would use, and what setting
them changes, the kernel tells by the ioctl BRCTL_GET_BRIDGE_INFO alone (include/uapi/linux/if_bridge.h).
"""

from __future__ import annotations

import ctypes
import fcntl
import socket
import struct
import time
from dataclasses import replace
from typing import Collection, Mapping

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._inside import inside
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Link, label

TIMES = frozenset(("max_age", "hello_time", "forward_delay"))
SIOCDEVPRIVATE = 0x89F0
BRCTL_GET_BRIDGE_INFO = 6
BRIDGE_INFO = "=QQ4I3I4B6I"  # struct __bridge_info
CLOCK_MONOTONIC_COARSE = 6  # its resolution is one jiffy


def with_own_times(netns: str, links: Mapping[str, Link], names: Collection[str]) -> dict[str, Link]:
    """The links; of the named bridges that are not root, with their own times. Raises LabError when it is refused."""
    done = dict(links)
    for name in names:
        link = links.get(name)
        if link is not None and link.kind == "bridge" and not link.is_root:
            try:
                with inside(netns):
                    own = own_times(name)
            except OSError as refused:
                raise LabError(f"the times of bridge {label(netns, name)} cannot be read: {refused}") from refused
            done[name] = replace(link, attributes={**link.attributes, **own})
    return done


def own_times(bridge: str) -> dict[str, float]:
    """The times of a bridge in seconds. Raises OSError.

    old_dev_ioctl of net/bridge/br_ioctl.c tells the first two in jiffies and the third in hundredths of a second.
    """
    info = ctypes.create_string_buffer(struct.calcsize(BRIDGE_INFO))
    arguments = (ctypes.c_ulong * 4)(BRCTL_GET_BRIDGE_INFO, ctypes.addressof(info), 0, 0)
    request = struct.pack("16sP16x", bridge.encode(), ctypes.addressof(arguments))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCDEVPRIVATE, request)
    max_age, hello_time, forward_delay = struct.unpack(BRIDGE_INFO, info.raw)[6:9]
    jiffy = time.clock_getres(CLOCK_MONOTONIC_COARSE)
    return {
        "max_age": round(max_age * jiffy, 2),
        "hello_time": round(hello_time * jiffy, 2),
        "forward_delay": forward_delay / 100,
    }

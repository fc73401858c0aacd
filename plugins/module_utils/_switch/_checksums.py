# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Have a link leave no checksum to hardware.

What leaves the kernel by a veth has no checksums, as nothing can be damaged on the way. A program that takes them from
the other end, as Open vSwitch does, passes them on as they are: pings pass and TCP does not.
https://docs.kernel.org/networking/netdev-features.html
"""

from __future__ import annotations

import ctypes
import fcntl
import socket
import struct
from contextlib import closing

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError

# Of linux/sockios.h and linux/ethtool.h.
_SIOCETHTOOL = 0x8946
_ETHTOOL_STXCSUM = 0x17


def leave_none_to_hardware(link: str) -> None:
    """Have the kernel fill in the checksums of what it sends by a link, and so cut it into packets too."""
    wish = ctypes.create_string_buffer(struct.pack("II", _ETHTOOL_STXCSUM, 0))
    asked = struct.pack("16sP", link.encode("ascii"), ctypes.addressof(wish)).ljust(40, b"\0")
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as door:
        try:
            fcntl.ioctl(door, _SIOCETHTOOL, asked)
        except OSError as error:
            raise LabError(f"link {link} cannot be told to fill in its checksums: {error.strerror}") from error

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""hold_tap.py NAME [vnet_hdr]: open the TAP device as QEMU would, say so on stdout, hold it until killed.

By a name of /dev/net/tun that `mknod` made and that is gone since.
"""

from __future__ import annotations

import fcntl
import os
import stat
import struct
import sys
import tempfile
import time

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x0002, 0x1000, 0x4000

flags = IFF_TAP | IFF_NO_PI | (IFF_VNET_HDR if "vnet_hdr" in sys.argv[2:] else 0)
node = f"{tempfile.mkdtemp()}/other"
os.mknod(node, stat.S_IFCHR | 0o600, os.makedev(10, 200))
with open(node, "r+b", buffering=0) as device:
    os.unlink(node)
    os.rmdir(os.path.dirname(node))
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", sys.argv[1].encode(), flags))
    print("held", flush=True)
    time.sleep(600)

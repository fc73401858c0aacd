# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a host cannot have TAPs: libvirt would find it out when the guest is to start, in its own words."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Optional

from ansible_collections.virtio.lab.plugins.module_utils._kvm._modules import has_module

DEVICE = "/dev/net/tun"
_NUMBER = (10, 200)  # of the device, since Linux 2.4


def lacks_tun(release: str, root: str = "/") -> Optional[str]:
    """Return it in words for the running kernel of that release, None where it has them or that cannot be told."""
    try:
        seen = os.stat(Path(root, DEVICE.lstrip("/")))
    except OSError:
        if Path(root, "sys/class/misc/tun").exists():
            return f"the kernel has TUN/TAP, but {DEVICE} is missing: make the device visible here"
        if has_module("tun", release, root) is False:
            return f"{DEVICE} is missing and the kernel {release} has no module tun; boot one that has it"
        return None
    if not stat.S_ISCHR(seen.st_mode) or (os.major(seen.st_rdev), os.minor(seen.st_rdev)) != _NUMBER:
        return f"{DEVICE} is not the TUN/TAP device: make it anew (mknod {DEVICE} c 10 200)"
    return None

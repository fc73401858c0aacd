# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the managed host keeps what `ip netns` names."""

from __future__ import annotations

import os

NETNS_DIR = "/run/netns"
OWN_NETNS = "/proc/self/ns/net"


def left_over(netns: str, folder: str = NETNS_DIR) -> bool:
    """Whether there is something of the name that is no namespace: a file whose mount is gone, a link to nowhere."""
    path = os.path.join(folder, netns)
    try:
        return os.stat(path).st_dev != os.stat(OWN_NETNS).st_dev  # all namespaces are of one file system, nsfs
    except OSError:
        return os.path.lexists(path)

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each datapath needs of a host, by the names of capabilities: the registry says it, nothing is listed here."""

from __future__ import annotations

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import Datapath, Host
from ansible_collections.virtio.lab.plugins.module_utils._preflight._hypervisor import netdev_name, nic_name

# No datapath is without them.
COMMON = ("qemu", "libvirt")


def needs(datapath: Datapath) -> list[str]:
    """The names of the capabilities that a datapath cannot do without."""
    asked = [field for field in Host._fields if datapath.lacks(Host()._replace(**{field: field}))]
    netdevs = [netdev_name(datapath.attachment)] if datapath.attachment.netdev else []
    return [*COMMON, *asked, nic_name(datapath.frontend), *netdevs]

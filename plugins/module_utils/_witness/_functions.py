# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What sysfs says of a card's function that a guest has: the driver that it is bound to, and the nodes of vfio."""

from __future__ import annotations

import os
from typing import NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._sriov._host import entries, link_name
from ansible_collections.virtio.lab.plugins.module_utils._sriov._usage import VFIO


class SeenFunction(NamedTuple):
    """Whether it is a virtual one, its driver, and the device nodes by which a process has it."""

    is_virtual: bool
    driver: Optional[str]
    nodes: tuple[str, ...]


def read(address: str, sys: str = "/sys") -> SeenFunction:
    """Return what there is of the function at a PCI address."""
    path = f"{sys}/bus/pci/devices/{address}"
    group = link_name(f"{path}/iommu_group")
    nodes = [f"{VFIO}{group}"] if group else []
    nodes += [f"{VFIO}devices/{name}" for name in entries(f"{path}/vfio-dev")]
    return SeenFunction(os.path.islink(f"{path}/physfn"), link_name(f"{path}/driver"), tuple(nodes))

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a host cannot give functions of cards to guests: libvirt would find it out when the NIC is to be attached."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from ansible_collections.virtio.lab.plugins.module_utils._kvm._modules import has_module

_GROUPS = "sys/kernel/iommu_groups"


def lacks_iommu(root: str = "/") -> Optional[str]:
    """Return in words that no device is in an IOMMU group, None where some is."""
    groups = Path(root, _GROUPS)
    if groups.is_dir() and any(groups.iterdir()):
        return None
    return (
        f"there is no group in /{_GROUPS}: enable VT-d or AMD-Vi in the firmware, and boot with intel_iommu=on where "
        "the CPU is Intel's"
    )


def lacks_vfio(release: str, root: str = "/") -> Optional[str]:
    """Return in words why the running kernel of that release has no vfio-pci, None where it has or may have it."""
    if Path(root, "sys/bus/pci/drivers/vfio-pci").exists() or has_module("vfio-pci", release, root) is not False:
        return None
    return f"the kernel {release} has no module vfio-pci; boot one that has it"

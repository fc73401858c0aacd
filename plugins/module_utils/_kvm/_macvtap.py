# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a host cannot have macvtaps: libvirt would find it out when the NIC is to be attached, in its own words."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from ansible_collections.virtio.lab.plugins.module_utils._kvm._modules import has_module


def lacks_macvtap(release: str, root: str = "/") -> Optional[str]:
    """Return it in words for the running kernel of that release, None where it has them or that cannot be told."""
    if Path(root, "sys/class/macvtap").exists() or has_module("macvtap", release, root) is not False:
        return None
    return f"the kernel {release} has no module macvtap; boot one that has it"

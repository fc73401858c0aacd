# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a host's kernel has vhost-net, or could have it, without loading anything."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from ansible_collections.virtio.lab.plugins.module_utils._kvm._modules import has_module

DEVICE = "/dev/vhost-net"


class VhostNet(NamedTuple):
    """The answer: whether guests under KVM can have vhost-net here, and one sentence why."""

    usable: bool
    reason: str


def vhost_net(release: str, root: str = "/") -> VhostNet:
    """Tell it for the running kernel of that release."""
    if Path(root, DEVICE.lstrip("/")).exists():
        return VhostNet(True, f"{DEVICE} is there")
    if Path(root, "sys/class/misc/vhost-net").exists():
        return VhostNet(False, f"the kernel has vhost-net, but {DEVICE} is missing: make the device visible here")
    if has_module("vhost_net", release, root):
        return VhostNet(True, f"{DEVICE} comes with the module vhost_net, which the kernel {release} has")
    return VhostNet(False, f"{DEVICE} is missing and the kernel {release} has no module vhost_net")

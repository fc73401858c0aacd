# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a host cannot have ports of Open vSwitch: libvirt would find it out when the NIC is to be attached."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Optional

from ansible_collections.virtio.lab.plugins.module_utils._kvm._modules import has_module

_RUN = "run/openvswitch"


def lacks_openvswitch(root: str = "/") -> Optional[str]:
    """Return in words why Open vSwitch does not serve here, None where it runs."""
    if shutil.which("ovs-vsctl", path=os.pathsep.join(str(Path(root, each)) for each in ("usr/bin", "bin"))) is None:
        return "Open vSwitch is missing: install openvswitch-switch (Debian, Ubuntu) or openvswitch (Fedora, EL)"
    if not Path(root, _RUN, "db.sock").exists():
        return "Open vSwitch does not run, it has no /run/openvswitch/db.sock: start openvswitch-switch or openvswitch"
    if not _runs(Path(root, _RUN, "ovs-vswitchd.pid"), root):
        return "ovs-vswitchd does not run: start openvswitch-switch or openvswitch"
    return None


def lacks_openvswitch_kernel(release: str, root: str = "/") -> Optional[str]:
    """Return in words why the running kernel of that release has no datapath of Open vSwitch, None where it may."""
    if Path(root, "sys/module/openvswitch").exists() or has_module("openvswitch", release, root) is not False:
        return None
    return f"the kernel {release} has no module openvswitch; boot one that has it"


def _runs(pid_file: Path, root: str) -> bool:
    try:
        pid = int(pid_file.read_text(encoding="ascii"))
        return Path(root, "proc", str(pid)).exists()
    except (OSError, ValueError):
        return False

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why an Open vSwitch with DPDK cannot be started here: a program that is missing."""

from __future__ import annotations

import os
import shutil
from typing import Optional

# As Debian, Ubuntu and Fedora call it. What is called ovs-vswitchd need not have DPDK.
PROGRAMS = ("ovs-vswitchd-dpdk", "ovs-vswitchd.dpdk")
PLACES = ("/usr/lib/openvswitch-switch-dpdk", "/usr/sbin", "/sbin")
OTHERS = ("ovsdb-server", "ovsdb-tool", "ovs-vsctl", "unshare", "nsenter")
SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"


def found_program() -> Optional[str]:
    """Return the ovs-vswitchd that has DPDK, None where there is none."""
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), *PLACES])
    return next(filter(None, (shutil.which(name, path=places) for name in PROGRAMS)), None)


def lacks_ovs_dpdk() -> Optional[str]:
    """Return it in words, None where all that is needed is found."""
    missing = [] if found_program() else [PROGRAMS[0]]
    missing += [name for name in OTHERS if shutil.which(name) is None]
    if not missing:
        return None
    return (
        f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not found; install openvswitch-switch-dpdk "
        "(Debian, Ubuntu) or openvswitch-dpdk (Fedora)"
    )

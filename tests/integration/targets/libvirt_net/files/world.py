# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What libvirt and the kernel say of a network, as JSON: world.py NETWORK BRIDGE."""

import json
import subprocess
import sys

VIRSH = ["virsh", "--connect", "qemu:///system"]


def said(*words):
    """Return what a command prints, "" where it fails: there is no such network."""
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout


network, bridge = sys.argv[1:]
links = json.loads(said("ip", "-json", "-4", "address", "show"))
json.dump(
    {
        "names": said(*VIRSH, "net-list", "--all", "--name").split(),
        "live": said(*VIRSH, "net-dumpxml", network),
        "stored": said(*VIRSH, "net-dumpxml", network, "--inactive"),
        "info": said(*VIRSH, "net-info", network),
        "bridge": next((link for link in links if link["ifname"] == bridge), {}),
    },
    sys.stdout,
)

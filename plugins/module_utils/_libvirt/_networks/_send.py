# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send one update to a running network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._live import Update

if TYPE_CHECKING:
    from libvirt import virNetwork

# virNetworkUpdateCommand and virNetworkUpdateSection of libvirt-network.h, by virsh's names
_COMMANDS = {"modify": 1, "delete": 2, "add-last": 3}
_SECTIONS = {
    "ip-dhcp-host": 4,
    "ip-dhcp-range": 5,
    "forward-interface": 7,
    "portgroup": 9,
    "dns-host": 10,
    "dns-txt": 11,
    "dns-srv": 12,
}
_AFFECT_LIVE = 1


def send(network: virNetwork, update: Update) -> None:
    """Send the update to what runs; what is stored stays as it is."""
    network.update(_COMMANDS[update.verb], _SECTIONS[update.section], update.ip_index, update.xml, _AFFECT_LIVE)

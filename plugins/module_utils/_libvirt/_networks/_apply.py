# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carry plans out on one connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import ApplyError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._live import Update
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._plan import Action, Plan

try:
    import libvirt
except ImportError:  # _connection.connect() says so before anything here is reached
    libvirt = None

if TYPE_CHECKING:
    from libvirt import virConnect, virNetwork

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


def apply(connection: virConnect, plans: Sequence[Plan]) -> None:
    """Carry out the actions of all plans, in order.

    Raises ApplyError when libvirt refuses one: its words, and the commands that took effect before.
    """
    applied: list[str] = []
    for planned in plans:
        for action in planned.actions:
            try:
                _step(connection, planned, action, applied)
            except libvirt.libvirtError as error:
                said = error.get_error_message()
                raise ApplyError(
                    f"network {planned.name}: libvirt refused to {action.do} it: {said}", applied
                ) from error
            applied.append(action.command)


def _step(connection: virConnect, planned: Plan, action: Action, applied: list[str]) -> None:
    if action.do == "define":
        connection.networkDefineXML(action.xml)
        return
    network = connection.networkLookupByName(planned.name)
    if action.do == "autostart":
        network.setAutostart(int(action.after["autostart"]))
    elif action.do == "update":
        _update(network, action.update)
    elif action.do == "restart":
        _restart(connection, planned, network, applied)
    else:
        {"start": network.create, "stop": network.destroy, "undefine": network.undefine}[action.do]()


def _update(network: virNetwork, update: Optional[Update]) -> None:
    if update is not None:
        network.update(_COMMANDS[update.verb], _SECTIONS[update.section], update.ip_index, update.xml, _AFFECT_LIVE)


def _restart(connection: virConnect, planned: Plan, network: virNetwork, applied: list[str]) -> None:
    """Stop and start; where the new definition does not start, put the old one back and start that."""
    network.destroy()
    try:
        network.create()
    except libvirt.libvirtError as error:
        before = planned.have
        if before is None or not before.persistent:
            applied.append(f"virsh net-destroy {planned.name}")
            raise
        connection.networkDefineXML(before.stored).create()
        undone = next((action.command for action in planned.actions if action.do == "define"), None)
        applied[:] = [command for command in applied if command != undone]
        raise ApplyError(
            f"network {planned.name} does not start as it was asked for: {error.get_error_message()}; "
            "it was put back and runs as before",
            applied,
        ) from error

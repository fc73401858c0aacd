# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carry plans out on one connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import ApplyError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._connection import words_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._model import Network
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._plan import Action, Plan
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._send import send
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._undo import Done, startable, take_back

try:
    import libvirt
except ImportError:  # _connection.connect() says so before anything here is reached
    libvirt = None

if TYPE_CHECKING:
    from libvirt import virConnect


def apply(connection: virConnect, plans: Sequence[Plan], warn: Callable[[str], None]) -> None:
    """Carry out the actions of all plans, in order; warn of who lost a network as soon as that is so.

    Where libvirt refuses a definition, which it alone can tell, everything before it is taken back. Raises ApplyError
    when libvirt refuses a step: its words, and the commands that took effect and still do.
    """
    done: list[Done] = []
    for planned in plans:
        for action in planned.actions:
            try:
                _step(connection, planned, action, _commands(done))
            except libvirt.libvirtError as error:
                told = f"network {planned.name}: libvirt refused to {action.action} it: {words_of(error)}"
                raise _refused(connection, told, action, done) from error
            done.append(Done(planned, action))
            if action.action in ("stop", "restart") and planned.cut_off:
                warn(planned.loss())


def _commands(done: Sequence[Done]) -> list[str]:
    return [one.action.command for one in done]


def _refused(connection: virConnect, told: str, action: Action, done: Sequence[Done]) -> ApplyError:
    if action.action != "define" or not done:
        return ApplyError(told, _commands(done))
    stays, why = take_back(connection, done)
    told += "; putting back what was done before failed: " if why else "; what was done before was put back"
    lost = [one.planned for one in done if one.action.action in ("stop", "restart") and one.planned.cut_off]
    guests = [f"; {', '.join(planned.cut_off)} lost {planned.name} and must be attached again" for planned in lost]
    return ApplyError("".join([told, "; ".join(why), *guests]), _commands(stays))


def _step(connection: virConnect, planned: Plan, action: Action, applied: list[str]) -> None:
    if action.action == "define":
        connection.networkDefineXML(action.xml)
        return
    network = connection.networkLookupByName(planned.name)
    if action.action == "autostart":
        network.setAutostart(int(action.after["autostart"]))
    elif action.update is not None:
        send(network, action.update)
    elif action.action == "restart" and planned.have is not None:
        network.destroy()
        try:
            network.create()
        except libvirt.libvirtError as error:
            raise _not_restarted(connection, planned, planned.have, applied, error) from error
    else:
        {"start": network.create, "stop": network.destroy, "undefine": network.undefine}[action.action]()


def _not_restarted(
    connection: virConnect, planned: Plan, before: Network, applied: Sequence[str], error: libvirt.libvirtError
) -> ApplyError:
    """Put back what ran, which is known to start, and what was stored; return the error that tells how that went."""
    commands = {action.action: action.command for action in planned.actions}
    told = [f"network {planned.name} does not start as it was asked for: {words_of(error)}"]
    effective = list(applied)
    not_started = _said(lambda: connection.networkDefineXML(startable(before.live or "")).create())
    not_stored = _said(lambda: _store_again(connection, before, not_started is None))
    if not_stored is None and (before.persistent or not_started is None):
        effective = [command for command in effective if command != commands.get("define")]
    if not_started is not None:
        effective.append(f"virsh net-destroy {planned.name}")
        told.append(f"putting it back failed too: {not_started}; it does not run")
    else:
        told.append("it was put back and runs as before")
        # For those who were on it, that is another network.
        effective += [commands["restart"]] if planned.cut_off else []
    if not_stored is not None:
        told.append(f"storing its former definition failed too: {not_stored}")
    if planned.cut_off:
        told.append(f"{', '.join(planned.cut_off)} lost it and must be attached again")
    return ApplyError("; ".join(told), effective)


def _said(step: Callable[[], object]) -> Optional[str]:
    """Return libvirt's words where it refuses the step, None where the step is done."""
    try:
        step()
    except libvirt.libvirtError as error:
        return words_of(error)
    return None


def _store_again(connection: virConnect, before: Network, runs: bool) -> None:
    if before.persistent:
        connection.networkDefineXML(before.stored)
    elif runs:
        # It was known to libvirt while it ran only. One that is stopped keeps its definition: it would be gone.
        connection.networkLookupByName(before.name).undefine()

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take back what was done, where libvirt refuses a definition half way through a call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Mapping, NamedTuple, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._connection import words_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._element import remove
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._live import Update, found_by
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._model import Network
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._plan import Action, Plan
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._send import send
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import dump, parse

try:
    import libvirt
except ImportError:  # _connection.connect() says so before anything here is reached
    libvirt = None

if TYPE_CHECKING:
    from libvirt import virConnect


class Done(NamedTuple):
    """An action that took effect, and the plan it is of."""

    planned: Plan
    action: Action


def take_back(connection: virConnect, done: Sequence[Done]) -> tuple[list[Done], list[str]]:
    """Undo what was done, the last first; return what stays done all the same, in order, and libvirt's words why."""
    stays: list[Done] = []
    why: list[str] = []
    for one in reversed(done):
        try:
            _back(connection, one.planned, one.action)
        except libvirt.libvirtError as error:
            stays.insert(0, one)
            why.insert(0, f"{one.action.command}: {words_of(error)}")
    return stays, why


def startable(live: str) -> str:
    """Return the XML of a running network without what libvirt found on a physical function, which it won't read."""
    root = parse(live)
    for forward in root.iterfind("forward"):
        if forward.find("pf") is not None:
            remove(forward, "interface", "address")
    return dump(root)


def _back(connection: virConnect, planned: Plan, action: Action) -> None:
    if planned.have is None:
        # Nothing was there before: what was made is stopped, then forgotten.
        network = connection.networkLookupByName(planned.name)
        {"start": network.destroy, "define": network.undefine}.get(action.action, lambda: None)()
        return
    steps: Mapping[str, Callable[[virConnect, Network, Action], None]] = {
        "define": _stored,
        "undefine": _known,
        "autostart": _autostart,
        "start": lambda connection, have, action: connection.networkLookupByName(have.name).destroy(),
        "stop": _started,
        "restart": _restarted,
        "update": _updated,
    }
    steps[action.action](connection, planned.have, action)


def _stored(connection: virConnect, have: Network, action: Action) -> None:
    if have.persistent:
        connection.networkDefineXML(have.stored)
    else:
        connection.networkLookupByName(have.name).undefine()


def _known(connection: virConnect, have: Network, action: Action) -> None:
    connection.networkDefineXML(have.stored).setAutostart(int(have.autostart))


def _autostart(connection: virConnect, have: Network, action: Action) -> None:
    connection.networkLookupByName(have.name).setAutostart(int(action.before["autostart"]))


def _started(connection: virConnect, have: Network, action: Action) -> None:
    # As it ran: that may be another definition than the one that is stored, which is put back after.
    live = startable(have.live or "")
    if have.persistent:
        connection.networkDefineXML(live).create()
        connection.networkDefineXML(have.stored)
    else:
        connection.networkCreateXML(live)


def _restarted(connection: virConnect, have: Network, action: Action) -> None:
    connection.networkLookupByName(have.name).destroy()
    _started(connection, have, action)


def _updated(connection: virConnect, have: Network, action: Action) -> None:
    if action.update is not None:
        send(connection.networkLookupByName(have.name), _reverse(action.update, action))


def _reverse(update: Update, action: Action) -> Update:
    if update.verb == "add-last":
        return update._replace(verb="delete", xml=found_by(update.section, update.xml))
    verb = "add-last" if update.verb == "delete" else update.verb
    return update._replace(verb=verb, xml=action.before["live"][update.setting])

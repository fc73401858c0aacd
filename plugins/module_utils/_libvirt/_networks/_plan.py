# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare a want with what libvirt has: the ordered actions, or the sentence that says why not. Pure."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._build import merged
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._check import check
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._host_share import refuse_clash, share_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._live import (
    Live,
    Rehearse,
    Update,
    live_change,
)
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._model import Network, Want, World
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._parts import (
    changed,
    compared,
    parts,
    shown,
)
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import dump, parse


class Action(NamedTuple):
    """One step: define, autostart, update, start, stop, restart or undefine; what it changes, before and after."""

    action: str
    network: str
    before: dict[str, Any]
    after: dict[str, Any]
    xml: str = ""
    update: Optional[Update] = None

    @property
    def command(self) -> str:
        """The step as one would type it; the XML of a definition is in the diff."""
        if self.update is not None:
            return self.update.command(self.network)
        if self.action == "restart":
            return f"{_virsh('destroy', self.network)} && {_virsh('start', self.network)}"
        if self.action == "define":
            return _virsh("define", f"{self.network}.xml")
        if self.action == "autostart":
            return _virsh("autostart", self.network, *([] if self.after["autostart"] else ["--disable"]))
        return _virsh({"stop": "destroy"}.get(self.action, self.action), self.network)


@dataclass(frozen=True)
class Plan:
    """What is to be done for one network.

    becomes: the network as it is afterwards, None when it is gone. restart_for: settings that wait for a restart.
    cut_off: who loses the network by the actions.
    """

    name: str
    have: Optional[Network]
    becomes: Optional[Network]
    actions: tuple[Action, ...] = ()
    restart_for: tuple[str, ...] = ()
    cut_off: tuple[str, ...] = field(default=())

    def loss(self) -> str:
        """Return who loses the network, as a sentence."""
        return f"network {self.name} was stopped under {', '.join(self.cut_off)}"

    def diff(self) -> dict[str, dict[str, Any]]:
        """Return what the actions change: stored and live settings, active, autostart."""
        told: dict[str, dict[str, Any]] = {"before": {}, "after": {}}
        for action in self.actions:
            for side, facts in (("before", action.before), ("after", action.after)):
                for key, value in facts.items():
                    if isinstance(value, dict):
                        told[side].setdefault(key, {}).update(value)
                    else:
                        told[side].setdefault(key, value)
        return told


def _virsh(verb: str, *words: str) -> str:
    return shlex.join(["virsh", f"net-{verb}", *words])


def plan(want: Want, world: World, rehearse: Optional[Rehearse] = None) -> Plan:
    """Return what brings the network of that name to want; no actions when all is so.

    Raises LabError, before anything is done, when the network is another's, when the definition contradicts itself or
    takes what another network or the host has, or when it would have to be stopped under somebody.
    """
    have = world.networks.get(want.name)
    if have is not None:
        _refuse_foreign(want, have)
    planned = _removal(want, have) if want.state == "absent" else _change(want, have, world, rehearse)
    if planned.cut_off and want.restart != "always":
        raise LabError(
            f"network {want.name} runs with guests attached ({', '.join(planned.cut_off)}), which would be cut off: "
            "it would be stopped; shut them down or detach them first, or say restart: always"
        )
    return planned


def _refuse_foreign(want: Want, have: Network) -> None:
    if have.lab == want.lab:
        return
    whose = "was not made by a lab" if have.lab is None else f"belongs to the lab {have.lab!r}"
    asker = "a task that names no lab" if want.lab is None else f"the lab {want.lab!r}"
    raise LabError(f"network {want.name} exists already and {whose}, so {asker} must not touch it; choose another name")


def _refuse_uuid(want: Want, told: str, have: Optional[Network], world: World) -> None:
    for other in world.networks.values():
        if told and other.uuid == told and other.name != want.name:
            raise LabError(
                f"network {want.name}: uuid {told} is that of the network {other.name}; name and uuid differ"
            )
    if have is not None and told not in ("", have.uuid):
        raise LabError(f"network {want.name} has the uuid {have.uuid}, not {told}; a network's uuid does not change")


def _removal(want: Want, have: Optional[Network]) -> Plan:
    if have is None:
        return Plan(want.name, None, None)
    _refuse_uuid(want, want.uuid or "", have, World({}))
    actions = [_stop(have)] if have.active else []
    if have.persistent:
        actions.append(Action("undefine", want.name, {"stored": _all(have.stored)}, {"stored": {}}))
    return Plan(want.name, have, None, tuple(actions), cut_off=have.attached if have.active else ())


def _stop(have: Network) -> Action:
    return Action("stop", have.name, {"active": True}, {"active": False})


def _all(xml: str) -> dict[str, str]:
    settings = parts(parse(xml))
    return shown(settings, sorted(settings))


def _change(want: Want, have: Optional[Network], world: World, rehearse: Optional[Rehearse]) -> Plan:
    if have is None and not want.defines:
        raise LabError(f"there is no network {want.name}; say what it is like, by mode and subnet, ips or xml")
    root = merged(None if have is None else parse(have.stored), want)
    _refuse_uuid(want, root.findtext("uuid", "").strip().lower(), have, world)
    actions = _definition(want, have, dump(root))
    if have is None or actions:
        check(root, want, world)
    was = False if have is None else have.autostart
    if want.autostart not in (None, was):
        actions.append(Action("autostart", want.name, {"autostart": was}, {"autostart": want.autostart}))
    steps, restart_for, cut_off = _running(want, have, dump(root), rehearse)
    actions += steps
    _refuse_what_clashes(want, have, actions, world)
    becomes = _foreseen(want, have, dump(root), actions)
    return Plan(want.name, have, becomes, tuple(actions), restart_for, cut_off)


def _definition(want: Want, have: Optional[Network], xml: str) -> list[Action]:
    if have is None:
        return [Action("define", want.name, {"stored": {}}, {"stored": _all(xml)}, xml)]
    before, after, names = compared(parse(have.stored), parse(xml))
    if not names and have.persistent:
        return []
    old: dict[str, Any] = {"stored": shown(before, names)}
    new: dict[str, Any] = {"stored": shown(after, names)}
    if not have.persistent:
        old, new = {**old, "persistent": False}, {**new, "persistent": True}
    return [Action("define", want.name, old, new, xml)]


def _running(
    want: Want, have: Optional[Network], xml: str, rehearse: Optional[Rehearse]
) -> tuple[list[Action], tuple[str, ...], tuple[str, ...]]:
    """Return the steps that have to do with the network running, what waits for a restart, and who is cut off."""
    if have is None or have.live is None:
        starts = want.state == "active"
        return ([Action("start", want.name, {"active": False}, {"active": True})] if starts else []), (), ()
    if want.state == "inactive":
        return [_stop(have)], (), have.attached
    running = parse(have.live)
    change = live_change(running, merged(running, want), have.used, rehearse)
    if change.restart_for and _may_restart(want, have):
        # What starts is the stored definition, with all that is in it.
        before, after = change.before, parts(parse(xml))
        names = changed(before, after)
        step = Action("restart", want.name, {"live": shown(before, names)}, {"live": shown(after, names)})
        return [step], (), have.attached
    return [_update(want.name, change, update) for update in change.updates], change.restart_for, ()


def _may_restart(want: Want, have: Network) -> bool:
    return want.restart == "always" or (want.restart == "if_safe" and not have.attached)


def _update(name: str, change: Live, update: Update) -> Action:
    before = shown(change.before, [update.setting]) if update.verb != "add-last" else {}
    after = shown(change.after, [update.setting]) if update.verb != "delete" else {}
    return Action("update", name, {"live": before}, {"live": after}, update=update)


def _refuse_what_clashes(want: Want, have: Optional[Network], actions: Sequence[Action], world: World) -> None:
    """Refuse what is new or starts; what is as it was is left in peace, whoever it is in the way of."""
    defined = next(
        (action.xml for action in actions if action.action == "define"), None if have is None else have.stored
    )
    starts = any(action.action in ("start", "restart") for action in actions)
    if defined is None:
        return
    root = parse(defined)
    if starts or have is None or share_of(root) != share_of(parse(have.stored)):
        refuse_clash(want.name, root, have, world)


def _foreseen(want: Want, have: Optional[Network], xml: str, actions: Sequence[Action]) -> Network:
    """Return the network as it is after actions, as far as that can be known."""
    root = parse(xml)
    there = have or Network(want.name, root.findtext("uuid", ""), want.lab, xml, None)
    done = {action.action for action in actions}
    live = there.live
    if done & {"start", "restart"}:
        live = xml
    elif "stop" in done:
        live = None
    return replace(
        there,
        stored=xml if "define" in done else there.stored,
        live=live,
        persistent=True,
        autostart=there.autostart if want.autostart is None else want.autostart,
    )

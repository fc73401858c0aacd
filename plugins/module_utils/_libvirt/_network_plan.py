# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare a wish with the world: the ordered actions, or the sentence that says why not. Pure."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any, NamedTuple, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._network import Definition, Network, World

COMPARED = ("mode", "bridge", "domain", "subnet", "gateway", "dhcp", "hosts")


class Action(NamedTuple):
    """One step (define, restart, start, stop, update_hosts, autostart or undefine) and the facts it changes."""

    action: str
    before: dict[str, Any]
    after: dict[str, Any]


def plan(
    want: Definition, have: Optional[Network], *, state: str, autostart: Optional[bool], world: World
) -> list[Action]:
    """Return the actions that bring have to want and state (present, active, inactive, absent); [] when all is so.

    Raises LabError, before anything is done, when the network is another's, when bridge or subnet clash with
    something in world, or when a step would cut the network of attached guests.
    """
    if have is not None:
        _refuse_foreign(want, have)
    if state == "absent":
        actions = _removal(have)
    elif have is None:
        actions = _creation(want, state, bool(autostart))
    else:
        actions = _change(want, have, state, autostart)
    steps = {action.action for action in actions}
    if have is not None and have.guests and steps & {"stop", "restart"}:
        raise LabError(
            f"network {want.name} runs with guests attached ({', '.join(have.guests)}), which would be cut off: "
            f"{_summary(actions)}; shut them down or detach them first"
        )
    if steps & {"define", "start", "restart"}:
        _refuse_clash(want, have, world)
    return actions


def _refuse_foreign(want: Definition, have: Network) -> None:
    owner = have.configured.lab
    if owner == want.lab:
        return
    whose = "was not made by a lab" if owner is None else f"belongs to the lab {owner!r}"
    raise LabError(
        f"network {want.name} exists already and {whose}, so {want.lab!r} must not touch it; choose another name"
    )


def _removal(have: Optional[Network]) -> list[Action]:
    if have is None:
        return []
    actions = []
    if have.active:
        actions.append(Action("stop", {"active": True}, {}))
    if have.persistent:
        actions.append(Action("undefine", have.configured.facts(), {}))
    return actions


def _creation(want: Definition, state: str, autostart: bool) -> list[Action]:
    actions = [Action("define", {}, want.facts())]
    if autostart:
        actions.append(Action("autostart", {}, {"autostart": True}))
    if state == "active":
        actions.append(Action("start", {}, {"active": True}))
    return actions


def _change(want: Definition, have: Network, state: str, autostart: Optional[bool]) -> list[Action]:
    actions = []
    before, after = _differences(want, have.configured)
    if after or not have.persistent:
        actions.append(Action("define", before, after))
    if autostart is not None and autostart != have.autostart:
        actions.append(Action("autostart", {"autostart": have.autostart}, {"autostart": autostart}))
    if state == "inactive":
        if have.active:
            actions.append(Action("stop", {"active": True}, {"active": False}))
    elif have.live is not None:
        before, after = _differences(want, have.live)
        if set(after) == {"hosts"}:
            actions.append(Action("update_hosts", before, after))
        elif after:
            actions.append(Action("restart", before, after))
    elif state == "active":
        actions.append(Action("start", {"active": False}, {"active": True}))
    return actions


def _differences(want: Definition, have: Definition) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the facts of have and of want where they differ, over what want asks for."""
    fields = [
        field for field in COMPARED if getattr(want, field) is not None and getattr(want, field) != getattr(have, field)
    ]
    old, new = have.facts(), want.facts()
    return {field: old[field] for field in fields}, {field: new[field] for field in fields}


def _summary(actions: list[Action]) -> str:
    cutting = next(action for action in actions if action.action in ("stop", "restart"))
    if cutting.action == "stop":
        return "it would be stopped"
    return "; ".join(
        f"{field} {_shown(cutting.before[field])} would become {_shown(value)}"
        for field, value in cutting.after.items()
    )


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "-".join(str(part) for part in value.values())
    return str(value)


def _refuse_clash(want: Definition, have: Optional[Network], world: World) -> None:
    running = have.live.bridge if have is not None and have.live is not None else None
    bridge = want.bridge or (have.configured.bridge if have is not None else None)
    for other in world.networks:
        if bridge is not None and other.bridge == bridge:
            raise LabError(f"network {want.name}: bridge {bridge} is that of the network {other.name}; choose another")
    if bridge in world.links and bridge != running:
        raise LabError(f"network {want.name}: this host already has a link named {bridge}; choose another bridge")
    _refuse_overlap(want, running, world)


def _refuse_overlap(want: Definition, running: Optional[str], world: World) -> None:
    subnet = IPv4Network(want.subnet or "")
    for other in world.networks:
        if other.subnet is not None and subnet.overlaps(IPv4Network(other.subnet)):
            raise LabError(
                f"network {want.name}: subnet {subnet} overlaps {other.subnet} of the network {other.name}; "
                "choose another"
            )
    for route in world.routes:
        if route.device != running and subnet.overlaps(IPv4Network(route.destination)):
            raise LabError(
                f"network {want.name}: subnet {subnet} overlaps this host's route to {route.destination} "
                f"by {route.device}; choose another"
            )


def facts(have: Optional[Network], actions: Sequence[Action] = ()) -> dict[str, Any]:
    """Return have as plain facts, as it will be after actions; {} when there is, or will be, no network."""
    told: dict[str, Any] = {}
    if have is not None:
        told = {**have.configured.facts(), "active": have.active, "autostart": have.autostart}
    for action in actions:
        gone = action.action == "undefine" or (action.action == "stop" and have is not None and not have.persistent)
        told = {} if gone else {"active": False, "autostart": False, **told, **action.after}
    return told


def diff(actions: Sequence[Action]) -> dict[str, dict[str, Any]]:
    """Return the facts that actions change, before and after."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for action in actions:
        before.update(action.before)
        after.update(action.after)
    return {"before": before, "after": after}

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole way of a call: options, world, plans, and, outside check mode, their application."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Callable, Mapping, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._connection import connect
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._apply import apply
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._facts import facts_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._host_share import share_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._judge import judge, validate
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._model import Network, Want, World
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._plan import Plan, plan
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._read import read_networks, read_world
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._want import wants_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner

if TYPE_CHECKING:
    from libvirt import virConnect


def reconcile(
    parameters: Mapping[str, Any], known: Sequence[str], check_mode: bool, run: Runner, warn: Callable[[str], None]
) -> dict[str, Any]:
    """Bring the networks of parameters to what is asked, over one connection; return what exit_json tells.

    known: the names of the options of one network. warn: told who loses a network, also where a later step fails.
    Raises LabError before anything is changed, ApplyError after.
    """
    wants = wants_of(parameters, known)
    for want in wants:
        if want.document is not None:
            validate(want.name, want.document)
    with connect(parameters["uri"]) as connection:
        plans = plan_all(wants, read_world(connection, [want.name for want in wants], run))
        if check_mode:
            for planned in plans:
                if planned.cut_off:
                    warn(planned.loss())
        else:
            apply(connection, plans, warn)
        return told(plans, None if check_mode else connection)


def plan_all(wants: Sequence[Want], world: World) -> list[Plan]:
    """Return the plans of wants, each made in the world that those before it leave."""
    plans = []
    with judge() as libvirt:
        for want in wants:
            planned = plan(want, world, libvirt.rehearse)
            plans.append(planned)
            world = _after(planned, world)
            for action in planned.actions:
                if action.xml:
                    libvirt.refuse_bad(planned.name, action.xml)
    return plans


def _after(planned: Plan, world: World) -> World:
    """Return the world that a plan leaves; the bridge that a network had goes with its routes when it is stopped."""
    networks = {name: network for name, network in world.networks.items() if name != planned.name}
    if planned.becomes is not None:
        networks[planned.name] = planned.becomes
    ran = None if planned.have is None else planned.have.live
    stops = any(action.action in ("stop", "restart") for action in planned.actions)
    gone = share_of(parse(ran)).bridge if ran is not None and stops else None
    return replace(
        world,
        networks=networks,
        links=tuple(link for link in world.links if link != gone),
        routes=tuple(route for route in world.routes if route.device != gone),
    )


def told(plans: Sequence[Plan], connection: Optional[virConnect] = None) -> dict[str, Any]:
    """Return a module's result; with a connection, the networks that changed as libvirt now has them."""
    done = {planned.name for planned in plans if planned.actions}
    now = {planned.name: planned.becomes for planned in plans}
    if connection is not None and done:
        now.update({**dict.fromkeys(done), **read_networks(connection, done)})
    diffs = {planned.name: planned.diff() for planned in plans if planned.actions}
    return {
        "changed": any(planned.actions for planned in plans),
        "commands": [action.command for planned in plans for action in planned.actions],
        "restart_required": any(planned.restart_for for planned in plans),
        "networks": [_network(planned, now[planned.name]) for planned in plans],
        "diff": {side: {name: diff[side] for name, diff in diffs.items()} for side in ("before", "after")},
    }


def _network(planned: Plan, network: Optional[Network]) -> dict[str, Any]:
    return {
        "name": planned.name,
        "changed": bool(planned.actions),
        "commands": [action.command for action in planned.actions],
        "restart_required": bool(planned.restart_for),
        "restart_for": list(planned.restart_for),
        "cut_off": list(planned.cut_off),
        **_facts(network),
    }


def _facts(network: Optional[Network]) -> dict[str, Any]:
    if network is None:
        return {"state": "absent", "definition": {}}
    return {
        "state": "active" if network.active else "inactive",
        "autostart": network.autostart,
        "definition": facts_of(network.stored),
    }

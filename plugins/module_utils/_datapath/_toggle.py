# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a guest's datapaths, carry a plan out, and put everything back when that goes wrong."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from ansible_collections.virtio.lab.plugins.module_utils._datapath._plan import VHOST_NET, Action, Have, Wish
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt import _power
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._agent import Agent
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._domain import (
    define,
    find_domain,
    state_of,
    stored_xml,
)
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import edit_driver
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._measure._witness import observe, statement_of, witnesses

if TYPE_CHECKING:
    import libvirt


class Limits(NamedTuple):
    """How a power cycle may go: times in s, and whether a deaf guest's plug may be pulled."""

    shutdown_timeout_s: float
    allow_destroy: bool
    wait_s: float
    verify: bool


def read(connection: libvirt.virConnect, name: str) -> Have:
    """Return what there is of a domain; raises LabError for an unknown one."""
    domain = find_domain(connection, name)
    seen = observe(connection, name)
    return Have(
        state=state_of(domain),
        virt_type=parse(domain.XMLDesc(0)).get("type", ""),
        persistent=bool(domain.isPersistent()),
        stored=seen.stored,
        live=seen.live,
        effective={nic.mac: statement_of(seen, nic.mac)["effective"] for nic in seen.live if nic.is_virtio},
        vhost_net=os.path.exists(VHOST_NET),
    )


def apply(connection: libvirt.virConnect, want: Wish, actions: list[Action], limits: Limits) -> None:
    """Carry the plan out.

    Raises LabError when a step fails; the old configuration is stored again then, and a guest that this call stopped
    runs again.
    """
    domain = find_domain(connection, want.domain)
    old = cast(str, stored_xml(domain))  # plan() refuses a transient domain
    macs = [action.mac for action in actions if action.mac]
    if macs:
        define(connection, want.domain, edit_driver(old, macs, want.driver))
    if any(action.action == "start" for action in actions):
        cycle = _PowerCycle(connection, domain, want, limits)
        try:
            cycle.run()
        except Exception as failure:
            raise LabError(f"{failure}; {cycle.undo(old)}") from failure


class _PowerCycle:
    """One stop and start; knows how far it got, so that undo does no more than needed."""

    def __init__(self, connection: libvirt.virConnect, domain: libvirt.virDomain, want: Wish, limits: Limits) -> None:
        self._connection, self._domain, self._want, self._limits = connection, domain, want, limits
        self._stage = "stopping"

    def run(self) -> None:
        """Stop, start held, look at the datapath, let go, wait for the agent."""
        self._stop()
        self._stage = "held"
        _power.start_held(self._domain)
        if self._limits.verify:
            self._verify()
        self._domain.resume()
        self._stage = "running"
        if self._limits.wait_s and _has_agent(self._domain):
            Agent(self._domain).wait(self._limits.wait_s)

    def undo(self, old: str) -> str:
        """Put the old configuration back, start the guest again, and return what came of it in words."""
        try:
            self._connection.defineXML(old)
            if self._stage == "stopping" and self._domain.isActive():
                return "the old configuration is stored again and the guest was left running"
        except Exception as failure:
            return f"the old configuration could not be stored again: {failure}"
        try:
            if self._domain.isActive():
                self._stop()
            self._domain.create()
        except Exception as failure:
            return f"the old configuration is stored again, but the guest could not be restarted with it: {failure}"
        return "the old configuration is back and the guest was started with it"

    def _stop(self) -> None:
        if self._stage == "held":  # it has not run an instruction yet
            self._domain.destroy()
        else:
            _power.shut_down(self._domain, self._limits.shutdown_timeout_s, self._limits.allow_destroy)

    def _verify(self) -> None:
        asked = self._want.driver.get("name")
        for found in witnesses(self._connection, self._want.domain, self._want.mac):
            if asked and not (found["agree"] and found["effective"] == asked):
                raise LabError(
                    f"interface {found['interface']['mac']} of domain {self._want.domain!r} was to use {asked}, "
                    f"but {found['effective']} is in effect: {'; '.join(found['disagreements']) or found['witnesses']}"
                )


def _has_agent(domain: libvirt.virDomain) -> bool:
    targets = parse(domain.XMLDesc(0)).iterfind("devices/channel/target")
    return any(target.get("name") == "org.qemu.guest_agent.0" for target in targets)


def result(connection: libvirt.virConnect, want: Wish, actions: list[Action]) -> dict[str, Any]:
    """Return what the module tells: the configuration (in check mode the planned one), the truth, the steps."""
    datapaths = witnesses(connection, want.domain, want.mac)
    planned = {action.mac: action.after for action in actions if action.action == "define"}
    drivers = [planned.get(found["interface"]["mac"], found["configured"]) for found in datapaths]
    cycled = any(action.action == "start" for action in actions)
    pending = [found["pid"] is not None and found["live"] != driver for found, driver in zip(datapaths, drivers)]
    return {
        "configured": _common([driver.get("name", "unknown") for driver in drivers]),
        "effective": _common([found["effective"] for found in datapaths]),
        "restart_required": any(pending) and not cycled,
        "datapaths": datapaths,
        "actions": [action.as_dict() for action in actions],
    }


def _common(values: list[str]) -> str:
    distinct = set(values)
    return distinct.pop() if len(distinct) == 1 else "mixed"

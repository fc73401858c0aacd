# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carry the plan of one domain out, stage by stage; put everything back when one fails."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Optional, cast

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt import _power
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._build_xml import build_of, with_build
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._domain import define, state_of, stored_xml
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._driver_xml import (
    INTERFACES,
    edit_driver,
    replace_interfaces,
)
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import nested, select
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import read as interface_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._nics import nics_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._runner import run
from ansible_collections.virtio.lab.plugins.module_utils._switch import _host_side
from ansible_collections.virtio.lab.plugins.module_utils._switch._edit import Edit, edited, links, shape, text_of
from ansible_collections.virtio.lab.plugins.module_utils._switch._plan import Action, Have, Wish
from ansible_collections.virtio.lab.plugins.module_utils._switch._prove import (
    Addresses,
    addresses_of,
    elsewhere,
    insist,
    insist_soon,
    shows_late,
    wait_for_guest,
)
from ansible_collections.virtio.lab.plugins.module_utils._switch._swap import Guest, Swap
from ansible_collections.virtio.lab.plugins.module_utils._witness._build import observe_build, unlike
from ansible_collections.virtio.lab.plugins.module_utils._witness._observe import Observation, observe
from ansible_collections.virtio.lab.plugins.module_utils._witness._statement import statement_of

if TYPE_CHECKING:
    import libvirt


# A start that a NIC's process holds up: longer than any that QEMU itself needs, on a loaded machine too.
_STARTS_WITHIN_S = 180.0


class Change:
    """One domain on its way to what is wanted; knows how far it got, so that undo() does no more than needed."""

    def __init__(self, guest: Guest, want: Wish, actions: list[Action], have: Optional[Have] = None) -> None:
        self.name, self.actions = guest.domain.name(), actions
        self.failure: Optional[LabError] = None
        self._guest, self._want, self._have = guest, want, cast(Have, have)  # which only an edit asks for
        self._made: list[str] = []
        self._domain: libvirt.virDomain = guest.domain
        self._old = cast(str, stored_xml(guest.domain))  # plan() refuses a transient domain
        # By their keys, as aliases and targets may be others after a start.
        nics = nics_of(guest.connection, guest.domain)
        self._stored = {nic.key: nic for nic in nics.stored}
        meant = select(*nics, want.selector, self.name, want.edit is not None)
        self._keys = [nic.key for nic in meant if nic.key in self._stored]
        self._had: Addresses = {}
        self._swaps: list[Swap] = []
        self._stage = "stored"

    def prepare(self) -> None:
        """Make the links of the hypervisor that the datapath needs."""
        if self.has("prepare"):
            for key in [action.key for action in self.actions if action.action == "prepare"]:
                needed = links(cast(Edit, self._want.edit), self._have.elements[cast(str, key)], self._have.bridges)
                self._made += [link.name for link in needed if link.name not in self._have.links]
                _host_side.make(needed, run)

    def release(self) -> None:
        """Remove the links that no NIC of the guest names any more."""
        for action in self.actions:
            if action.action == "release":
                _host_side.remove((action.before or {})["links"], run)

    def _edited(self, old: Any) -> Any:
        return edited(cast(Edit, self._want.edit), old, self._have.bridges)

    def _new(self, key: str) -> Optional[str]:
        return None if self._want.edit is None else text_of(self._edited(self._have.elements[key]))

    def has(self, step: str) -> bool:
        """Whether a step is in the plan."""
        return any(action.action == step for action in self.actions)

    def store(self) -> None:
        """Store the new configuration and see that libvirt took all of it."""
        planned = {action.key: action.after for action in self.actions if action.action == "define" and action.key}
        built = [action.after or {} for action in self.actions if action.action == "define" and not action.key]
        if not planned and not built:
            return
        meant = [self._stored[key] for key in planned]
        if self._want.edit is None:
            text = edit_driver(self._old, meant, self._want.driver)
        else:
            text = replace_interfaces(self._old, {nic.key: self._have.elements[nic.key] for nic in meant}, self._edited)
        for parts in built:
            text = with_build(text, parts)
        define(self._guest.connection, self.name, text)
        stored = parse(cast(str, stored_xml(self._domain)))
        for parts in built:
            has = build_of(stored)
            for part, path in parts.items():
                if has[part] != path:
                    raise LabError(
                        f"libvirt stored the {part} {has[part] or 'none'} for domain {self.name!r}; asked was {path}"
                    )
        for nic, element in zip(nics_of(self._guest.connection, self._domain).stored, stored.iterfind(INTERFACES)):
            what = "driver" if self._want.edit is None else "interface"
            now = nested(nic.driver) if self._want.edit is None else shape(element)
            if nic.key in planned and now != planned[nic.key]:
                raise LabError(
                    f"libvirt stored the {what} {now} for interface {nic.key} of domain {self.name!r}; "
                    f"asked was {planned[nic.key]}"
                )

    def swap(self) -> None:
        """Detach and attach the NICs that the plan names, one after the other."""
        for key in [action.key for action in self.actions if action.action == "detach"]:
            swap = Swap(self._guest, cast(str, key), self._want, self._new(cast(str, key)))
            self._swaps.append(swap)
            swap.run()

    def stop(self) -> None:
        """Shut the guest down."""
        if self.has("shutdown"):
            if self._guest.limits.wait_for == "address":
                macs = [self._stored[key].mac for key in self._keys]
                self._had = self._elsewhere(addresses_of(self._domain, macs, self._guest.limits))
            self._stage = "stopping"
            _power.shut_down(self._domain, self._guest.limits.shutdown_timeout_s, self._guest.limits.allow_destroy)

    def _elsewhere(self, had: Addresses) -> Addresses:
        for key in self._keys if self._want.edit is not None else ():
            nic, new = self._stored[key], interface_of(self._edited(self._have.elements[key]))
            if nic.mac in had:
                had[nic.mac] = elsewhere({nic.mac: had[nic.mac]}, nic, new)[nic.mac]
        return had

    def start(self) -> None:
        """Start the guest held, look at the datapath, let go."""
        if self.has("start"):
            self._stage = "held"
            with _host_side.served(self._stored_nics(), _STARTS_WITHIN_S):
                _power.start_held(self._domain)
            if self._guest.limits.verify:
                seen = self._look()
                for key in self._keys if not shows_late(self._want) else ():
                    insist(statement_of(seen, key), self._want)
                self._insist_build(seen.pid)
            self._domain.resume()
            self._stage = "running"

    def _stored_nics(self) -> list[Any]:
        return list(parse(stored_xml(self._domain) or "<domain/>").iterfind(INTERFACES))

    def _insist_build(self, pid: Optional[int]) -> None:
        if self._want.build and pid is not None:
            build = observe_build(self._guest.connection, self.name, pid, self._guest.root)
            wrong = unlike(build, self._want.build)
            if wrong:
                raise LabError(f"domain {self.name!r}: {'; '.join(wrong)}")

    def wait(self) -> None:
        """Wait until the guest answers."""
        if self.has("wait"):
            wait_for_guest(self._domain, self._guest.limits, self._had)
            for key in self._keys if self._guest.limits.verify and shows_late(self._want) else ():
                insist_soon(functools.partial(self._told, key), self._want, self._guest.limits.wait_s)

    def _told(self, key: str) -> dict[str, Any]:
        return statement_of(self._look(), key)

    def _look(self) -> Observation:
        return observe(self._guest.connection, self.name, self._guest.root)

    def warnings(self) -> list[str]:
        """Return in words what is not as it was: another alias or target, an address that has gone."""
        return [text for swap in self._swaps for text in swap.warnings]

    def undo(self) -> str:
        """Put back what was, NICs, configuration and guest, and return what came of it in words."""
        words = [swap.undo() for swap in reversed(self._swaps)]
        words += self._unmake()
        if not self.has("define") and self._stage == "stored":
            return "; ".join(words) or "nothing had been changed"
        try:
            self._guest.connection.defineXML(self._old)
        except Exception as failure:
            return "; ".join([*words, f"the old configuration could not be stored again: {failure}"])
        if self._stage == "stored":
            return "; ".join([*words, "the old configuration is stored again"])
        return self._run_again()

    def _unmake(self) -> list[str]:
        """Remove the links that were made for what did not come; held by a guest that still has to stop, they stay."""
        try:
            if self._stage == "stored":
                _host_side.remove(self._made, run)
        except LabError as failure:
            return [f"what was made for it on the hypervisor stays: {failure}"]
        return []

    def _run_again(self) -> str:
        try:
            if self._domain.isActive():
                if self._stage == "stopping":
                    return "the old configuration is stored again and the guest still runs"
                # Held, it has not run an instruction yet; if it runs, somebody else started it or let it go.
                if self._stage == "held" and state_of(self._domain) == "paused":
                    self._domain.destroy()
                else:
                    self.stop()
            with _host_side.served(self._stored_nics(), _STARTS_WITHIN_S):
                self._domain.create()
        except Exception as failure:
            return f"the old configuration is stored again, but the guest could not be restarted with it: {failure}"
        # It runs without them now.
        self._stage = "stored"
        return "; ".join(["the old configuration is back and the guest was started with it", *self._unmake()])

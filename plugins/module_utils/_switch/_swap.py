# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Detach a NIC from a running guest and attach it again with another driver; put it back when that goes wrong."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._domain import live_xml
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._driver_xml import interface_xml
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import Interface
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._nics import nics_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._qemu._process import PROC, count_devices
from ansible_collections.virtio.lab.plugins.module_utils._switch._host_side import SERVES_WITHIN_S, served
from ansible_collections.virtio.lab.plugins.module_utils._switch._plan import Wish
from ansible_collections.virtio.lab.plugins.module_utils._switch._prove import (
    Addresses,
    Limits,
    addresses_of,
    elsewhere,
    insist,
    insist_soon,
    shows_late,
    wait_for_nic,
)
from ansible_collections.virtio.lab.plugins.module_utils._witness._axes import is_argv_doubtful
from ansible_collections.virtio.lab.plugins.module_utils._witness._evidence import queues
from ansible_collections.virtio.lab.plugins.module_utils._witness._observe import Observation, observe
from ansible_collections.virtio.lab.plugins.module_utils._witness._statement import statement_of

if TYPE_CHECKING:
    from ansible_collections.virtio.lab.plugins.module_utils._libvirt._removals import Removals

try:
    import libvirt
except ImportError:  # connect() has said so long before anything here is called
    libvirt = None

# libvirt's VIR_DOMAIN_AFFECT_LIVE
_LIVE = 1


class Guest(NamedTuple):
    """A running guest, how its NICs may be taken, and where its process is seen."""

    connection: libvirt.virConnect
    domain: libvirt.virDomain
    heard: Removals
    limits: Limits
    root: str = PROC


class Swap:
    """One NIC of a guest on its way to another driver; knows how far it got, so that it can be undone.

    new: the <interface> that it shall be, where that is another one in more than its driver.
    """

    def __init__(self, guest: Guest, key: str, want: Wish, new: Optional[str] = None) -> None:
        self._guest, self._key, self._want = guest, key, want
        text = live_xml(guest.domain)
        if text is None:
            raise LabError(f"domain {guest.domain.name()!r} has stopped running; start it, or use apply: next_boot")
        nic = next((nic for nic in self._live() if nic.key == key), None)
        if nic is None:
            raise LabError(f"interface {key} is not in the running guest")
        self._was = nic
        self._old = interface_xml(text, nic, {})
        self._new = interface_xml(text, nic, want.driver) if new is None else new
        self.is_new = self.is_out = False
        self.warnings: list[str] = []

    def run(self) -> None:
        """Swap the NIC and prove it; raises LabError at the first step that fails."""
        before = self._nic()
        had: Addresses = addresses_of(self._guest.domain, [before.mac], self._guest.limits)
        self._detach()
        empty = self._look()
        self._attach(self._new)
        self.is_new = True
        after = self._nic()
        if after.address != before.address:
            raise LabError(f"{self._name()} came back at {after.address}; it was at {before.address}")
        self.warnings = _renamed(before, after, self._name())
        if self._guest.limits.verify and not shows_late(self._want):
            seen = self._look()
            insist(statement_of(seen, self._key, self._learnt(empty, seen)), self._want)
        had = elsewhere(had, before, after)
        self.warnings += wait_for_nic(self._guest.domain, before.mac, self._guest.limits, had)
        if self._guest.limits.verify and shows_late(self._want):
            insist_soon(lambda: statement_of(self._look(), self._key), self._want, self._guest.limits.wait_s)

    def undo(self) -> str:
        """Give the guest its old NIC back and return what came of it in words."""
        try:
            if self.is_new:
                self._detach()
            if self.is_out:
                self._attach(self._old)
                return f"the old NIC {self._key} is back"
        except (LabError, libvirt.libvirtError) as failure:
            return f"the old NIC {self._key} could not be attached again: {failure}"
        return f"the old NIC {self._key} was left in the guest"

    def _detach(self) -> None:
        domain, heard, limits = self._guest.domain, self._guest.heard, self._guest.limits
        alias = self._nic().alias or ""
        heard.expect(domain, alias)
        serving = [parse(self._new if self.is_new else self._old)]
        with served(serving, limits.unplug_timeout_s + SERVES_WITHIN_S):
            try:
                domain.detachDeviceAlias(alias, _LIVE)
            except libvirt.libvirtError as error:
                raise LabError(f"{self._name()} could not be detached: {error}") from error
            outcome = heard.wait(domain, alias, limits.unplug_timeout_s)
        if self._is_there():
            raise LabError(f"{self._name()}: the guest {_kept(outcome, limits.unplug_timeout_s)}")
        self.is_out, self.is_new = True, False

    def _attach(self, text: str) -> None:
        with served([parse(text)], SERVES_WITHIN_S):
            try:
                self._guest.domain.attachDeviceFlags(text, _LIVE)
            except libvirt.libvirtError as error:
                raise LabError(f"{self._name()} could not be attached: {error}") from error
        self.is_out = False

    def _learnt(self, empty: Observation, full: Observation) -> dict[str, str]:
        """Return the backend of the NIC by what QEMU opened for it: only this NIC came between the two looks."""
        gained = count_devices(full.links)["vhost_net"] - count_devices(empty.links)["vhost_net"]
        if gained == 0:
            return {self._key: "qemu"}
        return {self._key: "vhost"} if gained == queues(full).get(self._key) else {}

    def _look(self) -> Observation:
        look = functools.partial(observe, self._guest.connection, self._guest.domain.name(), self._guest.root)
        seen = look()
        return look(monitor=True) if is_argv_doubtful(seen) else seen

    def _live(self) -> list[Interface]:
        return nics_of(self._guest.connection, self._guest.domain).live

    def _is_there(self) -> bool:
        return any(self._is_it(nic) for nic in self._live())

    def _nic(self) -> Interface:
        for nic in self._live():
            if self._is_it(nic):
                return nic
        raise LabError(f"{self._name()} is not in the running guest")

    def _is_it(self, nic: Interface) -> bool:
        # While its twin is alone it is nobody's twin, but still not this one.
        return nic.mac == self._was.mac and (not self._was.twin or nic._replace(twin=True).at == self._was.at)

    def _name(self) -> str:
        return f"interface {self._key} of domain {self._guest.domain.name()!r}"


def _kept(outcome: str, timeout_s: float) -> str:
    if outcome == "refused":
        return "refused to let go of it"
    return (
        f"did not let go of it within {timeout_s:g} s and may still do so; it needs a driver for PCI hotplug, or more "
        "time by unplug_timeout_s"
    )


def _renamed(before: Interface, after: Interface, name: str) -> list[str]:
    pairs = (("alias", before.alias, after.alias), ("target", before.target, after.target))
    return [
        f"{name} has the {what} {new} now, it was {old}: libvirt counts on where it made the name up itself"
        for what, old, new in pairs
        if old and new and old != new  # what is passed through, or in user mode, has no target
    ]

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to happen so that the NICs of a guest get the wanted driver. Pure: nothing here touches the world."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._datapath import _driver
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import (
    ALL,
    Interface,
    Selector,
    nested,
    select,
)

VHOST_NET = "/dev/vhost-net"


class Wish(NamedTuple):
    """What the user wants: which NICs, what of their <driver> (None for what shall not be there), how it is applied."""

    selector: Selector
    driver: dict[str, Optional[str]]
    apply: str
    fresh: bool = False


def wish(
    state: str, driver: Optional[dict[str, Any]], apply: str, fresh: bool = False, selector: Selector = ALL
) -> Wish:
    """Return the wish behind a module's options; raises LabError for a value that no NIC can have."""
    if state == "absent":
        return Wish(selector, {"name": None}, apply, fresh)
    wanted: dict[str, Optional[str]] = {**_driver.flat(driver or {})}
    if not wanted:
        raise LabError("driver is empty; name what it shall be, such as driver: {name: vhost}")
    _driver.check_values(wanted)
    if wanted.get("queues") == "1":
        wanted["queues"] = None  # libvirt does not write it
    return Wish(selector, wanted, apply, fresh)


class Have(NamedTuple):
    """What there is of one domain: its stored and live NICs, the datapath in effect by MAC address.

    version is libvirt's, fixed are the MAC addresses of NICs on a bus that nothing can be taken from while it runs.
    """

    domain: str
    state: str
    virt_type: str
    persistent: bool
    stored: list[Interface]
    live: list[Interface]
    effective: dict[str, str]
    vhost_net: bool
    version: int
    fixed: frozenset[str] = frozenset()


class Action(NamedTuple):
    """One step: define, detach or attach (of one NIC), shutdown, start, wait."""

    action: str
    domain: str
    mac: Optional[str] = None
    before: Optional[dict[str, Any]] = None
    after: Optional[dict[str, Any]] = None

    def as_dict(self) -> dict[str, Any]:
        """Return the step without what does not apply to it."""
        return {key: value for key, value in self._asdict().items() if value is not None}

    def words(self) -> str:
        """Return the step in a line: "attach guest-a 52:54:00:00:96:01"."""
        return " ".join(word for word in (self.action, self.domain, self.mac) if word)


def plan(want: Wish, have: Have) -> list[Action]:
    """Return the steps for one domain in order, [] when all is as wanted.

    Raises LabError when the wish cannot be met; nothing has been changed then.
    """
    nics = _selected(want, have)
    due = [nic for nic in nics if want.fresh or not is_in_effect(nic.mac, want, have)]
    _refuse_impossible(want, have, nics)
    if want.apply == "hotplug":
        _refuse_fixed(have, due)
    actions = [
        Action("define", have.domain, nic.mac, nested(nic.driver), nested(merged(nic.driver, want.driver)))
        for nic in nics
        if merged(nic.driver, want.driver) != nic.driver
    ]
    if want.apply == "power_cycle" and due:
        actions += [Action(step, have.domain) for step in ("shutdown", "start", "wait")]
    if want.apply == "hotplug":
        live = {nic.mac: nic.driver for nic in have.live}
        for nic in due:
            now = live[nic.mac]
            actions.append(Action("detach", have.domain, nic.mac, nested(now)))
            actions.append(Action("attach", have.domain, nic.mac, None, nested(merged(now, want.driver))))
    return actions


def merged(driver: dict[str, str], wanted: dict[str, Optional[str]]) -> dict[str, str]:
    """Return what a <driver> says once what is wanted is written."""
    return {key: value for key, value in {**driver, **wanted}.items() if value is not None}


def is_in_effect(mac: str, want: Wish, have: Have) -> bool:
    """Whether the running NIC already has all that is wanted: the driver in the live XML and the backend in truth."""
    live = next((nic for nic in have.live if nic.mac == mac), None)
    if live is None or merged(live.driver, want.driver) != live.driver:
        return False
    return want.driver.get("name") in (None, have.effective.get(mac))


def diff(want: Wish, haves: list[Have], actions: list[Action]) -> dict[str, dict[str, Any]]:
    """Return before and after, by domain and MAC address: the stored <driver> and the datapath in effect."""
    renewed = {(step.domain, step.mac) for step in actions if step.action in ("start", "attach")}
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for have in haves:
        for nic in _selected(want, have):
            now = have.effective.get(nic.mac, "unknown")
            new = {(have.domain, None), (have.domain, nic.mac)} & renewed
            named = want.driver.get("name", now) or "libvirt's choice"
            before.setdefault(have.domain, {})[nic.mac] = {"configured": nested(nic.driver), "effective": now}
            after.setdefault(have.domain, {})[nic.mac] = {
                "configured": nested(merged(nic.driver, want.driver)),
                "effective": named if new else now,
            }
    return {"before": before, "after": after}


def _selected(want: Wish, have: Have) -> list[Interface]:
    """Return the stored form of the NICs that are meant."""
    if not have.persistent:
        raise LabError(
            f"domain {have.domain!r} is transient: it has no stored configuration to edit; define it with virsh define"
        )
    stored = {nic.mac: nic for nic in have.stored}
    if len(stored) != len(have.stored):
        raise LabError(f"domain {have.domain!r} has two interfaces of one MAC address: they cannot be told apart")
    chosen = select(have.stored, have.live, want.selector, have.domain)
    for nic in chosen:
        if nic.mac not in stored and want.selector != ALL:
            raise LabError(
                f"interface {nic.mac} of domain {have.domain!r} was attached to the running guest only; "
                "attach it with --config too, so that there is a stored driver to edit"
            )
    return [stored[nic.mac] for nic in chosen if nic.mac in stored]


def _refuse_impossible(want: Wish, have: Have, nics: list[Interface]) -> None:
    _driver.check_version(want.driver, have.version)
    for nic in nics:
        _driver.check_nic(want.driver, nic, have.domain)
    if want.apply != "next_boot" and have.state != "running":
        done = "power-cycled" if want.apply == "power_cycle" else "given another NIC"
        raise LabError(
            f"domain {have.domain!r} is {have.state}: only a running guest can be {done}; use apply: next_boot"
        )
    if want.driver.get("name") == "vhost":
        _refuse_vhost(have)


def _refuse_vhost(have: Have) -> None:
    if not have.vhost_net:
        raise LabError(
            f"{VHOST_NET} is missing, so {have.domain!r} cannot use vhost: load the module (modprobe vhost_net), "
            "or choose the driver qemu"
        )
    if have.virt_type != "kvm":
        raise LabError(
            f"domain {have.domain!r} is of type {have.virt_type}: libvirt opens vhost-net for domains of type kvm only "
            "and would fall back to qemu without a word; choose the driver qemu"
        )


def _refuse_fixed(have: Have, nics: list[Interface]) -> None:
    live = {nic.mac for nic in have.live}
    for nic in nics:
        name = f"interface {nic.mac} of domain {have.domain!r}"
        if nic.mac not in live:
            raise LabError(f"{name} is not in the running guest, so it cannot be hot-plugged; use apply: next_boot")
        if nic.mac in have.fixed:
            raise LabError(
                f"{name} sits on a bus that cannot be unplugged from while the guest runs; use apply: power_cycle, "
                "or give it a pcie-root-port of its own"
            )

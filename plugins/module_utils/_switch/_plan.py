# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to happen so that the NICs of a guest get the wanted driver. Pure: nothing here touches the world."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import (
    ALL,
    Interface,
    Selector,
    keyed,
    nested,
    select,
)
from ansible_collections.virtio.lab.plugins.module_utils._qemu._monitor import UNKNOWN
from ansible_collections.virtio.lab.plugins.module_utils._switch import _driver

VHOST_NET = "/dev/vhost-net"


class Wish(NamedTuple):
    """What the user wants: which NICs, what of their <driver> (None for what shall not be there), how it is applied.

    proved: whether it counts only where it is in effect; addressed: whether the guest's agent shall tell its addresses.
    """

    selector: Selector
    driver: dict[str, Optional[str]]
    apply: str
    fresh: bool = False
    proved: bool = True
    addressed: bool = False


def wish(
    state: str, driver: Optional[dict[str, Any]], apply: str, fresh: bool = False, selector: Selector = ALL, **how: bool
) -> Wish:
    """Return the wish behind a module's options, how being proved and addressed.

    Raises LabError for a value that no NIC can have.
    """
    if state == "absent":
        return Wish(selector, {"name": None}, apply, fresh, **how)
    wanted: dict[str, Optional[str]] = {**_driver.flat(driver or {})}
    if not wanted:
        raise LabError("driver is empty; name what it shall be, such as driver: {name: vhost}")
    _driver.check_values(wanted)
    if wanted.get("queues") == "1":
        wanted["queues"] = None  # libvirt does not write it
    return Wish(selector, wanted, apply, fresh, **how)


class Have(NamedTuple):
    """What there is of one domain: its stored and live NICs, the datapath in effect by the NIC's key.

    version is libvirt's; fixed says by key why a NIC cannot be taken out while the guest runs. saved are the NICs that
    the next start resumes with a saved state (virsh managedsave), None where there is no such state, [] where it does
    not tell. agent is whether the guest's agent is connected.
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
    fixed: Mapping[str, str] = {}
    saved: Optional[list[Interface]] = None
    agent: bool = False


class Action(NamedTuple):
    """One step: define, detach or attach (of one NIC), shutdown, start, wait.

    at tells a NIC from another one of the same MAC address.
    """

    action: str
    domain: str
    mac: Optional[str] = None
    before: Optional[dict[str, Any]] = None
    after: Optional[dict[str, Any]] = None
    at: Optional[str] = None

    @property
    def key(self) -> Optional[str]:
        """The key of the NIC that the step is about, None for one about the guest."""
        return keyed(self.mac, self.at) if self.mac else None

    def as_dict(self) -> dict[str, Any]:
        """Return the step without what does not apply to it."""
        return {key: value for key, value in self._asdict().items() if value is not None}

    def words(self) -> str:
        """Return the step in a line: "attach guest-a 52:54:00:00:96:01"."""
        return " ".join(word for word in (self.action, self.domain, self.key) if word)


def plan(want: Wish, have: Have) -> list[Action]:
    """Return the steps for one domain in order, [] when all is as wanted.

    Raises LabError when the wish cannot be met; nothing has been changed then.
    """
    nics = _selected(want, have)
    due = [nic for nic in nics if want.fresh or not is_in_effect(nic.key, want, have)]
    _refuse_impossible(want, have, nics)
    if due and want.apply != "next_boot":
        _refuse_unaddressed(want, have)
    if want.apply == "hotplug":
        _refuse_fixed(have, due)
    actions = [
        Action("define", have.domain, nic.mac, nested(nic.driver), nested(merged(nic.driver, want.driver)), nic.at)
        for nic in nics
        if merged(nic.driver, want.driver) != nic.driver
    ]
    if want.apply == "power_cycle" and due:
        actions += [Action(step, have.domain) for step in ("shutdown", "start", "wait")]
    if want.apply == "hotplug":
        live = {nic.key: nic.driver for nic in have.live}
        for nic in due:
            now = live[nic.key]
            actions.append(Action("detach", have.domain, nic.mac, nested(now), None, nic.at))
            actions.append(Action("attach", have.domain, nic.mac, None, nested(merged(now, want.driver)), nic.at))
    return actions


def merged(driver: dict[str, str], wanted: dict[str, Optional[str]]) -> dict[str, str]:
    """Return what a <driver> says once what is wanted is written."""
    return {key: value for key, value in {**driver, **wanted}.items() if value is not None}


def is_in_effect(key: str, want: Wish, have: Have) -> bool:
    """Whether the running NIC already has all that is wanted: the driver in the live XML and the backend in truth.

    The backend in truth does not matter to a wish that need not be proved.
    """
    live = next((nic for nic in have.live if nic.key == key), None)
    if live is None or merged(live.driver, want.driver) != live.driver:
        return False
    return not want.proved or want.driver.get("name") in (None, have.effective.get(key))


def diff(want: Wish, haves: list[Have], actions: list[Action]) -> dict[str, dict[str, Any]]:
    """Return before and after, by domain and the NIC's key: the stored <driver> and the datapath in effect."""
    renewed = {(step.domain, step.key) for step in actions if step.action in ("start", "attach")}
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for have in haves:
        for nic in _selected(want, have):
            now = have.effective.get(nic.key, UNKNOWN)
            new = {(have.domain, None), (have.domain, nic.key)} & renewed
            named = want.driver.get("name", now) or "libvirt's choice"
            before.setdefault(have.domain, {})[nic.key] = {"configured": nested(nic.driver), "effective": now}
            after.setdefault(have.domain, {})[nic.key] = {
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
    stored = {nic.key: nic for nic in have.stored}
    if len(stored) != len(have.stored):
        raise LabError(
            f"domain {have.domain!r} has two interfaces of one MAC address and of one place: they cannot be told apart"
        )
    chosen = select(have.stored, have.live, want.selector, have.domain)
    for nic in chosen:
        if nic.key not in stored and want.selector != ALL:
            raise LabError(
                f"interface {nic.key} of domain {have.domain!r} was attached to the running guest only; "
                "attach it with --config too, so that there is a stored driver to edit"
            )
    return [stored[nic.key] for nic in chosen if nic.key in stored]


def _refuse_impossible(want: Wish, have: Have, nics: list[Interface]) -> None:
    _driver.check_version(want.driver, have.version)
    for nic in nics:
        _driver.check_nic(want.driver, nic, have.domain)
    if want.apply != "next_boot" and have.state != "running":
        done = "power-cycled" if want.apply == "power_cycle" else "given another NIC"
        raise LabError(
            f"domain {have.domain!r} is {have.state}: only a running guest can be {done}; use apply: next_boot"
        )
    if want.driver.get("name") == "vhost" and want.proved:
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


def _refuse_unaddressed(want: Wish, have: Have) -> None:
    if want.addressed and not have.agent:
        raise LabError(
            f"domain {have.domain!r} has no guest agent that is connected, and wait_for: address needs one to tell the "
            "addresses before and after; start qemu-guest-agent in the guest, or use wait_for: port"
        )


def _refuse_fixed(have: Have, nics: list[Interface]) -> None:
    live = {nic.key for nic in have.live}
    for nic in nics:
        name = f"interface {nic.key} of domain {have.domain!r}"
        if nic.key not in live:
            raise LabError(f"{name} is not in the running guest, so it cannot be hot-plugged; use apply: next_boot")
        if nic.key in have.fixed:
            raise LabError(
                f"{name} cannot be unplugged while the guest runs: {have.fixed[nic.key]}; use apply: power_cycle, "
                "or give it a pcie-root-port of its own"
            )

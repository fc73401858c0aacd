# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to happen so that the NICs of a guest get the wanted backend. Pure: nothing here touches the world."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import Interface, select

VHOST_NET = "/dev/vhost-net"
# The kernel's limit of queues of one TAP (MAX_TAP_QUEUES).
MAX_QUEUES = 256
# The kinds of <interface> that libvirt gives a TAP or macvtap, which vhost-net works on.
_TAP_TYPES = ("network", "bridge", "ethernet", "direct")


class Wish(NamedTuple):
    """What the user wants: attributes of <driver>, None for one that shall not be there."""

    domain: str
    mac: Optional[str]
    driver: dict[str, Optional[str]]
    apply: str
    fresh: bool = False


def wish(
    domain: str, mac: Optional[str], state: str, driver: Optional[dict[str, Any]], apply: str, fresh: bool = False
) -> Wish:
    """Return the wish behind a module's options; raises LabError for a number of queues that no NIC can have."""
    if state == "absent":
        return Wish(domain, mac, {"name": None}, apply, fresh)
    queues = (driver or {}).get("queues")
    if queues is not None and not 1 <= queues <= MAX_QUEUES:
        raise LabError(f"driver.queues is {queues}; a virtio NIC has 1 to {MAX_QUEUES} queue pairs")
    given = {key: str(value) for key, value in (driver or {}).items() if value is not None}
    return Wish(domain, mac, dict(given), apply, fresh)


class Have(NamedTuple):
    """What there is: the state and virt_type of the domain, its stored and live NICs, the datapath in effect by MAC."""

    state: str
    virt_type: str
    persistent: bool
    stored: list[Interface]
    live: list[Interface]
    effective: dict[str, str]
    vhost_net: bool


class Action(NamedTuple):
    """One step: define (of one NIC), shutdown, start, wait."""

    action: str
    mac: Optional[str] = None
    before: Optional[dict[str, str]] = None
    after: Optional[dict[str, str]] = None

    def as_dict(self) -> dict[str, Any]:
        """Return the step without what does not apply to it."""
        return {key: value for key, value in self._asdict().items() if value is not None}


def plan(want: Wish, have: Have) -> list[Action]:
    """Return the steps in order, [] when all is as wanted.

    Raises LabError when the wish cannot be met; nothing has been changed then.
    """
    nics = _selected(want, have)
    _refuse_impossible(want, have, nics)
    actions = [
        Action("define", nic.mac, nic.driver, merged(nic.driver, want.driver))
        for nic in nics
        if merged(nic.driver, want.driver) != nic.driver
    ]
    if want.apply == "power_cycle" and (want.fresh or not all(is_in_effect(nic.mac, want, have) for nic in nics)):
        actions += [Action("shutdown"), Action("start"), Action("wait")]
    return actions


def merged(driver: dict[str, str], wanted: dict[str, Optional[str]]) -> dict[str, str]:
    """Return the attributes of <driver> once the wanted ones are written."""
    return {key: value for key, value in {**driver, **wanted}.items() if value is not None}


def is_in_effect(mac: str, want: Wish, have: Have) -> bool:
    """Whether the running NIC already has all that is wanted: the driver in the live XML and the backend in truth."""
    live = next((nic for nic in have.live if nic.mac == mac), None)
    if live is None or merged(live.driver, want.driver) != live.driver:
        return False
    return want.driver.get("name") in (None, have.effective.get(mac))


def diff(want: Wish, have: Have, actions: list[Action]) -> dict[str, dict[str, Any]]:
    """Return before and after, by MAC address: the stored <driver> and the datapath in effect."""
    cycled = any(action.action == "start" for action in actions)
    before, after = {}, {}
    for nic in _selected(want, have):
        effective = have.effective.get(nic.mac, "unknown")
        before[nic.mac] = {"configured": nic.driver, "effective": effective}
        after[nic.mac] = {
            "configured": merged(nic.driver, want.driver),
            "effective": (want.driver.get("name") or "libvirt's choice") if cycled else effective,
        }
    return {"before": before, "after": after}


def _selected(want: Wish, have: Have) -> list[Interface]:
    if not have.persistent:
        raise LabError(
            f"domain {want.domain!r} is transient: it has no stored configuration to edit; define it with virsh define"
        )
    return select(have.stored, want.mac, want.domain)


def _refuse_impossible(want: Wish, have: Have, nics: list[Interface]) -> None:
    if want.apply == "power_cycle" and have.state != "running":
        raise LabError(
            f"domain {want.domain!r} is {have.state}: only a running guest can be power-cycled; use apply: next_boot"
        )
    if want.driver.get("name") != "vhost":
        return
    if not have.vhost_net:
        raise LabError(
            f"{VHOST_NET} is missing, so {want.domain!r} cannot use vhost: load the module (modprobe vhost_net), "
            "or choose the driver qemu"
        )
    if have.virt_type != "kvm":
        raise LabError(
            f"domain {want.domain!r} is of type {have.virt_type}: libvirt opens vhost-net for domains of type kvm only "
            "and would fall back to qemu without a word; choose the driver qemu"
        )
    for nic in nics:
        if nic.type not in _TAP_TYPES:
            raise LabError(
                f"interface {nic.mac} of domain {want.domain!r} is of type {nic.type}: vhost-net needs a TAP, "
                f"which the types {', '.join(_TAP_TYPES)} have; select another NIC by mac"
            )

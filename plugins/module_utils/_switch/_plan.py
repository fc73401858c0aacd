# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to happen so that the NICs of a guest get the wanted driver. Pure: nothing here touches the world."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Optional, cast

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import Host
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
from ansible_collections.virtio.lab.plugins.module_utils._switch._edit import (
    Edit,
    edited,
    links,
    own_links,
    shape,
    used_links,
)

VHOST_NET = "/dev/vhost-net"
_NO_KVM = "it is of type {kind}, and libvirt opens vhost-net for domains of type kvm only"
_NO_VHOST = f"{VHOST_NET} is missing; load the module (modprobe vhost_net)"


class Wish(NamedTuple):
    """What the user wants: which NICs, what of their <driver> (None for what shall not be there), how it is applied.

    proved: whether it counts only where it is in effect; addressed: whether the guest's agent shall tell its addresses.
    edit: what the whole <interface> shall be; driver has its <driver> then. build: paths of the emulator, the kernel
    and the initrd that the guest shall be started by, of those that are asked for; "" takes one away.
    """

    selector: Selector
    driver: dict[str, Optional[str]]
    apply: str
    fresh: bool = False
    proved: bool = True
    addressed: bool = False
    edit: Optional[Edit] = None
    build: Mapping[str, str] = {}


def wish(
    state: str, driver: Optional[dict[str, Any]], apply: str, fresh: bool = False, selector: Selector = ALL, **how: Any
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


def wish_for(edit: Edit, apply: str, fresh: bool, selector: Selector, **how: Any) -> Wish:
    """Return the wish for another <interface>; raises LabError for a value that no NIC can have."""
    driver: dict[str, Optional[str]] = dict(edit.driver)
    _driver.check_values(driver)
    if driver.get("queues") == "1":
        driver.pop("queues")  # libvirt does not write it
    return Wish(selector, driver, apply, fresh, edit=edit._replace(driver=_strings(driver)), **how)


def _strings(driver: Mapping[str, Optional[str]]) -> dict[str, str]:
    return {key: value for key, value in driver.items() if value is not None}


class Have(NamedTuple):
    """What there is of one domain: its stored and live NICs, the datapath in effect by the NIC's key.

    version is libvirt's; fixed says by key why a NIC cannot be taken out while the guest runs. saved are the NICs that
    the next start resumes with a saved state (virsh managedsave), None where there is no such state, [] where it does
    not tell. agent is whether the guest's agent is connected. elements and running have by the NIC's key the
    <interface> as it is stored and as it is in effect; datapaths the name of the datapath in effect. bridges has by
    name the bridge of libvirt's networks, and the master of each of the links; macvtap, tun, openvswitch and
    openvswitch_kernel say why there can be none here, None where there can. links are the hypervisor's links that
    datapaths made for this domain's NICs, remains those of which something is left, whole or not. testpmd and ovs_dpdk
    say why there is none here, shared_memory and vhost_user why the domain as it is stored cannot be served over
    vhost-user; running_shared_memory says it of the one that runs. halted has by the name of its link the pid of each
    process that serves a NIC of it over vhost-user and was stopped. passt says why no NIC of it
    can be on passt.
    iommu and vfio say why no function of a card can be passed through here.
    build has the paths of emulator, kernel and initrd as they are stored, running_build those in effect.
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
    elements: Mapping[str, Any] = {}
    running: Mapping[str, Any] = {}
    datapaths: Mapping[str, str] = {}
    bridges: Mapping[str, str] = {}
    macvtap: Optional[str] = None
    tun: Optional[str] = None
    openvswitch: Optional[str] = None
    openvswitch_kernel: Optional[str] = None
    links: frozenset[str] = frozenset()
    build: Mapping[str, str] = {}
    running_build: Mapping[str, str] = {}
    remains: frozenset[str] = frozenset()
    testpmd: Optional[str] = None
    ovs_dpdk: Optional[str] = None
    shared_memory: Optional[str] = None
    running_shared_memory: Optional[str] = None
    vhost_user: Optional[str] = None
    halted: Mapping[str, int] = {}
    passt: Optional[str] = None
    iommu: Optional[str] = None
    vfio: Optional[str] = None


class Action(NamedTuple):
    """One step: prepare, define, detach, attach or release (of one NIC), shutdown, start, wait.

    prepare and release are about links of the hypervisor, which before and after name. define without a NIC is about
    the programs that the guest is started by.

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
    renewed = bool(due) or not build_is_in_effect(want, have)
    _refuse_impossible(want, have, nics)
    if due and want.apply != "next_boot":
        _refuse_unaddressed(want, have)
    if want.apply == "hotplug":
        _refuse_fixed(have, due)
    actions = [*_prepared(want, have, nics), *_built(want, have), *_defined(want, have, nics)]
    if want.apply == "power_cycle" and renewed:
        actions += [Action(step, have.domain) for step in ("shutdown", "start", "wait")]
    if want.apply == "hotplug":
        for nic in due:
            now, then = running(nic.key, want, have)
            actions.append(Action("detach", have.domain, nic.mac, now, None, nic.at))
            actions.append(Action("attach", have.domain, nic.mac, None, then, nic.at))
    return [*actions, *_released(want, have, nics, actions)]


def _prepared(want: Wish, have: Have, nics: list[Interface]) -> list[Action]:
    found = []
    for nic in nics if want.edit is not None else ():
        needed = [link.name for link in links(cast(Edit, want.edit), have.elements[nic.key], have.bridges)]
        missing = [name for name in needed if name not in have.links]
        if missing:
            found.append(Action("prepare", have.domain, nic.mac, None, {"links": missing}, nic.at))
    return found


def _built(want: Wish, have: Have) -> list[Action]:
    before = {part: have.build[part] for part, path in want.build.items() if have.build[part] != path}
    after = {part: want.build[part] for part in before}
    return [Action("define", have.domain, before=before, after=after)] if before else []


def build_is_in_effect(want: Wish, have: Have) -> bool:
    """Whether the running guest was started by the wanted programs."""
    return all(have.running_build.get(part, "") == path for part, path in want.build.items())


def _defined(want: Wish, have: Have, nics: list[Interface]) -> list[Action]:
    found = []
    for nic in nics:
        before, after = configured(nic, want, have)
        if before != after:
            found.append(Action("define", have.domain, nic.mac, before, after, nic.at))
    return found


def _released(want: Wish, have: Have, nics: list[Interface], actions: list[Action]) -> list[Action]:
    """What was made for a NIC and is named no more, neither by what is stored nor by what will run."""
    found = []
    renewed = {action.key for action in actions if action.action == "attach"}
    restarted = any(action.action == "start" for action in actions)
    for nic in nics if want.edit is not None else ():
        old = have.elements[nic.key]
        used = {link.name for link in links(cast(Edit, want.edit), old, have.bridges)}
        used |= used_links(edited(cast(Edit, want.edit), old, have.bridges))
        if nic.key in have.running and not (restarted or nic.key in renewed):
            used |= used_links(have.running[nic.key])
        groups = [[name for name in names if name in have.links | have.remains] for names in own_links(nic.mac)]
        idle = [name for names in groups if not used & set(names) for name in names]
        if idle:
            found.append(Action("release", have.domain, nic.mac, {"links": idle}, None, nic.at))
    return found


def configured(nic: Interface, want: Wish, have: Have) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what is stored of a NIC and what shall be: its <driver>, or where an edit is wanted the whole of it."""
    if want.edit is None:
        return nested(nic.driver), nested(merged(nic.driver, want.driver))
    old = have.elements[nic.key]
    return shape(old), shape(edited(want.edit, old, have.bridges))


def running(key: str, want: Wish, have: Have) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what runs of a NIC and what shall run, in the form of configured()."""
    if want.edit is None:
        now = next(nic.driver for nic in have.live if nic.key == key)
        return nested(now), nested(merged(now, want.driver))
    return shape(have.running[key]), shape(edited(want.edit, have.elements[key], have.bridges))


def merged(driver: dict[str, str], wanted: dict[str, Optional[str]]) -> dict[str, str]:
    """Return what a <driver> says once what is wanted is written."""
    return {key: value for key, value in {**driver, **wanted}.items() if value is not None}


def is_in_effect(key: str, want: Wish, have: Have) -> bool:
    """Whether the running NIC already has all that is wanted: the driver in the live XML and the backend in truth.

    The backend in truth does not matter to a wish that need not be proved.
    """
    live = next((nic for nic in have.live if nic.key == key), None)
    if live is None:
        return False
    now, then = running(key, want, have)
    if now != then:
        return False
    if want.edit is not None:
        return not want.proved or want.edit.datapath is None or have.datapaths.get(key) == want.edit.datapath.name
    return not want.proved or want.driver.get("name") in (None, have.effective.get(key))


def diff(want: Wish, haves: list[Have], actions: list[Action]) -> dict[str, dict[str, Any]]:
    """Return before and after, by domain and the NIC's key: the stored <driver> and the datapath in effect."""
    renewed = {(step.domain, step.key) for step in actions if step.action in ("start", "attach")}
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for have in haves:
        for nic in _selected(want, have):
            now = (have.effective if want.edit is None else have.datapaths).get(nic.key, UNKNOWN)
            new = {(have.domain, None), (have.domain, nic.key)} & renewed
            stored, planned = configured(nic, want, have)
            before.setdefault(have.domain, {})[nic.key] = {"configured": stored, "effective": now}
            after.setdefault(have.domain, {})[nic.key] = {
                "configured": planned,
                "effective": _named(want, now) if new else now,
            }
        if want.build:
            before.setdefault(have.domain, {})["build"] = {part: have.build[part] for part in want.build}
            after.setdefault(have.domain, {})["build"] = dict(want.build)
    return {"before": before, "after": after}


def _named(want: Wish, now: str) -> str:
    if want.edit is not None:
        return want.edit.datapath.name if want.edit.datapath else "what it was before"
    return want.driver.get("name", now) or "libvirt's choice"


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
    chosen = select(have.stored, have.live, want.selector, have.domain, want.edit is not None)
    for nic in chosen:
        if nic.key not in stored and want.selector != ALL:
            raise LabError(
                f"interface {nic.key} of domain {have.domain!r} was attached to the running guest only; "
                "attach it with --config too, so that there is a stored driver to edit"
            )
    return [stored[nic.key] for nic in chosen if nic.key in stored]


def _refuse_impossible(want: Wish, have: Have, nics: list[Interface]) -> None:
    _driver.check_version(want.driver, have.version)
    if want.edit is None:
        for nic in nics:
            _driver.check_nic(want.driver, nic, have.domain)
    else:
        _refuse_datapath(want.edit, have, want.apply == "hotplug")
    _refuse_build(want, have)
    if want.apply != "next_boot":
        refuse_halted(have.domain, have.halted)
    if want.apply != "next_boot" and have.state != "running":
        done = "power-cycled" if want.apply == "power_cycle" else "given another NIC"
        raise LabError(
            f"domain {have.domain!r} is {have.state}: only a running guest can be {done}; use apply: next_boot"
        )
    if want.driver.get("name") == "vhost" and want.proved:
        _refuse_vhost(have)


def refuse_halted(domain: str, halted: Mapping[str, int]) -> None:
    """QEMU would wait without end for a process that was stopped, and libvirt for QEMU."""
    for name, pid in halted.items():
        raise LabError(
            f"process {pid}, which serves {name} of domain {domain!r} over vhost-user, was stopped, and QEMU would "
            f"wait for it without end; let it go on (kill -CONT {pid}) or end it (kill -KILL {pid})"
        )


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


def _refuse_build(want: Wish, have: Have) -> None:
    """A guest cannot be given another program while it runs, nor a kernel where it boots from its disk."""
    booted = have.build.get("kernel", "")
    if want.build.get("emulator") == "":
        raise LabError(f"emulator is empty, and domain {have.domain!r} has to have one; name it, or leave it out")
    if want.build.get("kernel", booted) and not booted:
        raise LabError(f"domain {have.domain!r} boots from its disk, and kernel is for a directly booted guest")
    if booted and not want.build.get("kernel", booted):
        raise LabError(
            f"kernel is empty, and domain {have.domain!r} is booted from {booted}; name one, or leave it out"
        )
    if want.build.get("initrd") and not booted:
        raise LabError(f"domain {have.domain!r} boots from its disk, and initrd is for a directly booted guest")
    if want.apply == "hotplug" and not (build_is_in_effect(want, have) and not _built(want, have)):
        raise LabError(
            f"{' and '.join(want.build)} of domain {have.domain!r} change by its start alone; use apply: power_cycle, "
            "or next_boot"
        )


def _refuse_datapath(edit: Edit, have: Have, is_hotplug: bool) -> None:
    """What the host or the domain has not got for a datapath; what a NIC cannot be on it is said by edited()."""
    if edit.datapath is None:
        return
    if int(edit.driver.get("queues", "1")) > 1 and not edit.datapath.multiqueue:
        raise LabError(f"datapath {edit.datapath.name} has one queue pair; driver.queues is {edit.driver['queues']}")
    kvm = None if have.virt_type == "kvm" else _NO_KVM.format(kind=have.virt_type)
    memory = [have.running_shared_memory if is_hotplug else have.shared_memory, have.vhost_user]
    served = "; ".join(why for why in memory if why) or None
    vhost, ovs = None if have.vhost_net else _NO_VHOST, (have.openvswitch, have.openvswitch_kernel)
    beside = {"openvswitch_dpdk": have.ovs_dpdk, "passt": have.passt, "iommu": have.iommu, "vfio": have.vfio}
    lacks = edit.datapath.lacks(Host(kvm, vhost, have.macvtap, have.tun, *ovs, have.testpmd, served)._replace(**beside))
    if lacks:
        raise LabError(f"domain {have.domain!r} cannot have the datapath {edit.datapath.name}: {'; '.join(lacks)}")


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

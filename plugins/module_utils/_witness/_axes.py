# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each witness says of a NIC's frontend and attachment: the parts that it leaves open. Pure.

A witness rarely names one part. QEMU's argv says TAP and not whose, a descriptor tells a macvtap and not its mode. So
each says which parts go with what it saw, and the part in effect is the only one that all leave open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, AbstractSet, Any, Callable, Dict, FrozenSet, Iterable, List, Mapping, Optional

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._attachments import (
    ATTACHMENTS,
    KERNEL_MODES,
    OPENVSWITCH,
)
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._backends import VHOST_USER
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import AXES, Attachment, Frontend
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._frontends import FRONTENDS, is_device
from ansible_collections.virtio.lab.plugins.module_utils._qemu import _argv
from ansible_collections.virtio.lab.plugins.module_utils._qemu._monitor import UNKNOWN
from ansible_collections.virtio.lab.plugins.module_utils._qemu._process import count_devices
from ansible_collections.virtio.lab.plugins.module_utils._witness._evidence import (
    device_of,
    holds_function,
    is_passed_by_vfio,
    netdev_of,
    peer_of,
)

if TYPE_CHECKING:
    from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import Interface
    from ansible_collections.virtio.lab.plugins.module_utils._qemu import _monitor
    from ansible_collections.virtio.lab.plugins.module_utils._witness._observe import Observation

# The netdevs that QEMU holds a descriptor for, by which netdev_of() tells an earlier NIC's.
_HELD = {one.netdev for one in ATTACHMENTS if one.device is not None}
Open = FrozenSet[str]
NONE: Dict[str, Dict[str, Any]] = {axis: {"effective": UNKNOWN, "witnesses": {}} for axis in AXES}


def axes(
    seen: Observation, live: Interface, netdev: Optional[Mapping[str, Any]], backend: str
) -> Dict[str, Dict[str, Any]]:
    """Return {axis: {effective, witnesses}} of a NIC that runs; witnesses has by name the parts that each leaves open.

    netdev is the NIC's own of QEMU's argv, None where argv is of an earlier one; backend is what serves its TAP.
    """
    device = _argv.device_of(seen.argv, live.alias) if netdev is not None else None
    said = seen.netdevs.get(live.alias or "")
    fronts = _frontend(live, device, said)
    ways = _attachment(seen, live, netdev, said)
    where = next((one for one in ATTACHMENTS if one.name == in_effect(ways)), None)
    if where is not None and where.device is None and not _is_seen(ways):
        ways["fds"] = frozenset()
    backends = {"attachment": frozenset({where.sole_backend})} if where is not None and where.sole_backend else {}
    if backend != UNKNOWN:
        backends["process"] = frozenset({backend})
    if live.is_vhost_user and live.key in (seen.monitor or {}):
        # QEMU's word for any vhost is one: whose it is the socket tells.
        backends["monitor"] = frozenset({VHOST_USER.name} if (seen.monitor or {})[live.key] == "vhost" else ())
    return {
        axis: {"effective": in_effect(found), "witnesses": {name: sorted(left) for name, left in found.items()}}
        for axis, found in zip(AXES, (fronts, backends, ways))
    }


def disagreements(found: Mapping[str, Mapping[str, Any]]) -> List[str]:
    """Return in words the axes on which no part goes with all witnesses, though each knows one."""
    return [
        f"{axis}: " + "; ".join(f"{name} says {_words(left)}" for name, left in of["witnesses"].items())
        for axis, of in found.items()
        if of["witnesses"]
        and all(of["witnesses"].values())
        and not set.intersection(*(set(left) for left in of["witnesses"].values()))
    ]


def _frontend(
    live: Interface, device: Optional[Mapping[str, Any]], monitor: Optional[_monitor.Netdev]
) -> Dict[str, Open]:
    if live.is_passed_through:  # whatever model the <interface> names
        return {"xml": _frontends(lambda one: not one.models)}
    found = {"xml": _frontends(lambda one: live.model in one.models)}
    if device is not None and device.get("driver"):
        found["argv"] = _frontends(lambda one: is_device(one, str(device.get("driver"))))
    if monitor is not None:
        found["monitor"] = _frontends(lambda one: is_device(one, monitor.model))
    return found


def _attachment(
    seen: Observation, live: Interface, netdev: Optional[Mapping[str, Any]], monitor: Optional[_monitor.Netdev]
) -> Dict[str, Open]:
    link = seen.host_links.get(live.target or "")
    is_ovs_port = live.virtualport == OPENVSWITCH
    found = {
        "xml": _attachments(
            lambda one: (
                live.type in one.types
                and one.mode in (None, live.mode)
                and one.ovs_port == is_ovs_port
                and one.router == live.router
            )
        )
    }
    if live.type == "ethernet" and link is None:  # nothing else tells who made the TAP
        found["xml"] = frozenset({"tap" if live.managed else "ethernet"})
    if netdev is not None:
        found["argv"] = _attachments(lambda one: one.netdev == netdev.get("type"))
    if live.is_passed_through:
        return {**found, **_passed(seen, live, monitor)}
    found["fds"] = _by_descriptors(seen, live, netdev is not None)
    if link is not None and link.kind in ("tun", "macvtap"):
        found["host"] = _attachments(lambda one: _goes_with(one, link))
    if monitor is not None:
        found["monitor"] = _attachments(lambda one: one.netdev == monitor.type)
    peer = peer_of(seen, live)
    if live.is_vhost_user or peer is not None:
        found["peer"] = _attachments(lambda one: peer is not None and peer.program in one.programs)
    elif live.is_user_mode:
        found["peer"] = _attachments(lambda one: not one.programs)
    seen_now = [found[name] for name in ("monitor", *(["peer"] if peer is not None else [])) if name in found]
    if netdev is not None and netdev.get("type") not in _HELD and not found["argv"].intersection(*seen_now):
        del found["argv"]  # of an earlier NIC of that alias: what holds no descriptor leaves nothing that tells
    return found


def is_argv_doubtful(seen: Observation) -> bool:
    """Whether QEMU was started with another -netdev for a NIC without a TAP than its XML has: the monitor can tell."""
    for nic in seen.live:
        netdev = None if nic.has_tap else netdev_of(seen, nic)
        netdevs = {one.netdev for one in ATTACHMENTS if nic.type in one.types and nic.router == one.router}
        if netdev is not None and netdev.get("type") not in netdevs:
            return True
    return False


def _passed(seen: Observation, live: Interface, monitor: Optional[_monitor.Netdev]) -> Dict[str, Open]:
    """The witnesses of a function that is passed through: it has no -netdev, and QEMU has no part in its packets."""
    function = seen.functions.get(live.source or "")
    is_vf = function is not None and function.is_virtual and is_passed_by_vfio(seen, live)
    found = {
        "fds": _attachments(lambda one: one.device == "vfio" and holds_function(seen, live)),
        "host": _attachments(lambda one: one.device == "vfio" and is_vf),
    }
    if seen.monitor is not None:
        kind = "" if monitor is None else monitor.type
        found["monitor"] = _attachments(lambda one: one.netdev == kind)
    return found


def in_effect(witnesses: Mapping[str, AbstractSet[str]]) -> str:
    """Return the part that all witnesses leave open, unknown where that is not one."""
    left = set.intersection(*(set(left) for left in witnesses.values())) if witnesses else set()
    return left.pop() if len(left) == 1 else UNKNOWN


def _words(left: Iterable[str]) -> str:
    return " or ".join(left)


def _by_descriptors(seen: Observation, live: Interface, is_in_argv: bool) -> Open:
    device = device_of(seen, live)
    if device is not None:
        return _attachments(lambda one: one.device == device)
    others = [nic for nic in seen.live if nic.key != live.key]
    taps = {nic.target for nic in others if nic.target}
    nameless = [number for number, path in seen.links.items() if path == "/dev/net/tun"]
    nameless = [number for number in nameless if seen.taps.get(number) not in taps]
    macvtaps = sum(path.startswith("/dev/tap") for path in seen.links.values())
    # What is passed through to no NIC that the XML has may be this one, where QEMU was not started with it.
    is_passed = count_devices(seen.links)["vfio"] > sum(nic.is_passed_through for nic in others) and not is_in_argv
    if not nameless and macvtaps <= sum(nic.type == "direct" for nic in others):
        return _attachments(lambda one: one.device is None or (is_passed and one.device == "vfio"))
    return _attachments(lambda one: True)


def _is_seen(ways: Mapping[str, Open]) -> bool:
    """Whether a witness other than the XML, which is what was asked for, tells that QEMU holds no TAP for the NIC."""
    held = {one.name for one in ATTACHMENTS if one.device is not None}
    return any(not left & held for name, left in ways.items() if name != "xml")


def _goes_with(one: Attachment, link: Any) -> bool:
    if link.kind == "macvtap":
        if one.device != "tap" or link.mode != KERNEL_MODES.get(one.mode or ""):
            return False
        # In the other modes a virtual function is a parent like any link; alone it is what passthrough is for.
        return one.on_vf == (link.on_vf and link.mode == KERNEL_MODES["passthrough"])
    is_tap = link.kind == "tun" and one.device == "tun" and one.persistent in (None, link.persistent)
    return is_tap and one.ovs_port == (link.port_of == OPENVSWITCH)


def _frontends(fits: Callable[[Frontend], bool]) -> Open:
    return frozenset(one.name for one in FRONTENDS if fits(one))


def _attachments(fits: Callable[[Attachment], bool]) -> Open:
    return frozenset(one.name for one in ATTACHMENTS if fits(one))

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each witness says of one NIC, out of what was seen of the whole process. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping, NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._attachments import ATTACHMENTS
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._frontends import frontend_of, is_device
from ansible_collections.virtio.lab.plugins.module_utils._qemu import _argv, _process
from ansible_collections.virtio.lab.plugins.module_utils._qemu._monitor import UNKNOWN
from ansible_collections.virtio.lab.plugins.module_utils._witness._accounting import backend_of, is_possible

if TYPE_CHECKING:
    from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import Interface
    from ansible_collections.virtio.lab.plugins.module_utils._qemu._peers import Peer
    from ansible_collections.virtio.lab.plugins.module_utils._witness._observe import Observation

# The only -netdev that vhost-net or QEMU itself feeds a TAP by. Behind all others are another process, a socket, QEMU's
# user-mode network, or hardware.
_TAP = "tap"
# vsock and scsi have vhost workers that are named as those of NICs; vhost-vdpa has none.
_WITH_WORKERS = ("/dev/vhost-vsock", "/dev/vhost-scsi")


_EMULATED_NOTE = "an emulated NIC has no virtqueues that vhost-net could serve"


class Sign(NamedTuple):
    """What one witness says (vhost, qemu or unknown); why where that speaks against it, note where it does not."""

    says: str
    why: str = ""
    note: str = ""


_EMULATED = Sign("qemu", note=_EMULATED_NOTE)


def signs_of(seen: Observation, live: Optional[Interface], known: Mapping[str, str]) -> dict[str, Sign]:
    """Return what each witness says of a running NIC; live is None where the guest has none such."""
    if seen.pid is None or live is None:
        reason = f"domain {seen.domain!r} does not run" if seen.pid is None else "the running guest has no such NIC"
        return {name: Sign(UNKNOWN, reason) for name in ("xml", "argv", "fds", "threads")}
    if not live.has_tap:
        why = _alone(seen, live) if live.is_vhost_user or live.router else ""
        why = _not_passed(seen, live) if live.is_passed_through else why
        note = f"an interface of type {live.type} is neither on vhost-net nor on QEMU's own backend: it has no TAP"
        said = Sign(live.driver.get("name", UNKNOWN), why, note)
        return {"xml": said, **dict.fromkeys(("argv", "fds", "threads"), Sign(UNKNOWN))}
    fds = _by_fds(seen, live, {**(seen.monitor or {}), **known}) if live.is_virtio else _emulated(seen)
    found = {
        # Without a name libvirt takes vhost where it can, and says nothing: the XML is no witness then.
        "xml": Sign(live.driver.get("name", UNKNOWN)),
        "argv": _by_argv(seen, live, fds.says),
        "fds": fds,
        "threads": _by_threads(seen, fds.says),
    }
    if seen.monitor is not None and live.is_virtio:
        found["monitor"] = Sign(seen.monitor.get(live.key, UNKNOWN))
    return found


def connected_to(seen: Observation, nic: Interface) -> Optional[Peer]:
    """Return the process at the other end of a NIC's socket, None where the NIC has none or nobody is there."""
    at = nic.source if nic.is_vhost_user else nic.alias if nic.is_user_mode else None
    return seen.peers.get(at or "")


def peer_of(seen: Observation, nic: Interface) -> Optional[Peer]:
    """Return the process that moves the packets of a NIC at the other end of its socket, None where none is seen to.

    Over vhost-user it moves none without the guest's memory, however right all else looks. One that was stopped, or has
    no thread for it, moves none.
    """
    peer = connected_to(seen, nic)
    moves = peer is not None and not (peer.stopped or peer.idle) and (peer.has_memory or not nic.is_vhost_user)
    return peer if moves else None


def _alone(seen: Observation, live: Interface) -> str:
    """Why nobody moves the packets at the other end of a NIC's socket, "" where somebody does."""
    if peer_of(seen, live) is not None:
        return ""
    peer, where = connected_to(seen, live), live.source or f"the socket of {live.mac}"
    if peer is None and live.router:
        return f"no {live.router} is connected to QEMU at {where}: it has ended, and the guest sends to nobody"
    if peer is None:
        return f"no process is connected to QEMU at {where}"
    if peer.stopped:
        return (
            f"{peer.program}, process {peer.pid}, is connected at {where} and was stopped; "
            f"let it go on (kill -CONT {peer.pid})"
        )
    if peer.idle:
        return f"{peer.program}, process {peer.pid}, is connected at {where} and moves no packet: {peer.idle}"
    return (
        f"{peer.program}, process {peer.pid}, is connected at {where} and has none of the guest's memory: the "
        "guest's driver has not started, or the domain does not share its memory (<memoryBacking>)"
    )


def holds_function(seen: Observation, nic: Interface) -> bool:
    """Whether QEMU holds open the card's function that its NIC is."""
    function = seen.functions.get(nic.source or "")
    return function is not None and not set(function.nodes).isdisjoint(seen.links.values())


def is_passed_by_vfio(seen: Observation, nic: Interface) -> bool:
    """Whether vfio has the card's function that a NIC is: vfio-pci, or a driver of its kind."""
    function = seen.functions.get(nic.source or "")
    return function is not None and "vfio" in (function.driver or "")


def _not_passed(seen: Observation, live: Interface) -> str:
    """Why a function of a card is not the guest's, "" where it is."""
    function = seen.functions.get(live.source or "")
    if function is None:
        return f"sysfs has no PCI function at {live.source or 'no address'}"
    if not is_passed_by_vfio(seen, live):
        return f"{live.source} is bound to {function.driver or 'no driver'}, vfio-pci would be right"
    return "" if holds_function(seen, live) else f"QEMU does not hold {' or '.join(function.nodes) or 'vfio'} open"


def _emulated(seen: Observation) -> Sign:
    held = _process.count_devices(seen.links)["vhost_net"]
    if is_possible(queues(seen), held, {}):
        return _EMULATED
    return Sign(UNKNOWN, f"QEMU holds /dev/vhost-net {held} times, which its virtio NICs do not account for")


def netdev_of(seen: Observation, nic: Interface) -> Optional[dict[str, Any]]:
    """Return the -netdev behind a NIC, None where QEMU's argv does not have it or has an earlier one of that alias.

    A NIC that was detached and attached again may have its old alias and even its old descriptors' numbers, so an
    argv whose descriptors are not what it says is not believed.
    """
    netdev, device = _argv.netdev_of(seen.argv, nic.alias), _argv.device_of(seen.argv, nic.alias)
    if netdev is None or device is None or not _is_this(seen, nic, device, netdev):
        return None
    own, workers = set(_argv.numbers(netdev, "fd")), _argv.numbers(netdev, "vhostfd")
    feeding = {number for number, target in seen.taps.items() if target == nic.target}
    stale = (
        (bool(seen.taps) and own <= seen.taps.keys() and own != feeding)
        or any(not seen.links.get(number, "").startswith(("/dev/net/tun", "/dev/tap")) for number in own)
        or any(seen.links.get(number) != "/dev/vhost-net" for number in workers)
    )
    return None if stale else netdev


def _is_this(seen: Observation, nic: Interface, device: Mapping[str, Any], netdev: Mapping[str, Any]) -> bool:
    """Whether a -device and its -netdev can be the NIC that libvirt shows now under their alias."""
    frontend = frontend_of(nic.model)
    if frontend is not None and not is_device(frontend, str(device.get("driver", frontend.devices[0]))):
        return False
    # A -netdev of another type is an earlier NIC's where the TAP of this one is there to be seen.
    netdevs = {one.netdev for one in ATTACHMENTS if nic.type in one.types}
    return netdev.get("type") in netdevs or device_of(seen, nic) is None


def device_of(seen: Observation, nic: Interface) -> Optional[str]:
    """Return what QEMU holds open for a NIC: tun, or tap for a macvtap; None where none is seen to be its own.

    The kernel tells: of a TAP in fdinfo, of a macvtap by the index of its link.
    """
    link = seen.host_links.get(nic.target or "")
    if nic.target and nic.target in seen.taps.values():
        return "tun"
    return "tap" if link is not None and f"/dev/tap{link.ifindex}" in seen.links.values() else None


def queues(seen: Observation) -> dict[str, int]:
    """Return the queue pairs of every NIC that vhost-net could serve, by its key."""
    held = list(seen.taps.values())
    return {
        nic.key: held.count(nic.target or "") or int(nic.driver.get("queues", 1))
        for nic in seen.live
        if nic.is_virtio and nic.has_tap
    }


def _by_argv(seen: Observation, nic: Interface, fds: str) -> Sign:
    netdev = netdev_of(seen, nic)
    # What is open cannot differ from what QEMU was started with but for a NIC that has been attached since.
    if netdev is None or fds not in (UNKNOWN, _backend(netdev)):
        return Sign(UNKNOWN, note="QEMU's argv does not have this NIC: it was attached after the start")
    if netdev.get("type") != _TAP:
        return Sign(UNKNOWN, f"its -netdev is of type {netdev['type']}, neither vhost-net nor QEMU's own backend")
    return Sign(_backend(netdev))


def _by_fds(seen: Observation, nic: Interface, known: Mapping[str, str]) -> Sign:
    counts, own = _process.count_devices(seen.links), queues(seen)
    held = counts["vhost_net"]
    netdev = netdev_of(seen, nic)
    if nic.key not in own or (netdev and netdev.get("type") != _TAP):
        return Sign(UNKNOWN)
    if held == 0 and netdev and not counts["tun"] + counts["tap"]:
        return Sign(UNKNOWN, "QEMU holds neither /dev/vhost-net nor a TAP")
    says = backend_of(nic.key, own, held, _known_backends(seen, known))
    if says != UNKNOWN:
        return Sign(says)
    return Sign(
        UNKNOWN,
        f"QEMU holds /dev/vhost-net {held} times, the queue pairs of its NICs are {_listed(own)}: "
        "whose they are cannot be told; its monitor can tell (monitor: true)",
    )


def _by_threads(seen: Observation, fds: str) -> Sign:
    workers = sum(thread.klass == "vhost" for thread in seen.threads)
    expected = _process.count_devices(seen.links)["vhost_net"]
    expected += sum(target in _WITH_WORKERS for target in seen.links.values())
    if workers == 0:
        return Sign("qemu" if fds != UNKNOWN or expected == 0 else UNKNOWN)
    # Each open device has its own, so those of other NICs do not stand in for this one's.
    if workers == expected or (workers > expected and fds == "vhost"):
        return Sign(fds)
    return Sign(UNKNOWN, f"{workers} vhost workers for {expected} open vhost devices: whose they are cannot be told")


def _known_backends(seen: Observation, given: Mapping[str, str]) -> dict[str, str]:
    """Return the backends to account with: those given, and what argv says of NICs where nothing speaks against it."""
    own = queues(seen)
    certain = {key: backend for key, backend in given.items() if key in own and backend != UNKNOWN}
    said = {}
    for nic in seen.live:
        netdev = netdev_of(seen, nic) if nic.key in own else None
        if netdev and nic.driver.get("name", _backend(netdev)) == _backend(netdev):
            said[nic.key] = _backend(netdev)
    together = {**said, **certain}
    return together if _is_believed(seen, together) else certain


def _is_believed(seen: Observation, known: Mapping[str, str]) -> bool:
    own = queues(seen)
    held = _process.count_devices(seen.links)["vhost_net"]
    return is_possible(own, held, {key: backend for key, backend in known.items() if key in own})


def _backend(netdev: Mapping[str, Any]) -> str:
    return "vhost" if _argv.has_vhost(dict(netdev)) else "qemu"


def _listed(own: Mapping[str, int]) -> str:
    return ", ".join(f"{key}: {count}" for key, count in own.items())

# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Was it really that datapath? Four witnesses that a datapath cannot fool, and what they say together.

The live XML says what libvirt was asked, QEMU's argv what QEMU was asked, the descriptors and the threads of the
process what is there. Descriptors and threads belong to the process: where a guest has several NICs they are told apart
by the numbers in QEMU's argv, and where that does not add up the verdict is `unknown` and says why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._domain import find_domain, live_xml, stored_xml
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import Interface, interfaces, select
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._measure import _argv, _process

if TYPE_CHECKING:
    import libvirt

UNKNOWN = "unknown"
# Backends that are neither: the packets are handled by another process or by hardware.
_FOREIGN = ("vhost-user", "vhost-vdpa")


class Observation(NamedTuple):
    """What was seen of one domain at one moment; pid is None when it does not run."""

    domain: str
    stored: list[Interface]
    live: list[Interface]
    pid: Optional[int]
    argv: list[str]
    links: dict[int, str]
    threads: list[_process.Thread]


class Verdict(NamedTuple):
    """What one witness says (vhost, qemu or unknown), and why where that is not plain."""

    says: str
    why: str = ""


def witness(
    connection: libvirt.virConnect, domain_name: str, mac: Optional[str], root: str = _process.PROC
) -> dict[str, Any]:
    """Return the witness of the NIC with that MAC address, of the first virtio NIC when mac is None.

    Raises LabError for an unknown domain or address, and when /proc may not be read.
    """
    seen = observe(connection, domain_name, root)
    return statement_of(seen, select(seen.live or seen.stored, mac, domain_name)[0].mac)


def witnesses(
    connection: libvirt.virConnect, domain_name: str, mac: Optional[str] = None, root: str = _process.PROC
) -> list[dict[str, Any]]:
    """Return the witnesses of the virtio NICs of a domain, or of the one with that MAC address, from one look."""
    seen = observe(connection, domain_name, root)
    return [statement_of(seen, nic.mac) for nic in select(seen.live or seen.stored, mac, domain_name)]


def observe(connection: libvirt.virConnect, domain_name: str, root: str = _process.PROC) -> Observation:
    """Look at a domain once: libvirt's two descriptions and QEMU's process.

    Raises LabError when the domain is unknown, when its process cannot be found or /proc may not be read.
    """
    domain = find_domain(connection, domain_name)
    stored, live = (_nics(text) for text in (stored_xml(domain), live_xml(domain)))
    if not domain.isActive():
        return Observation(domain_name, stored, live, None, [], {}, [])
    pid = _process.qemu_pid(domain.UUIDString(), root)
    if pid is None:
        raise LabError(
            f"no QEMU process of domain {domain_name!r} ({domain.UUIDString()}) under {root}: "
            "the witness must be taken on the hypervisor itself"
        )
    return Observation(
        domain_name,
        stored,
        live,
        pid,
        _process.argv(pid, root),
        _process.links(pid, root),
        _process.threads(pid, root),
    )


def statement_of(seen: Observation, mac: str) -> dict[str, Any]:
    """Return the witness document of the NIC mac out of what was seen. Pure.

    effective is what argv, descriptors and threads say with one voice; the XML is what was asked for, so it can
    disagree but not decide.
    """
    configured, live = (next((nic for nic in nics if nic.mac == mac), None) for nics in (seen.stored, seen.live))
    netdev = _argv.netdev_of(seen.argv, live.alias) if live else None
    verdicts = _verdicts(seen, live, netdev)
    physical = {verdicts[name].says for name in ("argv", "fds", "threads")} - {UNKNOWN}
    effective = physical.pop() if len(physical) == 1 and verdicts["fds"].says != UNKNOWN else UNKNOWN
    disagreements = _disagreements(verdicts)
    nic = live or configured
    return {
        "domain": seen.domain,
        "pid": seen.pid,
        "interface": {key: value for key, value in nic._asdict().items() if key != "driver"} if nic else {"mac": mac},
        "configured": dict(configured.driver) if configured else {},
        "live": dict(live.driver) if live else {},
        "argv": {
            "vhost": _argv.has_vhost(netdev or {}),
            "queues": _argv.queues(netdev) if netdev else None,
            "netdev": netdev or {},
        },
        "fds": _process.count_devices(seen.links),
        "threads": [
            {"tid": thread.tid, "comm": thread.comm, "class": thread.klass, "cpu_ns": thread.cpu_ns}
            for thread in seen.threads
        ],
        "witnesses": {name: verdict.says for name, verdict in verdicts.items()},
        "effective": effective,
        "agree": effective != UNKNOWN and not disagreements,
        "disagreements": disagreements,
    }


def _nics(text: Optional[str]) -> list[Interface]:
    return interfaces(parse(text)) if text else []


def _verdicts(seen: Observation, live: Optional[Interface], netdev: Optional[dict[str, Any]]) -> dict[str, Verdict]:
    if seen.pid is None or live is None:
        reason = f"domain {seen.domain!r} does not run" if seen.pid is None else "the running guest has no such NIC"
        return {name: Verdict(UNKNOWN, reason) for name in ("xml", "argv", "fds", "threads")}
    fds = _by_fds(seen, netdev)
    return {
        # Without a name libvirt takes vhost where it can, and says nothing: the XML is no witness then.
        "xml": Verdict(live.driver.get("name", UNKNOWN)),
        "argv": _by_argv(netdev),
        "fds": fds,
        "threads": _by_threads(seen, fds.says),
    }


def _by_argv(netdev: Optional[dict[str, Any]]) -> Verdict:
    if netdev is None:
        return Verdict(UNKNOWN, "QEMU's argv does not have this NIC: it was attached after the start")
    if netdev.get("type") in _FOREIGN:
        return Verdict(UNKNOWN, f"its -netdev is of type {netdev['type']}, neither vhost-net nor QEMU's own backend")
    return Verdict("vhost" if _argv.has_vhost(netdev) else "qemu")


def _by_fds(seen: Observation, netdev: Optional[dict[str, Any]]) -> Verdict:
    counts = _process.count_devices(seen.links)
    held = counts["vhost_net"]
    if held == 0:
        if (netdev or {}).get("type") == "tap" and not counts["tun"] + counts["tap"]:
            return Verdict(UNKNOWN, "QEMU holds neither /dev/vhost-net nor a TAP")
        return Verdict("qemu")
    own = _argv.numbers(netdev or {}, "vhostfd")
    if own:
        wrong = [number for number in own if seen.links.get(number) != "/dev/vhost-net"]
        if wrong:
            return Verdict(UNKNOWN, f"descriptors {wrong} of its -netdev are not /dev/vhost-net")
        return Verdict("vhost")
    others = sum(len(_argv.numbers(other, "vhostfd")) for other in _argv.options(seen.argv, "-netdev", "type").values())
    if held == others:
        return Verdict("qemu")
    return Verdict(UNKNOWN, f"QEMU holds /dev/vhost-net {held} times, the NICs in its argv account for {others}")


def _by_threads(seen: Observation, fds: str) -> Verdict:
    workers = sum(thread.klass == "vhost" for thread in seen.threads)
    held = _process.count_devices(seen.links)["vhost_net"]
    # vsock and scsi have vhost workers of the same name.
    foreign = sum(target.startswith("/dev/vhost-") and target != "/dev/vhost-net" for target in seen.links.values())
    if workers == 0 or (fds == "qemu" and workers == held + foreign):
        return Verdict("qemu")
    if fds == "vhost" and workers >= held:
        return Verdict("vhost")
    return Verdict(UNKNOWN, f"{workers} vhost workers for {held + foreign} open vhost devices")


def _disagreements(verdicts: dict[str, Verdict]) -> list[str]:
    found = list(dict.fromkeys(verdict.why for verdict in verdicts.values() if verdict.why))
    spoken = {name: verdict.says for name, verdict in verdicts.items() if verdict.says != UNKNOWN}
    if len(set(spoken.values())) > 1:
        found.append("; ".join(f"{name} says {says}" for name, says in spoken.items()))
    return found

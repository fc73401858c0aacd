# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The nulls of a run document by their places, and why each of them is one.

A place is the path of names with dots. [] stands for each entry of a list, * for each moment of a witness and for each
system call: samples[].softirq_ns, witness.*.pid, syscalls.by_name.*.errors.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Set

MOMENTS = ("before", "middle", "after")
_WITNESS = ("witness", "witness.peer")
# What holds nothing more: a report looks at thousands of documents.
_PLAIN = frozenset((str, int, float, bool))
NO_REASON = "the recorder knows no reason"

_NOT_ASKED = "the variant asks for none"
_NO_PEER = "no second guest took part"
_NO_NIC = "libvirt's XML names none for a NIC of this kind"
_NO_VERSION = "the tool prints no version of itself"
_OTHER_FILE = "QEMU's process runs another file than the one that the XML leads to, or that could not be read"
_NO_FILE = "the live XML names no file that could be read"
_NO_KERNEL = "the live XML names none: the guest boots from its disk"
_AGENT = "the guest agent does not tell it"
_OF_WITNESS = {
    "pid": "the guest did not run",
    "interface.alias": _NO_NIC,
    "interface.target": _NO_NIC,
    "interface.source": _NO_NIC,
    "interface.model": _NO_NIC,
    "interface.address": _NO_NIC,
    "interface.mode": "the NIC is no macvtap",
    "interface.virtualport": "the NIC is no port of another switch than a bridge of Linux",
    "interface.router": "no program beside QEMU is the router of the NIC",
    "configured": "the guest's stored XML does not have the NIC",
    "live": "the guest's live XML does not have the NIC",
    "argv": "QEMU's argv was not read",
    "argv.queues": "QEMU's argv does not have the NIC, and of this kind no open device tells its queues",
    "fds": "QEMU's open files were not read",
    "served_by": "no process beside QEMU was seen to serve the NIC",
}
# Where nobody who knows better has said why. Each null that a run document may have is here, or in _summary or
# _run_document, which always say.
WHY: Mapping[str, str] = {
    "factor.baseline": "no baseline was named: the run is compared with no other",
    **{f"factor.{axis}": "the document is older than the parts of a datapath" for axis in ("frontend", "backend")},
    "factor.attachment": "the document is older than the parts of a datapath",
    **{
        f"factor.options.{name}": _NOT_ASKED
        for name in (
            "driver",
            "driver.*",
            "queues",
            "mtu",
            "model",
            "parent",
            "offloads",
            "emulator",
            "kernel",
            "initrd",
        )
    },
    "factor.queues": _OF_WITNESS["argv.queues"],
    "factor.guest_queues": "neither the workload nor the variant names a number of queues",
    "factor.offloads": "ethtool -k on the hypervisor tells nothing of the NIC's link",
    "factor.mtu": "the MTU of the NIC's link on the hypervisor could not be read",
    "factor.guest_nic": "the guest was not asked",
    "factor.guest_nic.driver": "the guest does not tell the driver of its NIC",
    "factor.guest_nic.features": "the guest shows no features of its NIC: only a virtio device has them",
    "factor.guest_nic.iommu": "the guest shows no IOMMU group of its NIC",
    "factor.guest_nic.mtu": "the guest does not tell the MTU of its NIC",
    "factor.guest_nic.rings": "ethtool -g in the guest tells no rings of its NIC",
    "factor.build": "which programs the guest was started by was not looked at",
    "factor.build.emulator.path": "the live XML names no emulator",
    "factor.build.emulator.file": "the live XML names no emulator",
    "factor.build.emulator.exe": "what QEMU's process runs could not be read",
    "factor.build.emulator.version": _OTHER_FILE,
    "factor.build.emulator.sha256": _OTHER_FILE,
    **{f"factor.build.{part}.path": _NO_KERNEL for part in ("kernel", "initrd")},
    **{f"factor.build.{part}.argv": f"QEMU's argv has no -{part}" for part in ("kernel", "initrd")},
    **{f"factor.build.{part}.sha256": _NO_FILE for part in ("kernel", "initrd")},
    "factor.build.kernel.file_release": "the live XML names no kernel whose file tells it",
    "factor.build.kernel.file_version": "the live XML names no kernel whose file tells it",
    "factor.build.kernel.release": _AGENT,
    "factor.build.kernel.version": _AGENT,
    "workload.version": _NO_VERSION,
    "workload.message_bytes": "the load was given no size of a message",
    "workload.peer": _NO_PEER,
    "workload.rate_mbps": "no rate was asked for",
    **{f"{prefix}.*.{name}": why for prefix in _WITNESS for name, why in _OF_WITNESS.items()},
    "witness.peer": _NO_PEER,
    "samples[].throughput_bps": "the tool tells no figure of these seconds",
    "samples[].softirq_ns": "the softirq time of /proc/stat was not read at both ends, or fell",
    "syscalls": "system calls are counted in runs of the tools strace and perf",
    "syscalls.by_name.*.errors": "the tracer tells no number of errors",
    "syscalls.by_class": "the tracer does not tell threads apart",
    "syscalls.ioctls": "the tracer does not tell requests apart",
    **{
        f"summary.latency_us.{name}": "the tool does not tell it of these transactions"
        for name in ("mean", "p50", "p90", "p99", "max")
    },
    "manifest.hypervisor.cpu_model": "/proc/cpuinfo names no model",
    "manifest.guest.kernel": _AGENT,
    "manifest.guest.image": "the guest's files were not looked at",
    "manifest.qemu": "no version is known of the program that runs the guest",
    "manifest.libvirt": "libvirt tells no version",
    "manifest.tools.*": _NO_VERSION,
    "manifest.governor": "the hypervisor's kernel shows no frequency governor of its first CPU",
}


def nulls(document: Mapping[str, Any]) -> Set[str]:
    """Return the places of all nulls but those of ``missing``, which is about the others."""
    found: Set[str] = set()
    _look("", {name: part for name, part in document.items() if name != "missing"}, found)
    return found


def with_reasons(document: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the document with a reason in ``missing`` for each null, and none for what is not null.

    A reason that is given there already is kept.
    """
    given = document["missing"]
    missing = {place: given.get(place) or _why(place) for place in sorted(nulls(document))}
    return {**document, "missing": missing, "explained": True}


def _why(place: str) -> str:
    return WHY.get(place) or WHY.get(f"{place.rpartition('.')[0]}.*") or NO_REASON


def _look(place: str, part: Mapping[str, Any], found: Set[str]) -> None:
    for name, value in part.items():
        if type(value) in _PLAIN:
            continue
        if value is None:
            found.add(_inside(place, name))
        elif isinstance(value, dict):
            _look(_inside(place, name), value, found)
        elif isinstance(value, list):
            _look_at_each(_inside(place, name), value, found)


def _look_at_each(place: str, entries: List[Any], found: Set[str]) -> None:
    each = f"{place}[]"
    for entry in entries:
        if type(entry) in _PLAIN:
            continue
        if entry is None:
            found.add(each)
        elif isinstance(entry, dict):
            _look(each, entry, found)
        elif isinstance(entry, list):
            _look_at_each(each, entry, found)


def _inside(place: str, name: str) -> str:
    if place == "syscalls.by_name" or (place in _WITNESS and name in MOMENTS):
        return f"{place}.*"
    return f"{place}.{name}" if place else name

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is a run as valid as it says? The one place here that asks the code which decides that when a run is recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import AXES
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._registry import datapath, name_of
from ansible_collections.virtio.lab.plugins.module_utils._foreign._reads import reads
from ansible_collections.virtio.lab.plugins.module_utils._foreign._shape import optional
from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _validity as _recorded
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._build import build_reasons
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._manifest import software_emulation
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._run_document import clock_reasons
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._sampler import CLASSES
from ansible_collections.virtio.lab.plugins.module_utils._text import plain
from ansible_collections.virtio.lab.plugins.module_utils._witness._axes import in_effect

Document = Mapping[str, Any]
_BACKENDS = ("vhost", "qemu")
_UNKNOWN = "unknown"


@reads("its witness")
def contradictions(document: Document, queues: int | None = None) -> list[str]:
    """Where what a run says of its validity and what its witnesses saw differ; ``queues``: how many were asked for."""
    return [*_marked(document, reasons(document, queues), queues), *_witnessed(document)]


def reasons(document: Document, queues: int | None = None) -> list[str]:
    """Why the run does not count, by the rules of this version and nothing but its evidence."""
    witness, bracket = document["witness"], document.get("bracket")
    summary, factor = document["summary"], document["factor"]
    spent = summary["cpu_s"] or dict.fromkeys(CLASSES, 0.0)
    cpu_ns = {name: round(seconds * 1e9) for name, seconds in spent.items()}
    pps, bits = summary["pps"], None if summary["gbps"] is None else summary["gbps"] * 1e9
    packets = None if pps is None or not summary["window_s"] else round(pps * summary["window_s"])
    options = factor.get("options") or {}
    return [
        *_recorded.reasons(factor["datapath"], witness, cpu_ns, packets),
        *_recorded.queue_reasons(queues or options.get("queues"), witness, factor.get("guest_queues")),
        *_recorded.option_reasons(options, witness, factor.get("guest_nic")),
        *build_reasons(options, factor.get("build")),
        *_recorded.traffic_reasons(bits, summary["tps"], pps),
        *_recorded.bracket_reasons(bits, summary["tps"], summary["window_s"] or 0.0, optional(bracket)),
        *_recorded.stillness_reasons(bits, summary["tps"], document["workload"]["message_bytes"]),
        *(_recorded.peer_reasons(witness["peer"]) if witness.get("peer") else []),
        *(clock_reasons(bracket) if bracket else []),
    ]


def _marked(document: Document, found: list[str], queues: int | None) -> Iterator[str]:
    given = document["invalid_reasons"]
    if document["valid"] and given:
        yield f"it is marked valid beside the reason {given[0]!r} why it is not"
    elif document["valid"] and found:
        yield f"it is marked valid, but {found[0]}"
    elif not document["valid"] and not given:
        yield "it is marked invalid and gives no reason"
    elif not document["valid"] and not found and not _is_beyond(document, queues):
        yield f"it is marked invalid as {given[0]!r}, and its evidence shows nothing of it"


def _is_beyond(document: Document, queues: int | None) -> bool:
    """Whether a reason was found in what the document does not have: the rates of a load that its tracer slowed down,
    and how many queue pairs were asked for, where no plan is known that says so.
    """
    is_about_queues = any("queue pairs" in reason for reason in document["invalid_reasons"])
    return bool(document["instrumentation"]["perturbing"]) or (is_about_queues and queues is None)


def _witnessed(document: Document) -> Iterator[str]:
    witness = document["witness"]
    if witness["verdict"] != (said := _recorded.effective(witness)):
        yield f"the verdict of its witness is {witness['verdict']}, the three moments say {said}"
    for moment in _recorded.MOMENTS:
        for what in _of_moment(witness[moment]):
            yield f"{moment}: {what}"
    pid = str(document["factor"]["boot_id"]).partition("-")[0]
    if witness["before"].get("pid") is not None and pid != str(witness["before"]["pid"]):
        yield f"its boot_id is of process {pid}, QEMU was process {witness['before']['pid']}"
    if document["valid"] and bool(witness.get("peer")) != bool(document["workload"].get("peer")):
        yield f"workload.peer is {document['workload'].get('peer')!r}, and that is not what was witnessed of a peer"
    yield from _factor(document["factor"], witness, document["manifest"].get("nic_features"))
    yield from _emulated(document["manifest"])


def _emulated(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Software emulation, which takes claims away, cannot be denied beside what it is known by."""
    said, seen = optional(manifest.get("software_emulation")), optional(manifest.get("hypervisor"))
    if manifest.get("accelerator") not in ("kvm", "tcg"):
        return
    known = software_emulation("kvm" if manifest["accelerator"] == "kvm" else "qemu", seen.get("cpu_model"))
    if bool(said.get("is")) is not known["is"]:
        yield f"manifest.software_emulation.is is {said.get('is')}; {known['why']}"


def _factor(factor: Mapping[str, Any], witness: Mapping[str, Any], features: Any) -> Iterator[str]:
    """What is compared, against where it was read."""
    axes = datapath(factor["datapath"]).axes
    for axis, part in zip(AXES, axes, strict=True):
        if factor.get(axis) not in (None, part):
            yield f"factor.{axis} is {factor[axis]}, that of {factor['datapath']} is {part}"
    for moment in _recorded.MOMENTS:
        has = optional(witness[moment].get("argv")).get("queues")
        if has is not None and factor["queues"] != has:
            yield f"factor.queues is {factor['queues']}, QEMU's argv has {has} {_recorded.WHEN[moment]} the run"
        if factor.get("frontend") is not None and not witness[moment].get("axes"):
            yield f"{moment}: its witnesses say nothing of frontend, backend and attachment"
    if features and factor["offloads"] is None:
        yield "factor.offloads are not known, and its manifest has those of the tap device"
    if features and factor["offloads"]:
        differing = [name for name, is_on in factor["offloads"].items() if features.get(name) is not is_on]
        if differing:
            yield f"factor.offloads are not those of the tap device in its manifest: {', '.join(sorted(differing))}"


def _of_moment(seen: Mapping[str, Any]) -> Iterator[str]:
    """What was concluded against what each witness says, and that against what it saw."""
    says = seen["witnesses"]
    known = sorted({said for said in says.values() if said != _UNKNOWN})
    if seen["agree"] and known and known != [seen["effective"]]:
        yield f"its witnesses are said to agree on {seen['effective']}, but they say {', '.join(known)}"
    elif known and seen["effective"] not in (*known, _UNKNOWN):
        yield f"{seen['effective']} is said to be in effect, its witnesses say {', '.join(known)}"
    elif not known and seen["effective"] != _UNKNOWN:
        yield f"{seen['effective']} is said to be in effect, and no witness says so"
    yield from _of_axes(seen)
    kind = optional(optional(seen.get("argv")).get("netdev")).get("type", "tap")
    if says.get("argv") in _BACKENDS and kind != "tap":
        yield f"QEMU's argv is said to say {says['argv']}, and its -netdev is of type {kind}"
    argv, fds, live = (seen.get(part) or {} for part in ("argv", "fds", "live"))
    if says.get("argv") in _BACKENDS and argv.get("vhost") is not (says["argv"] == "vhost"):
        yield f"QEMU's argv is said to say {says['argv']}, and has vhost={argv.get('vhost')}"
    odd = [name for name, count in fds.items() if not isinstance(count, int) or isinstance(count, bool) or count < 0]
    if odd:
        yield f"{plain(repr(fds[odd[0]]), 80)} is no number of its descriptors of {plain(odd[0], 80)}"
    if says.get("fds") == "vhost" and not fds.get("vhost_net"):
        yield "its descriptors are said to be those of vhost, and none is /dev/vhost-net"
    if says.get("threads") == "vhost" and not any(thread["class"] == "vhost" for thread in seen["threads"]):
        yield "its threads are said to be those of vhost, and there is no vhost worker"
    if says.get("xml") in _BACKENDS and live.get("name") not in (None, says["xml"]):
        yield f"its XML is said to say {says['xml']}, and names {live['name']}"


def _of_axes(seen: Mapping[str, Any]) -> Iterator[str]:
    """The three parts of the datapath against what each witness leaves open of them, and their combination's name."""
    axes = seen.get("axes")
    if axes is None:
        if seen.get("datapath") is not None:
            yield f"its datapath is said to be {seen['datapath']}, and no witness says what it is made of"
        return
    for axis in AXES:
        left = in_effect({name: set(open_) for name, open_ in axes[axis]["witnesses"].items()})
        if axes[axis]["effective"] != left:
            yield f"its {axis} is said to be {axes[axis]['effective']}, its witnesses leave {left}"
    made = name_of(*(axes[axis]["effective"] for axis in AXES))
    if seen.get("datapath") != made:
        yield f"its datapath is said to be {seen.get('datapath')}, its parts make {made}"

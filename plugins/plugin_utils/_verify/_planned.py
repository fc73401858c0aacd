# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a campaign was to measure, out of its campaign.json, against the runs that there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _shape
from ansible_collections.virtio.lab.plugins.module_utils._foreign._reads import reads
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._build_xml import PARTS
from ansible_collections.virtio.lab.plugins.module_utils._measure._argument_spec import BENCHMARK_RUN
from ansible_collections.virtio.lab.plugins.module_utils._switch._driver import flat
from ansible_collections.virtio.lab.plugins.plugin_utils._campaign._plan import plan
from ansible_collections.virtio.lab.plugins.plugin_utils._campaign._variants import variants
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._found import Found
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._finding import FALSE, MISSING, Finding

MOST_RUNS = 200_000
_TIMES = ("warmup_s", "duration_s")
# What a lab file may ask of a workload that its document records by the same name; traced runs name their tracer.
_ASKED = ("tool", "direction", "proto", "message_bytes", "streams", "rate_mbps", "peer")


class Planned(NamedTuple):
    """One run as the campaign asks for it, with the cell it belongs to."""

    cell: int
    name: str
    wanted: Mapping[str, Any]
    queues: int | None


@reads("the campaign")
def planned(campaign: Mapping[str, Any], blocks: int | None = None) -> dict[str, Planned]:
    """Run id → what is asked for; ``blocks``: how many were to be measured where that was ended early by its rule.

    Raises LabError where it is no campaign, or one of more runs than anybody measures.
    """
    workloads = _shape.items(campaign.get("workloads"), "campaign.workloads", 1000)
    datapaths = _shape.items(campaign.get("datapaths"), "campaign.datapaths", 1000)
    many = _shape.whole(campaign.get("blocks"), "campaign.blocks", 1, MOST_RUNS) * len(workloads) * (len(datapaths) + 1)
    if many > MOST_RUNS:
        raise LabError(f"the campaign has {many} runs; {MOST_RUNS} at most can be verified")
    found: dict[str, Planned] = {}
    baseline = variants(campaign)[0]["name"]
    for cell in plan(campaign):
        if blocks is not None and cell["block"] > blocks:
            continue
        name = f"block {cell['block']}, {cell['variant']['name']}{', A/A' if cell['arm'] == 'aa' else ''}"
        for run in cell["runs"]:
            wanted = {
                "block": cell["block"],
                "order_in_block": run["order_in_block"],
                "seed": campaign["seed"],
                "factor.variant": cell["variant"]["name"],
                "factor.datapath": cell["datapath"],
                "factor.arm": cell["arm"],
                "factor.baseline": baseline,
                "factor.options": _options(cell["variant"]),
                **{f"factor.options.{part}": cell["variant"].get(part) for part in PARTS},
                "workload.name": run["workload"]["name"],
                **_of_workload(run["workload"]),
                **{f"workload.{time}": _time(campaign, time) for time in _TIMES},
            }
            found[run["run_id"]] = Planned(cell["position"], name, wanted, cell["queues"])
    return found


def _of_workload(workload: Mapping[str, Any]) -> dict[str, Any]:
    wanted = {f"workload.{name}": workload[name] for name in _ASKED if workload.get(name) is not None}
    if workload.get("test"):
        wanted["workload.proto"] = str(workload["test"]).partition("_")[0]
        wanted["workload.test"] = workload["test"]
        wanted.pop("workload.direction", None)  # requests and answers go both ways
    if workload["tool"] == "hping3":
        wanted = {"workload.tool": "hping3"}
    # Of these none is asked for, too.
    none = ("peer", "rate_mbps") if workload["tool"] == "iperf3" else ("peer",)
    return {**wanted, **{f"workload.{name}": workload.get(name) for name in none}}


def _options(given: Mapping[str, Any]) -> dict[str, Any]:
    """What a variant asks of its device, in one form for a lab file's options and for a run document's."""
    found = {name: given.get(name) for name in ("queues", "mtu", "model", "parent")}
    found |= {name: flat(given.get(name) or {}) for name in ("driver", "offloads")}
    return {name: value for name, value in found.items() if value not in (None, {})}


def _time(campaign: Mapping[str, Any], name: str) -> Any:
    return campaign[name] if campaign.get(name) is not None else BENCHMARK_RUN[name]["default"]


def missing(plan_of: Mapping[str, Planned], found: Sequence[Found]) -> Iterator[Finding]:
    """A finding for each cell that lacks a run."""
    there = {one.run_id for one in found}
    cells: dict[str, list[str]] = {}
    for run_id, run in plan_of.items():
        if run_id not in there:
            cells.setdefault(run.name, []).append(run_id)
    for name, lacking in cells.items():
        yield Finding("campaign.json", f"planned and not there: {', '.join(lacking)} ({name})", MISSING)


def complete_cells(plan_of: Mapping[str, Planned], found: Sequence[Found]) -> tuple[int, int]:
    """How many cells have all of their runs, and how many there are."""
    there = {one.run_id for one in found}
    lacking = {run.cell for run_id, run in plan_of.items() if run_id not in there}
    cells = {run.cell for run in plan_of.values()}
    return len(cells) - len(lacking), len(cells)


def unlike(plan_of: Mapping[str, Planned], found: Sequence[Found]) -> Iterator[Finding]:
    """Runs that the campaign has not, and those that are not as it asks."""
    for one in found:
        run = plan_of.get(one.run_id)
        if run is None:
            yield Finding(one.path, "the campaign has no such run", FALSE)
            continue
        for path, wanted in run.wanted.items():
            has = _at(one.document, path)
            if path == "factor.baseline" and has is None:  # recorded before there was one
                continue
            if has != wanted:
                yield Finding(one.path, f"{path} is {has!r}, the campaign asks for {wanted!r}", FALSE)


def hotplugged(campaign: Mapping[str, Any], found: Sequence[Found]) -> Iterator[Finding]:
    """Runs for which the NIC alone was plugged anew, where the campaign asks for a start of the guest."""
    if campaign.get("replicate", "boot") != "boot":
        return
    for one in found:
        if one.document["factor"]["replicate"] == "hotplug":
            yield Finding(one.path, "factor.replicate is 'hotplug', the campaign asks for 'boot'", FALSE)


def _at(document: Mapping[str, Any], path: str) -> Any:
    part, _dot, name = path.partition(".")
    if not name:
        return document[part]
    if name == "options":
        return _options(document[part].get("options") or {})
    if name.startswith("options."):
        return (document[part].get("options") or {}).get(name.removeprefix("options."))
    # Documents of before there was tcp_crr do not name the test: it was tcp_rr or udp_rr.
    earlier = {"arm": "a", "test": f"{document['workload']['proto']}_rr"}
    return document[part].get(name, earlier.get(name))

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run documents → the one comparison document that every form of the report is made from."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._builds import builds
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._cells import cell_counts, measured
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._evidence import witness_counts, witness_rows
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._figures import (
    Figure,
    figures,
    unfitness,
    with_verdicts,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._host import (
    bounds_of,
    flags_of,
    host_rows,
    named_shares,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._latency import latencies
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._loss import (
    dismissed,
    not_to_be_judged,
    still_flags,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._nulls import null_rows
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._overhead import overhead
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._packets import packets
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._polling import polls, weakened
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._queues import by_queues, in_order
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._ranking import ranking
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._syscalls import syscall_tables
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._timelines import drawable, timelines
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._withheld import without_unproved_claims
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._processes import each
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._requirements import require
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._arms import (
    Arms,
    arm_of,
    by_variant,
    cell_of,
    pairs,
    sides,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._manifest import compare_manifests, emulation
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._metrics import HEADLINES
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._proof import Proof
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._tools import UNCOMPARED
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._upgrade import lifted
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics import _rules
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._matrix import family

SCHEMA = "virtio.lab/comparison/2"
MANY = 2000  # runs from which on the workloads are shared among the processors
Document = Mapping[str, Any]


def compare(
    documents: Sequence[Document],
    unreadable: Sequence[Mapping[str, str]] = (),
    stopped: Mapping[str, Any] | None = None,
    planned: Sequence[str] = (),
    cells: Sequence[Mapping[str, Any]] = (),
    proof: Proof | None = None,
    quiet: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """The comparison of one campaign's runs, in whatever order they come.

    ``unreadable``: {path, reason} of documents that could not be read; they are listed, nothing more.
    ``stopped``: what ended the campaign before its last block, if so. ``planned``: its variants as it names them.
    ``cells``: those of its plan, where that is known.
    ``proof``: what was verified of the runs; without one nothing is said of that.
    ``quiet``: the bounds that the campaign names for what goes on beside its runs.
    Raises LabError when there is no run, or runs of several campaigns, whose blocks must not be mixed.
    """
    runs = sorted(map(lifted, documents), key=lambda run: (run["started_at"], run["run_id"]))
    campaign = one_campaign(runs)
    valid = [run for run in runs if run["valid"]]
    drawn = drawable(comparable(valid))
    names = sides(runs, planned)
    bounds = bounds_of(quiet)
    about: dict[str, Any] = {}
    workloads, compared, unfit = _workloads(
        valid, names, bounds, lambda: about.update(_about_the_rest(runs, valid, names, bounds))
    )
    built = builds(runs)
    mine = by_variant(runs)
    return {
        "schema": SCHEMA,
        "campaign_id": campaign,
        "lab": runs[0].get("lab"),
        "started_at": runs[0]["started_at"],
        "ended_at": max(run["ended_at"] for run in runs),
        "baseline": names[0],
        "candidates": list(names[1:]),
        "arms": [
            {**_described(mine.get(name, ()), name), **({"build": built[name]} if name in built else {})}
            for name in names
        ],
        "rules": rules(compared),
        "stopped": dict(stopped) if stopped else None,
        "aa": {**_against_itself(runs, names[0]), "unfit": unfit},
        "runs": {"total": len(runs), "valid": len(valid), "invalid": sum(not run["valid"] for run in runs)},
        "cells": cell_counts(runs, measured(cells, stopped, proof.document if proof else None)),
        "emulation": emulation(runs),
        "host": about["host"],
        "overhead": about["overhead"],
        "verification": dict(proof.document) if proof else None,
        "workloads": without_unproved_claims(workloads, comparable(valid), proof),
        "for_teaching": _for_teaching(valid, names),
        "packets": about["packets"],
        "queues": about["queues"],
        "witnessed": witness_counts(about["witnesses"]),
        "witnesses": about["witnesses"],
        "syscalls": about["syscalls"],
        "timelines": timelines(drawn),
        "timelines_of": len(drawn),
        "invalid": [_invalid(run) for run in runs if not run["valid"]],
        "unreadable": [dict(entry) for entry in unreadable],
        "refused": [dict(entry) for entry in proof.refused] if proof else [],
        "lost": [{**cell_of(run), **attempt} for run in runs for attempt in run.get("lost") or []],
        "manifest": compare_manifests(runs),
        "nulls": null_rows(runs),
    }


def _about_the_rest(
    runs: Sequence[Document], valid: Sequence[Document], names: Sequence[str], bounds: Mapping[str, float]
) -> dict[str, Any]:
    """What takes time and needs no figure."""
    return {
        "host": host_rows(valid, names, bounds),
        "overhead": overhead(runs, comparable(valid), names[0]),
        "packets": packets(valid, names),
        "queues": by_queues(comparable(valid), names),
        "witnesses": witness_rows(runs),
        "syscalls": syscall_tables(valid, names),
    }


def rules(compared: int) -> dict[str, Any]:
    """The rules that verdicts were made by; ``family`` is how many comparisons Holm's correction was made for."""
    return {
        "blocks": _rules.BLOCKS_FOR_VERDICT,
        "confidence": _rules.CONFIDENCE,
        "equivalence": _rules.EQUIVALENCE,
        "correction": "holm",
        "family": compared,
        "headlines": {kind: list(keys) for kind, keys in HEADLINES.items()},
        "unfit": _rules.UNFIT,
        "bootstrap": {"resamples": _rules.RESAMPLES, "seed": _rules.SEED},
    }


def _against_itself(runs: Sequence[Document], baseline: str) -> dict[str, Any]:
    """The A/A arm: of which variant, how many of its runs count, and why none does."""
    mine = [run for run in runs if arm_of(run) == "aa"]
    valid = sum(bool(run["valid"]) for run in mine)
    missing = None
    if not mine:
        missing = "the campaign has no A/A arm, so it cannot say how large a difference of nothing looks"
    elif not valid:
        missing = f"none of the {len(mine)} runs of the A/A arm is valid"
    return {"variant": baseline, "runs": len(mine), "valid": valid, "missing": missing}


def one_campaign(runs: Sequence[Document]) -> str:
    """The id of the campaign that all runs belong to; LabError where there is no run, or more than one campaign."""
    campaigns = sorted({str(run["campaign_id"]) for run in runs})
    if not campaigns:
        raise LabError("there is no run to compare")
    if len(campaigns) > 1:
        names = ", ".join(campaigns)
        raise LabError(f"the runs belong to {len(campaigns)} campaigns ({names}): give the directory of one of them")
    return campaigns[0]


def _described(mine: Sequence[Document], name: str) -> dict[str, Any]:
    """A variant: what its runs say they are, and how many of them count."""
    factor = mine[0]["factor"] if mine else {}
    told = {key: factor.get(key) for key in ("datapath", "frontend", "backend", "attachment")}
    found = {key: sorted({run["factor"].get(key) for run in mine} - {None}) for key in ("queues", "mtu")}
    valid = sum(bool(run["valid"]) for run in mine)
    told["options"] = dict(factor.get("options") or {})
    return {"name": name, **told, **found, "runs": len(mine), "valid": valid}


def _workloads(
    valid: Sequence[Document], names: Sequence[str], bounds: Mapping[str, float], meanwhile: Callable[[], None]
) -> tuple[list[dict[str, Any]], int, list[str]]:
    """Figures by workload, how many comparisons are judged, and why the campaign is unfit for claims, if it is.

    Each candidate has its own, beside the baseline. Holm's correction is made over all of them together.
    A run that counts system calls was made for the counts, one of hping3 for reachability: neither enters a figure.
    """
    undisturbed = comparable(valid)
    runs = {name: of_workload(undisturbed, name) for name in in_order(undisturbed)}
    measured = {name: Arms(mine) for name, mine in runs.items()}
    if len(undisturbed) >= MANY:
        require("scipy.special")  # once, and not by each of the processes
    every_pair = each(
        lambda mine: _pairs(mine, names, bounds),
        list(measured.values()),
        1 if len(undisturbed) >= MANY else max(1, len(measured)),
        meanwhile,
    )
    found = dict(zip(measured, every_pair, strict=True))
    every = [(name, figure) for name, mine in found.items() for figure in mine]
    unfit = unfitness(every)
    judged, polling = iter(with_verdicts([figure for _name, figure in every], unfit)), polls(undisturbed)
    workloads = []
    for name, mine in found.items():
        rows = [weakened(row, polling) for row in itertools.islice(judged, len(mine))]
        told = {**describe(runs[name]), "figures": rows, "ranking": ranking(rows, names)}
        workloads.append({**told, "latency": latencies(measured[name], names)})
    return workloads, family([figure.compared() for _name, figure in every]), unfit


def _pairs(measured: Arms, names: Sequence[str], bounds: Mapping[str, float]) -> list[Figure]:
    """The figures of every candidate beside the baseline."""
    beside = {name: named_shares(mine) for name, mine in by_variant(measured.runs).items()}
    found = []
    for pair in pairs(names):
        busy = flags_of([one for name in pair for one in beside.get(name or "", ())], bounds)
        found += _pair(measured, pair, busy)
    return found


def _pair(measured: Arms, pair: tuple[str, str | None], busy: Sequence[dict[str, str]]) -> list[Figure]:
    """The figures of one candidate beside the baseline; no headline is what most of what was sent is missing from.

    ``busy``: what else went on on the host while they were measured.
    """
    found = figures(measured, pair)
    stalled: Mapping[str, Any] = next((one.document["arms"] for one in found if one.metric.key == "stalled"), {})
    beside = [*still_flags(stalled), *busy]
    for one in found:
        if one.headline:
            one.document["flags"] = [*one.document["flags"], *beside]
    why = not_to_be_judged(found)
    return [dismissed(one, why[one.metric.group]) if one.headline and one.metric.group in why else one for one in found]


def _for_teaching(valid: Sequence[Document], names: Sequence[str]) -> list[dict[str, Any]]:
    """Latencies of hping3's single packets, shown and never compared."""
    taught = [run for run in valid if run["workload"]["tool"] == "hping3"]
    runs = {name: of_workload(taught, name) for name in dict.fromkeys(run["workload"]["name"] for run in taught)}
    return [{**describe(mine), "latency": latencies(Arms(mine), names)} for mine in runs.values()]


def of_workload(runs: Sequence[Document], name: str) -> list[Document]:
    return [run for run in runs if run["workload"]["name"] == name]


def comparable(runs: Sequence[Document]) -> list[Document]:
    """The runs that figures are made from: valid, and made for speed, not for counting system calls or for learning."""
    return [
        run
        for run in runs
        if run["valid"]
        and run["workload"]["tool"] not in UNCOMPARED
        and not (run["instrumentation"]["perturbing"] or run.get("syscalls"))
    ]


def describe(runs: Sequence[Document]) -> dict[str, Any]:
    described = ("tool", "version", "direction", "proto", "message_bytes", "streams", "warmup_s", "duration_s")
    workload = runs[0]["workload"]
    had = {key: sorted({run["factor"].get(key) for run in runs} - {None}) for key in ("mtu", "queues")}
    command = {"command": list(workload.get("argv") or []), "processes": workload.get("processes")}
    return {"name": workload["name"], **{key: workload.get(key) for key in described}, **command, **had}


def _invalid(run: Document) -> dict[str, Any]:
    return {**cell_of(run), "reasons": list(run["invalid_reasons"]) or ["the run gives no reason"]}

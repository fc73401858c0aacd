# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runs of two campaigns → one document that says what became faster, slower, cheaper or dearer in between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._comparison import (
    comparable,
    describe,
    of_workload,
    one_campaign,
    rules,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._figures import verdict
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._ratio import document, paired
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._same_experiment import obstacles
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._arms import Arm, by_block, sides, values_of
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._manifest import as_text, emulation, flatten
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._metrics import METRICS, Metric
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._interval import Ratio
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._matrix import Compared, family, judge_all
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._welch import ratio_of_campaigns

Document = Mapping[str, Any]
SCHEMA = "virtio.lab/compare/1"
SIDES = ("baseline", "candidate")
# CPU seconds of a window grow with what is moved in it, so only what they cost a byte or a transaction is held against.
GATED = ("rate", "latency", "cost")
WORSE = ("slower", "dearer")


def compare_campaigns(
    baseline: Sequence[Document], candidate: Sequence[Document], datapath: str | None = None
) -> dict[str, Any]:
    """Compare all run documents of one campaign with all of another, on each datapath that both measured, or on one.

    Raises LabError, with everything that stands against it, where the two were not the same experiment.
    """
    everything = (baseline, candidate)
    runs = [comparable(side) for side in everything]
    datapaths = _datapaths(runs, datapath)
    names = [list(dict.fromkeys(run["workload"]["name"] for run in side)) for side in runs]
    both = [name for name in names[0] if name in names[1]]
    if not both:
        raise LabError(f"no workload is in both campaigns: {_listed(names[0])} against {_listed(names[1])}")
    runs = [[run for run in side if run["workload"]["name"] in both] for side in runs]
    found = obstacles([run for run in runs[0] if run["factor"]["datapath"] in datapaths],
                      [run for run in runs[1] if run["factor"]["datapath"] in datapaths])  # fmt: skip
    if found:
        raise LabError(f"the campaigns cannot be compared: {'; '.join(found)}")
    figures, compared = _judged(runs, both, datapaths)
    return {
        "schema": SCHEMA,
        **{name: _campaign(side) for name, side in zip(SIDES, everything, strict=True)},
        "datapaths": datapaths,
        "rules": rules(compared),
        "runs": {"total": len(baseline) + len(candidate)},
        "emulation": emulation([*baseline, *candidate]),
        "workloads": [
            {**describe(of_workload(runs[0], name)), "figures": [row for row in figures if row["workload"] == name]}
            for name in both
        ],
        "only_in": {side: [name for name in mine if name not in both] for side, mine in zip(SIDES, names, strict=True)},
        "regressions": [_named(row) for row in figures if row["group"] in GATED and row["verdict"]["word"] in WORSE],
        "differences": _differences(*everything),
    }


def _datapaths(runs: Sequence[Sequence[Document]], asked: str | None) -> list[str]:
    measured = [{run["factor"]["datapath"] for run in side} for side in runs]
    for name, found in zip(SIDES, measured, strict=True):
        if asked and asked not in found:
            raise LabError(f"the {name} has no valid run on {asked}, only on {_listed(sorted(found))}")
    both = sorted(measured[0] & measured[1])
    if not both:
        raise LabError(
            f"no datapath has valid runs in both campaigns: {' against '.join(_listed(sorted(x)) for x in measured)}"
        )
    return [asked] if asked else both


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def _campaign(runs: Sequence[Document]) -> dict[str, Any]:
    return {
        "campaign_id": one_campaign(runs),
        "lab": runs[0].get("lab"),
        "started_at": min(run["started_at"] for run in runs),
        "ended_at": max(run["ended_at"] for run in runs),
        "runs": len(runs),
        "valid": sum(bool(run["valid"]) for run in runs),
    }


def _judged(
    runs: Sequence[Sequence[Document]], workloads: Sequence[str], datapaths: Sequence[str]
) -> tuple[list[dict[str, Any]], int]:
    """Every figure with its verdict, and how many comparisons they are."""
    found = [
        row
        for name in workloads
        for datapath in datapaths
        for row in _figures([of_workload(side, name) for side in runs], name, datapath)
    ]
    compared = [entry for _metric, entry, _row in found]
    rows = [
        {**row, "verdict": verdict(metric, p, judgement)}
        for (metric, _entry, row), (p, judgement) in zip(found, judge_all(compared), strict=True)
    ]
    return rows, family(compared)


def _figures(
    runs: Sequence[Sequence[Document]], workload: str, datapath: str
) -> Iterator[tuple[Metric, Compared, dict[str, Any]]]:
    sampled = [Arm.among(side, datapath) for side in runs]
    again = [_measured_twice(side) for side in runs]
    for metric in METRICS:
        arms = [values_of(arm, metric) for arm in sampled]
        if not any(entry["value"] for arm in arms for entry in arm["values"]):
            continue
        ratio, shown = _unpaired(arms)
        floors = [_against_itself(pair, metric) for pair in again]
        row: dict[str, Any] = {
            "workload": workload,
            "datapath": datapath,
            "metric": metric.key,
            "label": metric.label,
            "unit": metric.unit,
            "group": metric.group,
            "better": "higher" if metric.higher_is_better else "lower",
            "arms": dict(zip(SIDES, arms, strict=True)),
            "ratio": shown,
            "aa": {name: part for name, (_floor, part) in zip(SIDES, floors, strict=True)},
            "flags": [],
        }
        yield metric, Compared(ratio, [floor for floor, _part in floors if floor]), row


def _unpaired(arms: Sequence[Mapping[str, Any]]) -> tuple[Ratio | None, dict[str, Any]]:
    left, right = (list(by_block(arm["values"]).values()) for arm in arms)
    if not left or not right or min(*left, *right) <= 0:
        why = "one side is 0, so there is no ratio" if left and right else "one side has no figure"
        return None, document(None, why, [])
    found = ratio_of_campaigns(left, right)
    return found, document(found, None if found.blocks > 1 else "an interval needs at least 2 blocks", [])


def _measured_twice(runs: Sequence[Document]) -> tuple[Arm, Arm]:
    """The A/A arm of a campaign, whichever datapath it was made on: the noise floor is the machine's."""
    name = sides(runs)[0]
    return Arm.among(runs, name), Arm.among(runs, name, "aa")


def _against_itself(pair: tuple[Arm, Arm], metric: Metric) -> tuple[Ratio | None, dict[str, Any]]:
    first, again = (values_of(arm, metric) for arm in pair)
    floor, shown = paired(first["values"], again["values"])
    return floor, {
        **shown,
        "datapath": pair[0].datapath,
        "missing": shown["missing"] and (again["missing"] or shown["missing"]),
    }


def _named(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ("workload", "datapath", "metric", "label")} | {"verdict": row["verdict"]["text"]}


def _differences(baseline: Sequence[Document], candidate: Sequence[Document]) -> list[dict[str, Any]]:
    """Settings of the manifests that the campaigns do not share: dotted path and the values on either side."""
    left, right = (_values(side) for side in (baseline, candidate))
    return [
        {"path": path, "baseline": left.get(path, []), "candidate": right.get(path, [])}
        for path in dict.fromkeys([*left, *right])
        if left.get(path) != right.get(path)
    ]


def _values(runs: Sequence[Document]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = {}
    for run in runs:
        for path, value in flatten(run["manifest"]):
            found.setdefault(path, set()).add(as_text(value))
    return {path: sorted(values) for path, values in found.items()}

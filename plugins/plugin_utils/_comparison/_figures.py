# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One workload's runs → its figures: both datapaths, their ratio over blocks, the A/A arm beside it, the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._ratio import flags, paired
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._arms import Arm, values_of
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._metrics import METRICS, Metric
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._interval import Ratio
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._matrix import Compared, judge_all
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._rules import BLOCKS_FOR_VERDICT
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._verdict import Judgement

Document = Mapping[str, Any]


@dataclass
class Figure:
    """A figure before the verdict, which needs to know how many there are in all."""

    metric: Metric
    ratio: Ratio | None
    floor: Ratio | None
    document: dict[str, Any]

    def compared(self) -> Compared:
        return Compared(self.ratio, [self.floor] if self.floor else [])


def figures(runs: Sequence[Document], names: tuple[str, str]) -> list[Figure]:
    """One entry a metric that these runs carry, or should carry by the direction of their workload.

    ``names``: (baseline, candidate). What the direction does not ask for and was 0 in every run, such as the CPU of an
    absent iothread, is left out.
    """
    directions = {run["workload"].get("direction") for run in runs}
    sides = [Arm.among(runs, name) for name in names]
    again = Arm.among(runs, names[0], "aa")
    found = ((metric, {side.datapath: values_of(side, metric) for side in sides}) for metric in METRICS)
    return [
        _figure(metric, names, arms, values_of(again, metric))
        for metric, arms in found
        if directions & set(metric.directions)
        or any(entry["value"] for arm in arms.values() for entry in arm["values"])
    ]


def _figure(metric: Metric, names: tuple[str, str], arms: dict[str, dict[str, Any]], again: dict[str, Any]) -> Figure:
    baseline, candidate = names
    ratio, shown = paired(arms[baseline]["values"], arms[candidate]["values"])
    floor, beside = paired(arms[baseline]["values"], again["values"])
    measured = {name: arm["values"] for name, arm in arms.items()}
    document = {
        "metric": metric.key,
        "label": metric.label,
        "unit": metric.unit,
        "group": metric.group,
        "better": "higher" if metric.higher_is_better else "lower",
        "baseline": baseline,
        "candidate": candidate,
        "arms": arms,
        "ratio": shown,
        "aa": {
            **beside,
            "datapath": baseline,
            "values": again["values"],
            "median": again["median"],
            "missing": beside["missing"] and (again["missing"] or beside["missing"]),
        },
        "flags": flags(ratio, shown["per_block"], measured),
    }
    return Figure(metric, ratio, floor, document)


def with_verdicts(found: Sequence[Figure]) -> list[dict[str, Any]]:
    """The documents of all figures of a report, each with its ``verdict``; corrected for how many they are."""
    judged = judge_all([figure.compared() for figure in found])
    return [
        {**figure.document, "verdict": verdict(figure.metric, adjusted_p, judgement)}
        for figure, (adjusted_p, judgement) in zip(found, judged, strict=True)
    ]


def verdict(metric: Metric, adjusted_p: float | None, judgement: Judgement | None) -> dict[str, Any]:
    """``word`` for programs, ``text`` for a table, ``reasons`` in plain words; ``claim``: what was refused, if so."""
    if judgement is None:
        reason = "there is no ratio"
        return {"word": "none", "text": "no verdict: no ratio", "claim": "none", "refused": False, "reasons": [reason],
                "p_holm": None}  # fmt: skip
    word, claim = metric.word(judgement.word), metric.word(judgement.claim)
    text = word
    if word == "none":
        text = f"no verdict: {judgement.reasons[0].split()[0]} of {BLOCKS_FOR_VERDICT} blocks"
    elif judgement.refused:
        text = f"inconclusive ({claim} refused)"
    return {
        "word": word,
        "text": text,
        "claim": claim,
        "refused": judgement.refused,
        "reasons": list(judgement.reasons),
        "p_holm": adjusted_p,
    }

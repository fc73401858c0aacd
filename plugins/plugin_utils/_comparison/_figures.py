# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One workload's runs → its figures: two variants, their ratio over blocks, the A/A arm beside it, the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._ratio import document, flags, paired_blocks
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._arms import Arms, level
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._metrics import Metric
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._fitness import unfit_for_claims
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
    headline: bool

    def compared(self) -> Compared:
        return Compared(self.ratio, [self.floor], self.headline)


def figures(measured: Arms, names: tuple[str, str | None]) -> list[Figure]:
    """One entry a metric that these runs carry, or should carry by their workload.

    ``names``: (baseline, candidate), no candidate where one variant is all that was measured. What the workload does
    not ask for and was 0 in every run, such as the CPU of an absent iothread, is left out.
    """
    asked = measured.headlines
    sides = [name for name in names if name]
    return [
        _figure(metric, names, measured, metric.key in asked)
        for metric in measured.metrics
        if metric.key in asked
        or measured.directions & set(metric.directions)
        or any(_has_any(measured, metric, name) for name in sides)
    ]


def _has_any(measured: Arms, metric: Metric, variant: str) -> bool:
    """Whether the variant has any of it; of what a rate hides a 0 is a figure too."""
    of_zero = metric.group == "beside"
    return measured.once(
        ("has any", metric.key, variant),
        lambda: any(entry["value"] or of_zero for entry in measured.values(metric, variant)["values"]),
    )


def _figure(metric: Metric, names: tuple[str, str | None], measured: Arms, headline: bool) -> Figure:
    """The baseline of a block is the mean of both its cells, where it was measured twice in that block."""
    baseline, candidate = names
    arms = {name: measured.values(metric, name) for name in names if name}
    again = measured.values(metric, baseline, "aa")
    once, twice = (measured.by_block(metric, baseline, which) for which in (("a",), ("a", "aa")))
    blocks = {name: measured.by_block(metric, name) for name in arms}
    ratio, shown = (None, document(None, _alone(names), []))
    if candidate:
        ratio, shown = paired_blocks(twice, blocks[candidate])
    # The same beside every candidate.
    floor, beside = measured.once(
        ("floor", metric.key, baseline), lambda: paired_blocks(once, measured.by_block(metric, baseline, ("aa",)))
    )
    levels = _levels(names, shown["per_block"], {**blocks, baseline: twice})
    return Figure(
        metric,
        ratio,
        floor,
        {
            "metric": metric.key,
            "label": metric.label,
            "unit": metric.unit,
            "group": metric.group,
            "headline": headline,
            "better": "higher" if metric.higher_is_better else "lower",
            "baseline": baseline,
            "candidate": candidate,
            "arms": {name: {**arm, "level": levels[name]} for name, arm in arms.items()},
            "ratio": shown,
            "aa": {
                **beside,
                "variant": baseline,
                "values": again["values"],
                "median": again["median"],
                "missing": beside["missing"] and (again["missing"] or beside["missing"]),
            },
            "flags": flags(ratio, shown["per_block"], blocks),
        },
        headline,
    )


def _alone(names: tuple[str, str | None]) -> str:
    return f"{names[0]} is the only variant of the campaign"


def _levels(
    names: tuple[str, str | None], per_block: Sequence[Mapping[str, Any]], blocks: Mapping[str, Mapping[int, float]]
) -> dict[str, float | None]:
    """Variant → its mean over the blocks of the ratio, so that the ratio is their quotient; else over all its own."""
    counted = [row for row in per_block if row["ratio"] is not None]
    if counted:
        sides = zip(names, ("baseline", "candidate"), strict=True)
        return {str(name): level([row[side] for row in counted]) for name, side in sides}
    return {name: level(list(values.values())) for name, values in blocks.items()}


def unfitness(found: Sequence[tuple[str, Figure]]) -> list[str]:
    """Why the A/A arm makes the campaign unfit for claims, from its (workload, figure); empty where it is fit."""
    return unfit_for_claims({f"{name}, {one.metric.label}": one.floor for name, one in found if one.headline})


def with_verdicts(found: Sequence[Figure], unfit: Sequence[str]) -> list[dict[str, Any]]:
    """The documents of all figures of a report, each with its ``verdict``; corrected for how many are judged."""
    judged = judge_all([figure.compared() for figure in found], unfit)
    return [
        {**figure.document, "verdict": not_judged(why) if (why := figure.document.get("not_judged")) else
         verdict(figure.metric, adjusted_p, judgement)}
        for figure, (adjusted_p, judgement) in zip(found, judged, strict=True)
    ]  # fmt: skip


def not_judged(why: str) -> dict[str, Any]:
    """The verdict on a figure that would be judged, were it not for that."""
    return {"word": "none", "text": "not judged", "claim": "none", "refused": False, "reasons": [why], "p_holm": None}


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
    elif judgement.lacks:
        text = f"inconclusive: {judgement.lacks}"
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

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ratios as the comparison document has them: both intervals, every block's own ratio, and what is odd about them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._runs._arms import by_block
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._groups import two_groups
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._interval import Ratio, ratio_of_blocks
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._rules import BLOCKS_FOR_VERDICT, EQUIVALENCE
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._trend import drift

Values = Sequence[Mapping[str, Any]]


def paired(baseline: Values, candidate: Values) -> tuple[Ratio | None, dict[str, Any]]:
    """The ratio over the blocks that have both, or None, and its part of the document, which says why there is none."""
    left, right = by_block(baseline), by_block(candidate)
    both = {block: (left[block], right[block]) for block in left if block in right}
    usable = all(min(pair) > 0 for pair in both.values())
    rows = [
        {"block": block, "baseline": below, "candidate": above, "ratio": above / below if usable else None}
        for block, (below, above) in both.items()
    ]
    if not rows or not usable:
        why = "one side is 0, so there is no ratio" if rows else "no block holds both sides"
        return None, document(None, why, rows)
    found = ratio_of_blocks(list(both.values()))
    return found, document(found, None if found.blocks > 1 else "an interval needs at least 2 blocks", rows)


def document(ratio: Ratio | None, missing: str | None, per_block: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A ratio with its t interval (``low``, ``high``), bootstrap interval, p and blocks, and why anything is None."""
    bounds = ratio.bootstrap if ratio else None
    return {
        "blocks": ratio.blocks if ratio else 0,
        "ratio": ratio.ratio if ratio else None,
        "low": ratio.low if ratio else None,
        "high": ratio.high if ratio else None,
        "bootstrap": {"low": bounds[0], "high": bounds[1]} if bounds else None,
        "p": ratio.p if ratio else None,
        "missing": missing,
        "per_block": list(per_block),
    }


def flags(
    ratio: Ratio | None, per_block: Sequence[Mapping[str, Any]], arms: Mapping[str, Values]
) -> list[dict[str, str]]:
    """What a reader should know before believing the figure: ``{kind, of, text}``, none of it part of the verdict."""
    series = {name: list(by_block(values).values()) for name, values in arms.items()}
    if ratio:
        series["ratio"] = [row["ratio"] for row in per_block]
    found = [flag for name, values in series.items() for flag in _odd(name, values)]
    if ratio and (text := _disagreement(ratio)):
        found.append({"kind": "bootstrap", "of": "ratio", "text": text})
    return found


def _odd(name: str, values: Sequence[float]) -> Iterator[dict[str, str]]:
    """Drift, or else two groups: what drifts would also be cut in two."""
    if not values or min(values) <= 0:
        return
    logs = [math.log(value) for value in values]
    subject = "the ratio itself" if name == "ratio" else name
    trend = drift(logs)
    groups = None if trend else two_groups(logs)
    if trend:
        change = f"{(trend.change - 1) * 100:+.1f} %"
        yield {
            "kind": "drift",
            "of": name,
            "text": f"{subject} drifts by {change} over the campaign (p = {trend.p:.2g})",
        }
    elif groups:
        sizes = f"{groups.sizes[0]} and {groups.sizes[1]} blocks"
        apart = f"{(groups.apart - 1) * 100:.1f} % apart"
        text = f"{subject} falls into two groups, {sizes}, {apart} (p = {groups.p:.2g}): no one figure says it"
        yield {"kind": "groups", "of": name, "text": text}


def _disagreement(ratio: Ratio) -> str | None:
    if ratio.blocks < BLOCKS_FOR_VERDICT or ratio.bootstrap is None or ratio.low is None or ratio.high is None:
        return None
    if _side(*ratio.bootstrap) == _side(ratio.low, ratio.high):
        return None
    low, high = ratio.bootstrap
    return f"the bootstrap interval [{low:.3g}, {high:.3g}] would tell otherwise than the t interval"


def _side(low: float, high: float) -> str:
    if low >= 1 / EQUIVALENCE and high <= EQUIVALENCE:
        return "inside"
    return "above" if low > 1 else "below" if high < 1 else "across"

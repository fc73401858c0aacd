# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ratios as the comparison document has them: both intervals, every block's own ratio, and what is odd about them."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._runs._arms import by_block
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._autocorrelation import autocorrelation
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._groups import two_groups
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._interval import Ratio, ratio_of_blocks
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._rules import BLOCKS_FOR_VERDICT, EQUIVALENCE
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._trend import drift

Values = Sequence[Mapping[str, Any]]
Blocks = Mapping[int, float]


def paired(baseline: Values, candidate: Values) -> tuple[Ratio | None, dict[str, Any]]:
    """The ratio over the blocks that have both, or None, and its part of the document, which says why there is none.

    A block where one side is 0 has no ratio. It is ``left_out``, and the others count.
    """
    return paired_blocks(by_block(baseline), by_block(candidate))


def paired_blocks(left: Blocks, right: Blocks) -> tuple[Ratio | None, dict[str, Any]]:
    """As paired(), of values that are by block already."""
    rows = [_row(block, left[block], right[block]) for block in left if block in right]
    counted = [(row["baseline"], row["candidate"]) for row in rows if row["ratio"] is not None]
    if not counted:
        why = "one side is 0, so there is no ratio" if rows else "no block holds both sides"
        return None, document(None, why, rows)
    found = _ratio_of(tuple(counted))
    return found, document(found, None if found.blocks > 1 else "an interval needs at least 2 blocks", rows)


@functools.lru_cache(maxsize=4096)
def _ratio_of(pairs: tuple[tuple[float, float], ...]) -> Ratio:
    """Of the A/A arm the same for every candidate that it stands beside."""
    return ratio_of_blocks(pairs)


def _row(block: int, below: float, above: float) -> dict[str, Any]:
    ratio = above / below if min(below, above) > 0 else None
    return {"block": block, "baseline": below, "candidate": above, "ratio": ratio}


def document(ratio: Ratio | None, missing: str | None, per_block: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A ratio with its t interval (``low``, ``high``), bootstrap interval, p and blocks, and why anything is None.

    ``left_out``: the blocks that have no ratio, as one side was 0.
    """
    bounds = ratio.bootstrap if ratio else None
    return {
        "blocks": ratio.blocks if ratio else 0,
        "ratio": ratio.ratio if ratio else None,
        "low": ratio.low if ratio else None,
        "high": ratio.high if ratio else None,
        "bootstrap": {"low": bounds[0], "high": bounds[1]} if bounds else None,
        "p": ratio.p if ratio else None,
        "missing": missing,
        "left_out": [row["block"] for row in per_block if row["ratio"] is None] if ratio else [],
        "per_block": list(per_block),
    }


def flags(
    ratio: Ratio | None, per_block: Sequence[Mapping[str, Any]], arms: Mapping[str, Blocks]
) -> list[dict[str, str]]:
    """What a reader should know before believing the figure: ``{kind, of, text}``, none of it part of the verdict."""
    found = [flag for name, blocks in arms.items() for flag in _odd(name, list(blocks.values()))]
    if ratio:
        logs = [row["ratio"] for row in per_block if row["ratio"] is not None]
        found += [*_odd("ratio", logs), *_hanging_together(logs), *_left_out(per_block, list(arms))]
    if ratio and (text := _disagreement(ratio)):
        found.append({"kind": "bootstrap", "of": "ratio", "text": text})
    return found


def _odd(name: str, values: Sequence[float]) -> list[dict[str, str]]:
    return [dict(flag) for flag in _oddities(name, tuple(values))]


@functools.lru_cache(maxsize=4096)
def _oddities(name: str, values: tuple[float, ...]) -> tuple[dict[str, str], ...]:
    """Of the baseline the same beside every candidate."""
    return tuple(_found_odd(name, values))


def _found_odd(name: str, values: Sequence[float]) -> Iterator[dict[str, str]]:
    """Drift, or else two groups: what drifts would also be cut in two."""
    logs = [math.log(value) for value in values if value > 0]
    if not logs:
        return
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


def _hanging_together(ratios: Sequence[float]) -> Iterator[dict[str, str]]:
    p = autocorrelation([math.log(ratio) for ratio in ratios])
    if p is not None:
        text = f"the ratio of a block resembles that of the block before (p = {p:.2g}): the interval is too narrow"
        yield {"kind": "autocorrelation", "of": "ratio", "text": text}


def _left_out(per_block: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Iterator[dict[str, str]]:
    """What the ratio cannot hold: a block where nothing moved on one side."""
    for side, name in zip(("baseline", "candidate"), names, strict=False):
        blocks = [row["block"] for row in per_block if row[side] <= 0]
        if blocks:
            yield zero(name, blocks)


def zero(name: str, blocks: Sequence[int]) -> dict[str, str]:
    """The flag of a datapath that was 0 in some blocks."""
    which = f"block {blocks[0]}, which has" if len(blocks) == 1 else f"blocks {', '.join(map(str, blocks))}, which have"
    return {"kind": "zero", "of": name, "text": f"{name} was 0 in {which} no ratio: the other blocks count"}


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

# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ratios of two datapaths over the blocks of a campaign.

A block holds every datapath once, so what is compared is formed inside the block and blocks are the replicates.
All figures are ratios, so all arithmetic is done on logarithms: turning the ratio round turns the interval round.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.virtio.lab.plugins.plugin_utils._requirements import require

CONFIDENCE = 0.95
BLOCKS_FOR_VERDICT = 6  # the first two-sided sign test under 5 %: 2 * 2**-6 = 0.031
EQUIVALENCE = 1.03  # the band is [1/1.03, 1.03]: ±3 %, symmetric for ratios


@dataclass(frozen=True)
class Ratio:
    """Candidate over baseline. ``low`` and ``high`` bound the 95 % t interval and are None under 2 blocks."""

    blocks: int
    ratio: float
    low: float | None
    high: float | None


def ratio_of_blocks(pairs: Sequence[tuple[float, float]]) -> Ratio:
    """Geometric mean of candidate/baseline over (baseline, candidate) pairs, one pair a block.

    Every value must be > 0 and there must be a pair: ValueError otherwise, since a ratio of nothing is no figure.
    """
    if not pairs or any(value <= 0 for pair in pairs for value in pair):
        raise ValueError(f"a ratio needs at least one pair of values above 0, got {list(pairs)}")
    logs = [math.log(candidate / baseline) for baseline, candidate in pairs]
    count = len(logs)
    mean = math.fsum(logs) / count
    if count == 1:
        return Ratio(1, math.exp(mean), None, None)
    variance = math.fsum((value - mean) ** 2 for value in logs) / (count - 1)
    quantile = float(require("scipy.special").stdtrit(count - 1, (1 + CONFIDENCE) / 2))
    half = quantile * math.sqrt(variance / count)
    return Ratio(count, _exp(mean), _exp(mean - half), _exp(mean + half))


def _exp(value: float) -> float:
    """exp, with the unbounded end of a hopeless interval kept finite, as JSON has no infinity."""
    return math.exp(max(-700.0, min(700.0, value)))


def judge(ratio: Ratio) -> str:
    """``higher``, ``lower``, ``equivalent``, ``inconclusive``, or ``none`` where there are too few blocks to say."""
    if ratio.blocks < BLOCKS_FOR_VERDICT or ratio.low is None or ratio.high is None:
        return "none"
    if ratio.low >= 1 / EQUIVALENCE and ratio.high <= EQUIVALENCE:
        return "equivalent"
    if ratio.low > 1:
        return "higher"
    if ratio.high < 1:
        return "lower"
    return "inconclusive"

# Copyright (c) 2026, virtio.lab contributors
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
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._requirements import require
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._bootstrap import percentile_interval
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._rules import CONFIDENCE


@dataclass(frozen=True)
class Ratio:
    """Candidate over baseline; what needs two blocks is None under 2 of them.

    ``low``, ``high``: the 95 % t interval. ``p``: two-sided, that the ratio is 1. ``bootstrap``: the 95 % bootstrap
    interval, which leans on no normal distribution.
    """

    blocks: int
    ratio: float
    low: float | None = None
    high: float | None = None
    p: float | None = None
    bootstrap: tuple[float, float] | None = None

    def width(self) -> float:
        """Of the t interval, in logarithms: infinite where there is none."""
        return math.log(self.high / self.low) if self.low and self.high else math.inf


def ratio_of_blocks(pairs: Sequence[tuple[float, float]]) -> Ratio:
    """Geometric mean of candidate/baseline over (baseline, candidate) pairs, one pair a block.

    Every value must be > 0 and there must be a pair: ValueError otherwise, since a ratio of nothing is no figure.
    """
    if not pairs or any(value <= 0 for pair in pairs for value in pair):
        raise ValueError(f"a ratio needs at least one pair of values above 0, got {list(pairs)}")
    logs = [math.log(candidate / baseline) for baseline, candidate in pairs]
    mean = math.fsum(logs) / len(logs)
    if len(logs) == 1:
        return Ratio(1, exp(mean))
    _mean, half, p = (float(found) for found in t_interval(logs))
    low, high = percentile_interval(logs)
    return Ratio(len(logs), exp(mean), exp(mean - half), exp(mean + half), p, (exp(low), exp(high)))


def t_interval(logs: Any) -> tuple[Any, Any, Any]:
    """(mean, half width of the 95 % t interval, two-sided p that the mean is 0) over the last axis, n >= 2 long."""
    np, special = require("numpy"), require("scipy.special")
    found = np.asarray(logs, dtype=float)
    count = found.shape[-1]
    mean = found.mean(axis=-1)
    error = found.std(axis=-1, ddof=1) / math.sqrt(count)
    return mean, special.stdtrit(count - 1, (1 + CONFIDENCE) / 2) * error, p_value(mean, error, count - 1)


def p_value(mean: Any, error: Any, freedom: Any) -> Any:
    """Two-sided p of Student's t for mean/error; without any scatter 1 where the mean is 0, and 0 where it is not."""
    np, special = require("numpy"), require("scipy.special")
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.where(error > 0, np.abs(mean) / error, np.where(mean == 0, 0.0, np.inf))
    return 2 * special.stdtr(freedom, -distance)


def exp(value: float) -> float:
    """exp, with the unbounded end of a hopeless interval kept finite, as JSON has no infinity."""
    return math.exp(max(-700.0, min(700.0, value)))

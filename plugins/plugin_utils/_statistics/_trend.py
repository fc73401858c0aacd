# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drift: does a figure go up or down over the campaign?

Mann and Kendall's test and the slope of Theil and Sen, as scipy.stats has them. They are written out here: importing
scipy.stats takes a second, in each process of a report, and a campaign asks for nothing else of it.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._requirements import require
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._rules import BLOCKS_FOR_VERDICT, EQUIVALENCE, FLAG

_EXACT = 33  # values up to which the distribution is counted out; above it is normal to three digits


@dataclass(frozen=True)
class Trend:
    """``change``: factor from the first run to the last by the Theil–Sen slope; ``p``: two-sided, of no trend."""

    change: float
    p: float


def drift(logs: Sequence[float]) -> Trend | None:
    """The trend of logarithms given in run order, or None where there is none to speak of.

    There is one when the Mann–Kendall test (Kendall's tau against the order; exact for few values) finds it at 1 %, and
    the median slope between any two runs amounts to more than 3 % over the campaign. Under 6 runs nothing is said.
    """
    if len(logs) < BLOCKS_FOR_VERDICT or min(logs) == max(logs):
        return None
    np = require("numpy")
    values = np.asarray(logs, dtype=float)
    later, earlier = np.tril_indices(len(logs), -1)
    steps = values[later] - values[earlier]
    p = mann_kendall(logs, int(np.sign(steps).sum()))
    if p >= FLAG:
        return None
    total = float(np.median(steps / (later - earlier))) * (len(logs) - 1)
    return Trend(math.exp(total), p) if abs(total) > math.log(EQUIVALENCE) else None


def mann_kendall(values: Sequence[float], rises: int) -> float:
    """The two-sided p of no trend; ``rises``: how many pairs rise, less those that fall."""
    count, alike = len(values), Counter(values).values()
    pairs = count * (count - 1) // 2
    fewest = (pairs - abs(rises)) // 2
    if max(alike) == 1 and (count <= _EXACT or fewest <= 1):
        return min(1.0, float(Fraction(2 * sum(_orders(count, fewest)), math.factorial(count))))
    ties = sum(same * (same - 1) * (2 * same + 5) for same in alike)
    variance = (count * (count - 1) * (2 * count + 5) - ties) / 18
    return float(2 * require("scipy.special").ndtr(-abs(rises) / math.sqrt(variance)))


@functools.lru_cache(maxsize=1024)
def _orders(count: int, most: int) -> tuple[int, ...]:
    """How many orders of so many values have 0, 1, … most pairs that fall."""
    found = [1] + [0] * most
    for size in range(2, count + 1):
        sums = list(itertools.accumulate(found))
        found = [total - (sums[at - size] if at >= size else 0) for at, total in enumerate(sums)]
    return tuple(found)

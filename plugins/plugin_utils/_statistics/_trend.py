# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drift: does a figure go up or down over the campaign?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._requirements import require
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._rules import BLOCKS_FOR_VERDICT, EQUIVALENCE, FLAG


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
    stats = require("scipy.stats")
    order = range(len(logs))
    p = float(stats.kendalltau(order, logs).pvalue)
    if p >= FLAG:
        return None
    total = float(stats.theilslopes(logs, order).slope) * (len(logs) - 1)
    return Trend(math.exp(total), p) if abs(total) > math.log(EQUIVALENCE) else None

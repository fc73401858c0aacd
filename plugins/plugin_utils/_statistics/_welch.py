# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two campaigns: blocks of one have nothing to do with blocks of the other, so nothing is paired."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._requirements import require
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._bootstrap import between_tails, resampled_means
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._interval import Ratio, exp, p_value
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._rules import CONFIDENCE, SEED


def ratio_of_campaigns(baseline: Sequence[float], candidate: Sequence[float]) -> Ratio:
    """Quotient of the geometric means, with Welch's t interval on the logarithms; one value a block.

    ``blocks`` is that of the shorter campaign. Every value must be > 0 and both must have one: ValueError otherwise.
    """
    if not baseline or not candidate or min(*baseline, *candidate) <= 0:
        raise ValueError(f"a ratio needs values above 0 on both sides, got {list(baseline)} and {list(candidate)}")
    np, special = require("numpy"), require("scipy.special")
    left, right = np.sort(np.log(baseline)), np.sort(np.log(candidate))
    mean = float(right.mean() - left.mean())
    blocks = min(len(left), len(right))
    if blocks == 1:
        return Ratio(1, exp(mean))
    parts = [side.var(ddof=1) / len(side) for side in (left, right)]
    error = math.sqrt(sum(parts))
    below = sum(part**2 / (len(side) - 1) for part, side in zip(parts, (left, right), strict=True))
    freedom = sum(parts) ** 2 / below if below else len(left) + len(right) - 2
    quantile = float(special.stdtrit(freedom, (1 + CONFIDENCE) / 2))
    half = quantile * error
    low, high = between_tails(resampled_means(right) - resampled_means(left, SEED + 1), blocks, quantile)
    p = float(p_value(np.asarray(mean), np.asarray(error), freedom))
    return Ratio(blocks, exp(mean), exp(mean - half), exp(mean + half), p, (exp(low), exp(high)))

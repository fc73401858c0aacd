# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bootstrap interval of a mean over blocks.

Percentiles of the resampled mean, taken further out than 2.5 % by what Student's t and n/(n-1) ask for: the plain
percentile interval of 6 blocks would cover 86 % instead of 95 % (the expanded percentile interval of Hesterberg, What
Teachers Should Know about the Bootstrap, 2014).
"""

from __future__ import annotations

import functools
import math
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._requirements import require
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._rules import CONFIDENCE, RESAMPLES, SEED


def percentile_interval(logs: Any) -> tuple[Any, Any]:
    """(low, high) of the 95 % interval of the mean over the last axis, n >= 2 long. Drawn from a fixed seed.

    The order of the values does not matter, and negating them all negates and swaps the bounds.
    """
    count = require("numpy").shape(logs)[-1]
    special = require("scipy.special")
    return between_tails(resampled_means(logs), count, special.stdtrit(count - 1, (1 + CONFIDENCE) / 2))


def between_tails(means: Any, count: int, quantile: float) -> tuple[Any, Any]:
    """(low, high) of resampled means (last axis) of ``count`` blocks, where the t interval has ``quantile``."""
    tail = require("scipy.special").ndtr(-quantile * math.sqrt(count / (count - 1)))
    low, high = require("numpy").quantile(means, [tail, 1 - tail], axis=-1)
    return low, high


def resampled_means(logs: Any, seed: int = SEED) -> Any:
    """RESAMPLES means of the last axis, each of as many values drawn from it with replacement."""
    np = require("numpy")
    found = np.sort(np.asarray(logs, dtype=float), axis=-1)
    return found @ _weights(found.shape[-1], seed).T


@functools.lru_cache(maxsize=64)
def _weights(count: int, seed: int) -> Any:
    """RESAMPLES rows: how often each of the sorted values was drawn, over count. Each row comes mirrored too."""
    np = require("numpy")
    drawn = np.random.default_rng(seed).multinomial(count, [1 / count] * count, size=RESAMPLES // 2)
    return np.concatenate([drawn, drawn[:, ::-1]]) / count

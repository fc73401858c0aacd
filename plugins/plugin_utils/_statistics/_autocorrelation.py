# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Does a block hang together with the one before? Then they are fewer than they look, and an interval is too narrow."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._requirements import require
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._rules import (
    BLOCKS_FOR_VERDICT,
    EQUIVALENCE,
    FLAG,
    SEED,
)

SAMPLES = 20_000


def autocorrelation(logs: Sequence[float]) -> float | None:
    """The p of logarithms in block order that change less from one to the next than they scatter; None where none do.

    Von Neumann's ratio, against normal samples of that size, at 1 %. Nothing is said under 6 values, nor of values that
    all lie within 3 %.
    """
    count = len(logs)
    if count < BLOCKS_FOR_VERDICT or max(logs) - min(logs) <= math.log(EQUIVALENCE):
        return None
    found = float(_von_neumann(require("numpy").asarray(logs, dtype=float)))
    p = float((_normal(count) <= found).mean())
    return p if p < FLAG else None


def _von_neumann(logs: Any) -> Any:
    """Squared steps over squared deviations, along the last axis: about 2 where no value depends on another."""
    np = require("numpy")
    deviations = logs - logs.mean(axis=-1, keepdims=True)
    return (np.diff(logs, axis=-1) ** 2).sum(axis=-1) / (deviations**2).sum(axis=-1)


@functools.lru_cache(maxsize=64)
def _normal(count: int) -> Any:
    """The ratio of SAMPLES normal samples of that size."""
    return _von_neumann(require("numpy").random.default_rng(SEED).normal(size=(SAMPLES, count)))

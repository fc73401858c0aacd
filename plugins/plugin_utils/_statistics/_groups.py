# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bimodality: do the blocks fall into two groups, as if two different machines had been measured?

The rule: of all ways to cut the sorted values in two, the best one explains a share of the variance. That share is
compared with what normal samples of the same size show. A part may be a single value: of a datapath that is slow in one
boot of ten, ten blocks see one. Sarle's bimodality coefficient and Hartigan's dip say next to nothing at ten values,
which is what a campaign has.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._requirements import require
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._rules import (
    BLOCKS_FOR_VERDICT,
    EQUIVALENCE,
    FLAG,
    SEED,
)

SAMPLES = 5000


@dataclass(frozen=True)
class Groups:
    """``sizes`` of the lower and the upper group, the factor ``apart`` between their centres, ``p`` of the cut."""

    sizes: tuple[int, int]
    apart: float
    p: float


def two_groups(logs: Sequence[float]) -> Groups | None:
    """The two groups of logarithms, or None where nothing speaks for two.

    Two it is when fewer than 1 % of normal samples can be cut as well, and the centres are more than 3 % apart. Under 6
    values nothing is said.
    """
    np = require("numpy")
    count = len(logs)
    if count < BLOCKS_FOR_VERDICT or min(logs) == max(logs):
        return None
    shares, gaps = _cuts(np.asarray(logs, dtype=float))
    best = int(shares.argmax())
    p = float((_normal(count) >= shares[best]).mean())
    if p >= FLAG or gaps[best] <= math.log(EQUIVALENCE):
        return None
    lower = 1 + best
    return Groups((lower, count - lower), math.exp(float(gaps[best])), p)


def _cuts(logs: Any) -> tuple[Any, Any]:
    """For every cut of the last axis, sorted: the share of the variance it explains, the distance of the centres."""
    np = require("numpy")
    found = np.sort(logs, axis=-1)
    found = found - found.mean(axis=-1, keepdims=True)
    count = found.shape[-1]
    below = np.arange(1, count)
    sums = np.cumsum(found, axis=-1)[..., below - 1]
    gaps = -sums / (count - below) - sums / below  # the centred values sum to 0
    return below * (count - below) / count * gaps**2 / (found**2).sum(axis=-1, keepdims=True), gaps


@functools.lru_cache(maxsize=64)
def _normal(count: int) -> Any:
    """The best share of SAMPLES normal samples of that size."""
    samples = require("numpy").random.default_rng(SEED).normal(size=(SAMPLES, count))
    return _cuts(samples)[0].max(axis=-1)

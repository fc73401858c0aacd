# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._bootstrap import percentile_interval
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._interval import Ratio, ratio_of_blocks

VALUES = st.floats(min_value=1e-3, max_value=1e6)
PAIRS = st.lists(st.tuples(VALUES, VALUES), min_size=2, max_size=12)


def pairs_of_logs(*logs: float) -> list[tuple[float, float]]:
    return [(10.0, 10.0 * math.exp(log)) for log in logs]


def test_six_blocks_by_hand() -> None:
    # Log-ratios 0.10 0.12 0.14 0.16 0.18 0.20.  Mean: 0.90 / 6 = 0.15.
    # Deviations ±0.05 ±0.03 ±0.01, squared 0.0025 0.0009 0.0001, twice each: 0.0070.  Variance: 0.0070 / 5 = 0.0014.
    # Standard error: sqrt(0.0014 / 6) = sqrt(0.000233333) = 0.0152753.  t(5 df, 97.5 %) = 2.570582 (printed tables).
    # Half width: 2.570582 * 0.0152753 = 0.0392664.  Interval of the log: 0.1107336 to 0.1892664.
    # exp: 1.161834 [1.117097, 1.208363].
    found = ratio_of_blocks(pairs_of_logs(0.10, 0.12, 0.14, 0.16, 0.18, 0.20))
    assert found.blocks == 6
    assert found.ratio == pytest.approx(1.161834, abs=1e-6)
    assert found.low == pytest.approx(1.117097, abs=2e-6)
    assert found.high == pytest.approx(1.208363, abs=2e-6)


def test_two_blocks_by_hand() -> None:
    # Log-ratios 0.1 and 0.3.  Mean 0.2; deviations ±0.1; variance 0.02 / 1; standard error sqrt(0.02 / 2) = 0.1.
    # t(1 df, 97.5 %) = 12.7062 (printed tables).  Half width 1.27062: -1.07062 to 1.47062.
    # exp: 1.221403 [0.342796, 4.351933].
    found = ratio_of_blocks(pairs_of_logs(0.1, 0.3))
    assert found.ratio == pytest.approx(1.221403, abs=1e-6)
    assert found.low == pytest.approx(0.342796, rel=1e-4)
    assert found.high == pytest.approx(4.351933, rel=1e-4)


def test_one_block_has_no_interval() -> None:
    assert ratio_of_blocks([(2.0, 3.0)]) == Ratio(1, pytest.approx(1.5), None, None)


@pytest.mark.parametrize("pairs", [[], [(0.0, 1.0)], [(1.0, 0.0)], [(1.0, 2.0), (1.0, -1.0)]])
def test_no_ratio_of_nothing(pairs: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        ratio_of_blocks(pairs)


def test_a_hopeless_interval_stays_finite() -> None:
    found = ratio_of_blocks([(1e-3, 1e6), (1e6, 1e-3)])
    assert found.low is not None
    assert found.high is not None
    assert 0 < found.low < found.high < math.inf


@given(PAIRS)
def test_turning_the_ratio_round_turns_the_interval_round(pairs: list[tuple[float, float]]) -> None:
    there = ratio_of_blocks(pairs)
    back = ratio_of_blocks([(candidate, baseline) for baseline, candidate in pairs])
    assert back.ratio == pytest.approx(1 / there.ratio)
    assert back.low == pytest.approx(1 / there.high)
    assert back.high == pytest.approx(1 / there.low)
    assert back.p == pytest.approx(there.p, abs=1e-12)
    assert there.bootstrap is not None
    assert back.bootstrap == pytest.approx((1 / there.bootstrap[1], 1 / there.bootstrap[0]))


@given(PAIRS, st.randoms(use_true_random=False))
def test_the_order_of_the_blocks_does_not_matter(pairs: list[tuple[float, float]], random) -> None:
    shuffled = list(pairs)
    random.shuffle(shuffled)
    there, other = ratio_of_blocks(pairs), ratio_of_blocks(shuffled)
    assert (other.ratio, other.low, other.high) == pytest.approx((there.ratio, there.low, there.high))
    assert other.bootstrap == pytest.approx(there.bootstrap)


@given(PAIRS, st.floats(min_value=1e-3, max_value=1e3))
def test_the_unit_does_not_matter(pairs: list[tuple[float, float]], factor: float) -> None:
    there = ratio_of_blocks(pairs)
    scaled = ratio_of_blocks([(baseline * factor, candidate * factor) for baseline, candidate in pairs])
    assert (scaled.ratio, scaled.low, scaled.high) == pytest.approx((there.ratio, there.low, there.high), rel=1e-5)


def test_without_scatter_the_p_value_is_certain() -> None:
    assert ratio_of_blocks([(1.0, 2.0)] * 6).p == 0
    assert ratio_of_blocks([(2.0, 2.0)] * 6).p == 1


def test_the_bootstrap_is_drawn_from_a_seed_and_lies_within_the_values() -> None:
    logs = [0.10, 0.12, 0.14, 0.16, 0.18, 0.20]
    low, high = percentile_interval(logs)
    assert (low, high) == percentile_interval(logs)
    assert 0.10 < low < 0.15 < high < 0.20
    together = percentile_interval([logs, [-log for log in logs]])
    assert together[0].tolist() == pytest.approx([low, -high])
    assert together[1].tolist() == pytest.approx([high, -low])

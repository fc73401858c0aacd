# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virtio.lab.plugins.plugin_utils._statistics import EQUIVALENCE, Ratio, judge, ratio_of_blocks

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
    assert judge(found) == "higher"


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


@pytest.mark.parametrize(
    ("low", "high", "judgement"),
    [
        (1.10, 1.20, "higher"),
        (0.80, 0.90, "lower"),
        (0.98, 1.02, "equivalent"),
        (1.01, 1.02, "equivalent"),  # a sure difference, but one that does not matter
        (1 / EQUIVALENCE, EQUIVALENCE, "equivalent"),
        (1.01, 1.05, "higher"),
        (0.90, 1.10, "inconclusive"),
        (0.99, 1.04, "inconclusive"),
    ],
)
def test_verdict_from_six_blocks_on(low: float, high: float, judgement: str) -> None:
    assert judge(Ratio(6, math.sqrt(low * high), low, high)) == judgement
    assert judge(Ratio(5, math.sqrt(low * high), low, high)) == "none"


@given(PAIRS)
def test_turning_the_ratio_round_turns_the_interval_round(pairs: list[tuple[float, float]]) -> None:
    there = ratio_of_blocks(pairs)
    back = ratio_of_blocks([(candidate, baseline) for baseline, candidate in pairs])
    assert back.ratio == pytest.approx(1 / there.ratio)
    assert back.low == pytest.approx(1 / there.high)
    assert back.high == pytest.approx(1 / there.low)


@given(PAIRS, st.randoms(use_true_random=False))
def test_the_order_of_the_blocks_does_not_matter(pairs: list[tuple[float, float]], random) -> None:
    shuffled = list(pairs)
    random.shuffle(shuffled)
    there, other = ratio_of_blocks(pairs), ratio_of_blocks(shuffled)
    assert (other.ratio, other.low, other.high) == pytest.approx((there.ratio, there.low, there.high))


@given(PAIRS, st.floats(min_value=1e-3, max_value=1e3))
def test_the_unit_does_not_matter(pairs: list[tuple[float, float]], factor: float) -> None:
    there = ratio_of_blocks(pairs)
    scaled = ratio_of_blocks([(baseline * factor, candidate * factor) for baseline, candidate in pairs])
    assert (scaled.ratio, scaled.low, scaled.high) == pytest.approx((there.ratio, there.low, there.high), rel=1e-5)

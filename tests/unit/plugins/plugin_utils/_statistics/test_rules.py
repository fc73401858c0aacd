# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts, corrections, flags, histograms, stopping: rule by rule."""

from __future__ import annotations

import itertools
import math

import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._ratio import flags
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._autocorrelation import autocorrelation
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._fitness import unfit_for_claims
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._groups import two_groups
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._histogram import merge, percentiles
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._holm import holm
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._interval import Ratio, ratio_of_blocks
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._matrix import Compared, family, judge_all
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._rules import EQUIVALENCE, FLAG
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._stopping import may_stop
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._trend import drift, mann_kendall
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._verdict import DETAIL, judge
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._welch import ratio_of_campaigns

QUIET = Ratio(6, 1.0, 0.995, 1.005, 0.9)


def between(low: float, high: float, blocks: int = 6) -> Ratio:
    return Ratio(blocks, math.sqrt(low * high), low, high, 0.01)


@pytest.mark.parametrize(
    ("low", "high", "word"),
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
def test_verdict_from_six_blocks_on(low: float, high: float, word: str) -> None:
    assert judge(between(low, high), 0.01, 1, [QUIET]).word == word
    assert judge(between(low, high, blocks=5), 0.01, 1, [QUIET]).word == "none"


def test_what_many_comparisons_may_show_by_chance_is_no_claim() -> None:
    found = judge(between(1.10, 1.20), 0.06, 20, [QUIET])
    assert found.word == found.claim == "inconclusive"
    assert "p = 0.06 after Holm's correction for 20 comparisons" in found.reasons[0]


UNFIT = "the A/A arm finds 1.1× [1.05, 1.15] in tcp_rr, transactions, where there is no difference"


@pytest.mark.parametrize(("low", "high"), [(1.10, 1.20), (0.98, 1.02), (0.80, 0.90)])
def test_a_campaign_that_is_unfit_claims_nothing(low: float, high: float) -> None:
    found = judge(between(low, high), 0.01, 1, [QUIET], [UNFIT, "another"])
    assert (found.word, found.refused, found.lacks) == ("inconclusive", True, "")
    assert found.claim in ("higher", "lower", "equivalent")
    assert found.reasons[0] == f"refused: {UNFIT}"
    assert "another" not in "".join(found.reasons)


@pytest.mark.parametrize("floor", [Ratio(6, 1.0, 0.8, 1.25, 0.9), Ratio(6, 1.05, 1.01, 1.09, 0.02)])
def test_an_a_a_arm_that_is_wide_or_off_by_chance_does_not_stand_in_the_way(floor: Ratio) -> None:
    assert judge(between(1.10, 1.20), 0.01, 1, [floor]).word == "higher"


@pytest.mark.parametrize(
    ("floors", "lacks"),
    [([None], "no A/A"), ([], "no A/A"), ([Ratio(1, 1.0)], "A/A in 1 of 6 blocks"),
     ([Ratio(5, 1.0, 0.9, 1.1, 0.9)], "A/A in 5 of 6 blocks"), ([QUIET, None], "no A/A")],
)  # fmt: skip
def test_without_an_a_a_arm_nothing_is_claimed(floors: list[Ratio | None], lacks: str) -> None:
    for low, high in ((1.10, 1.20), (0.98, 1.02)):
        found = judge(between(low, high), 0.01, 1, floors)
        assert (found.word, found.refused, found.lacks) == ("inconclusive", True, lacks)
        assert found.reasons[0].startswith(f"refused: {lacks}, so how large")


def test_what_says_nothing_lacks_nothing() -> None:
    assert judge(between(0.9, 1.1), 0.9, 1, [None]).lacks == ""


def contrast(p: float, blocks: int = 10) -> Ratio:
    return Ratio(blocks, 1.1, 1.05, 1.15, p)


def test_the_a_a_arm_is_asked_once_over_all_headline_figures() -> None:
    # Holm over three: 0.003 becomes 0.009, under 1 %; 0.004 becomes 0.012.
    assert unfit_for_claims({"a": contrast(0.004), "b": contrast(0.5), "c": contrast(0.6)}) == []
    (said,) = unfit_for_claims({"a": contrast(0.5), "b": contrast(0.003), "c": contrast(0.6)})
    assert said.startswith("the A/A arm finds 1.1× [1.05, 1.15] in b, where there is no difference (p = 0.009 after")
    assert "Holm's correction for 3" in said
    both = unfit_for_claims({"a": contrast(0.0004), "b": contrast(0.0001), "c": contrast(0.6)})
    assert [text.split(" in ")[1].split(",")[0] for text in both] == ["b", "a"]


def test_what_is_not_there_or_has_too_few_blocks_makes_no_campaign_unfit() -> None:
    assert unfit_for_claims({}) == []
    assert unfit_for_claims({"a": None, "b": contrast(1e-9, blocks=5), "c": contrast(0.5)}) == []


def test_holm_by_hand() -> None:
    # Sorted 0.005 0.01 0.03 0.04, times 4 3 2 1: 0.02 0.03 0.06 0.04; never falling: 0.02 0.03 0.06 0.06.
    assert holm([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.4, 0.9]).tolist() == pytest.approx([0.8, 0.9])
    assert holm([[0.01, 0.04], [0.6, 0.02]]).tolist() == [pytest.approx([0.02, 0.04]), pytest.approx([0.6, 0.04])]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_only_ever_makes_it_harder_and_keeps_the_order(p: list[float]) -> None:
    found = holm(p).tolist()
    assert all(value <= adjusted <= 1 for value, adjusted in zip(p, found, strict=True))
    ranked = [adjusted for _value, adjusted in sorted(zip(p, found, strict=True))]
    assert all(before <= after for before, after in itertools.pairwise(ranked))


def test_only_what_may_end_in_a_verdict_is_corrected_for() -> None:
    few = ratio_of_blocks([(1.0, 1.1), (1.0, 1.2)])
    enough = ratio_of_blocks([(1.0, 1.1 + step / 100) for step in range(6)])
    compared = [
        Compared(few, [QUIET]),
        Compared(None, [QUIET]),
        Compared(enough, [QUIET]),
        Compared(enough, [QUIET]),
        Compared(enough, [QUIET], headline=False),
    ]
    assert family(compared) == 2
    (none, no_verdict), nothing, (p, judged), _other, detail = judge_all(compared)
    assert detail == (None, DETAIL)
    assert (none, nothing) == (None, (None, None))
    assert no_verdict is not None
    assert no_verdict.word == "none"
    assert p == pytest.approx(2 * enough.p)
    assert judged is not None
    assert judged.word == "higher"


def test_two_campaigns_by_hand() -> None:
    # Logs 0.0 0.1 0.2 (mean 0.1) and 0.4 0.5 0.6 (mean 0.5), variance 0.01 each.  Standard error: sqrt(0.02 / 3) =
    # 0.0816497.  Equal variances and sizes: Welch's degrees of freedom are 2 + 2 = 4.  t(4 df, 97.5 %) = 2.776445.
    # Half width 0.226696: 0.173304 to 0.626696, so 1.491825 [1.189226, 1.871418].
    found = ratio_of_campaigns([math.exp(log) for log in (0.0, 0.1, 0.2)], [math.exp(log) for log in (0.4, 0.5, 0.6)])
    assert found.blocks == 3
    assert found.ratio == pytest.approx(1.491825, abs=1e-6)
    assert found.low == pytest.approx(1.189226, abs=1e-5)
    assert found.high == pytest.approx(1.871418, abs=1e-5)


def test_two_campaigns_of_other_sizes_and_scatter_as_scipy_has_it() -> None:
    left, right = [1.0, 1.1, 1.3, 0.9], [1.5, 2.5, 1.2, 3.0, 2.2, 1.9]
    found = ratio_of_campaigns(left, right)
    theirs = scipy.stats.ttest_ind([math.log(x) for x in right], [math.log(x) for x in left], equal_var=False)
    assert found.p == pytest.approx(theirs.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(math.exp(bound) for bound in theirs.confidence_interval()))
    assert found.blocks == 4


@given(st.lists(st.floats(0.1, 10), min_size=2, max_size=12), st.lists(st.floats(0.1, 10), min_size=2, max_size=12))
def test_two_campaigns_turned_round(left: list[float], right: list[float]) -> None:
    there, back = ratio_of_campaigns(left, right), ratio_of_campaigns(right, left)
    assert (back.low, back.high) == pytest.approx((1 / there.high, 1 / there.low))
    assert back.p == pytest.approx(there.p, abs=1e-12)
    assert there.bootstrap is not None
    assert there.bootstrap[0] <= there.ratio * (1 + 1e-9)


@pytest.mark.parametrize(("left", "right"), [([], [1.0]), ([1.0], []), ([1.0, 0.0], [1.0])])
def test_two_campaigns_need_values_above_0(left: list[float], right: list[float]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        ratio_of_campaigns(left, right)


def test_campaigns_of_one_block_have_no_interval() -> None:
    assert ratio_of_campaigns([2.0], [3.0]) == Ratio(1, pytest.approx(1.5))


def test_drift_is_a_steady_change_that_matters() -> None:
    found = drift([0.01 * step for step in range(8)])
    assert found is not None
    assert found.change == pytest.approx(math.exp(0.07))
    assert found.p == pytest.approx(2 / math.factorial(8), rel=1e-6)  # one order of 8! rises throughout, one falls
    assert drift([-0.01 * step for step in range(8)]).change == pytest.approx(math.exp(-0.07))


@pytest.mark.parametrize(
    "logs",
    [
        [0.01 * step for step in range(5)],  # too few
        [0.001 * step for step in range(8)],  # steady, but 0.7 % is nothing
        [0.0, 0.1, 0.0, 0.1, 0.0, 0.1, 0.0, 0.1],  # large, but not steady
        [0.3] * 8,
    ],
)
def test_no_drift(logs: list[float]) -> None:
    assert drift(logs) is None


@given(
    logs=st.lists(st.floats(-3, 3), min_size=6, max_size=45)
    | st.lists(st.integers(0, 6).map(float), min_size=6, max_size=45)
    | st.integers(6, 45).flatmap(lambda count: st.permutations([0.1 * step for step in range(count)])),
    nearly=st.booleans(),
)
def test_a_trend_is_what_scipy_finds(logs: list[float], nearly: bool) -> None:
    values = sorted(logs)[:-2] + logs[-2:] if nearly else logs  # in no other order is one ever sure
    found, order = drift(values), range(len(values))
    if min(values) == max(values):
        assert found is None
        return
    p = float(scipy.stats.kendalltau(order, values).pvalue)
    total = float(scipy.stats.theilslopes(values, order).slope) * (len(values) - 1)
    rises = sum((later > earlier) - (later < earlier) for earlier, later in itertools.combinations(values, 2))
    assert mann_kendall(values, rises) == pytest.approx(p, rel=1e-9, abs=1e-300)
    assert (found is not None) == (p < FLAG and abs(total) > math.log(EQUIVALENCE))
    if found:
        assert (found.change, found.p) == pytest.approx((math.exp(total), p), rel=1e-9)


def test_two_groups_are_found_with_their_sizes_and_distance() -> None:
    logs = [0.001, 0.2, 0.002, 0.201, 0.0, 0.199, 0.003, 0.202, 0.001, 0.0]
    found = two_groups(logs)
    assert found is not None
    assert found.sizes == (6, 4)
    assert found.apart == pytest.approx(math.exp(0.2005 - 0.0035 / 3), rel=1e-3)
    assert found.p < 0.01


@pytest.mark.parametrize(
    "logs",
    [
        [0.0, 0.0, 0.2, 0.2, 0.2],  # too few
        [0.0, 0.001, 0.0, 0.02, 0.021, 0.02, 0.0, 0.02],  # two, but 2 % apart
        [0.1 * step for step in range(10)],
        [0.3] * 8,
    ],
)
def test_no_two_groups(logs: list[float]) -> None:
    assert two_groups(logs) is None


def test_one_block_of_ten_may_be_a_group() -> None:
    found = two_groups([0.0, 0.01, -0.01, 0.02, -0.693, -0.02, 0.03, -0.03, 0.01, 0.0])
    assert found is not None
    assert found.sizes == (1, 9)
    assert found.apart == pytest.approx(math.exp(0.693 + 0.01 / 9), rel=1e-3)


def test_blocks_that_hang_together_are_told() -> None:
    # From block to block a slow wave changes by far less than it scatters.
    wave = [0.2 * math.sin(step * math.pi / 10) for step in range(20)]
    p = autocorrelation(wave)
    assert p is not None
    assert p < 0.001
    assert autocorrelation(wave[:5]) is None  # too few
    assert autocorrelation([value / 20 for value in wave]) is None  # all within 1 %
    assert autocorrelation([0.1, -0.1] * 10) is None  # the other way round: nothing that narrows an interval


HISTOGRAM = {"bounds_us": [0, 10, 20, 40], "counts": [0, 50, 50]}


def test_histograms_are_summed_and_percentiles_read_from_the_sum() -> None:
    other = {"bounds_us": [0, 10, 20, 40], "counts": [900, 0, 0]}
    both = merge([HISTOGRAM, other])
    assert both == {"bounds_us": [0, 10, 20, 40], "counts": [900, 50, 50]}
    # 1000 requests: the 500th lies 500/900 into the first bucket, the 990th 40/50 into the last.
    assert percentiles(both) == {
        "p50": pytest.approx(10 * 500 / 900),
        "p90": pytest.approx(10.0),
        "p99": pytest.approx(20 + 20 * 40 / 50),
        "p999": None,  # one request beyond it would decide it
    }


def test_histograms_of_other_buckets_are_not_merged() -> None:
    with pytest.raises(ValueError, match="different buckets"):
        merge([HISTOGRAM, {"bounds_us": [0, 10, 20, 50], "counts": [0, 1, 2]}])


@pytest.mark.parametrize(
    ("widths", "blocks", "stop"),
    [([0.01, 0.02], 10, True), ([0.01, 0.021], 10, False), ([0.01], 8, False), ([0.01], 11, False), ([], 10, False),
     ([math.inf], 12, False)],
)  # fmt: skip
def test_stopping_early_sees_widths_alone(widths: list[float], blocks: int, stop: bool) -> None:
    assert may_stop(widths, blocks, 0.02) is stop


@pytest.mark.parametrize(
    ("bootstrap", "said"),
    [((0.99, 1.19), True), ((1.02, 1.19), False), (None, False)],
)
def test_a_bootstrap_interval_that_would_tell_otherwise_is_flagged(
    bootstrap: tuple[float, float] | None, said: bool
) -> None:
    row = {"block": 1, "baseline": 1.0, "candidate": 1.1, "ratio": 1.1}
    found = flags(Ratio(6, 1.1, 1.01, 1.2, 0.03, bootstrap), [row], {"qemu": {}})
    assert [flag["kind"] for flag in found] == (["bootstrap"] if said else [])
    assert flags(None, [], {"qemu": {1: 0.0}}) == []

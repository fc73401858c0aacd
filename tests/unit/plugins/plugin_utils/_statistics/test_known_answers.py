# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Simulated campaigns whose truth is known, and docs/statistics.md held to what they show, number by number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.plugin_utils._runs._arms import geometric_mean
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._fitness import unfit_for_claims
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._interval import Ratio, ratio_of_blocks
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._matrix import Compared, judge_all

from ....conftest import loaded

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[5]
PAGE = (ROOT / "docs" / "statistics.md").read_text(encoding="utf-8")


simulated = loaded(ROOT / "scripts" / "statistics_figures.py")


def printed(name: str) -> list[list[str]]:
    """The rows of a table of the page, its head left out."""
    table = simulated.between(name).search(PAGE)
    assert table is not None
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.group().splitlines()[2:]]


def percent(text: str) -> float:
    """Of ``94.0 %``, or of ``94.0 % (93.5–94.4)`` the first."""
    return float(text.split(" %")[0]) / 100


@pytest.mark.parametrize("at", range(len(simulated.COVERAGE)))
def test_the_interval_holds_the_truth_as_often_as_it_says(at: int) -> None:
    by_t, by_bootstrap = simulated.coverage(simulated.COVERAGE[at])
    assert by_t == pytest.approx(0.95, abs=0.015)
    assert by_bootstrap == pytest.approx(0.95, abs=0.02)
    row = printed("coverage")[at]
    assert (percent(row[-2]), percent(row[-1])) == pytest.approx((by_t, by_bootstrap), abs=0.001)


@pytest.mark.parametrize("case", simulated.STEEP, ids=lambda case: str(case.blocks))
def test_a_steep_drift_makes_the_interval_wider_and_never_wrong(case: Any) -> None:
    assert min(simulated.coverage(replace(case, campaigns=2000))) > 0.95


# Of 2,000 draws three standard errors of 5 %.
CHANCE = 3 * math.sqrt(0.05 * 0.95 / 2000)


@pytest.mark.parametrize("at", range(len(simulated.NOTHING)))
def test_nothing_is_seldom_called_something(at: int) -> None:
    case = replace(simulated.NOTHING[at], campaigns=2000)
    assert simulated.false_reports(case) <= 0.05 + CHANCE
    assert simulated.unfit(case).mean() <= 0.01 + 3 * math.sqrt(0.01 * 0.99 / 2000)
    as_reported, _uncorrected, unfit = printed("nothing")[at][4:]
    assert percent(as_reported) <= 0.056
    assert percent(unfit) <= 0.016


def test_uncorrected_it_would_be_called_something_often() -> None:
    case = simulated.Case(10, 0.05, figures=7, campaigns=2000)
    assert simulated.false_reports(case, corrected=False) > 0.2


@pytest.mark.parametrize("at", range(len(simulated.RULES)))
def test_this_rule_claims_what_is_there_and_the_one_before_did_not(at: int) -> None:
    case, row = replace(simulated.RULES[at], seed=1), printed("rules")[at]
    (was, _mean, _held), (share, mean, held) = simulated.claimed_before(case), simulated.claimed(case)
    assert row[:2] == [str(case.blocks), f"{case.effect}×"]
    assert (percent(row[2]), percent(row[5])) == pytest.approx((was, share), abs=0.02)
    if case.effect == 1:
        assert share <= 0.05 + CHANCE
    else:
        assert share > 2 * was
        assert mean == pytest.approx(case.effect, rel=0.012)  # what is reported is hardly too large
        assert held >= 0.94


def test_the_a_a_arm_asked_once_takes_one_good_campaign_of_a_hundred() -> None:
    good, one, all_off = (replace(case, campaigns=2000) for case in simulated.UNFITNESS[:3])
    once, any_figure, _first = simulated.fitness(good)
    assert once <= 0.02
    assert any_figure > 0.05
    assert 0.35 < simulated.fitness(one)[0] < 0.6
    assert simulated.fitness(all_off)[0] > 0.95


@pytest.mark.parametrize("blocks", [10, 20])
def test_where_the_method_fails_it_is_said(blocks: int) -> None:
    names = list(simulated.STRAYING)
    table = {(row[0], int(row[1])): [percent(cell) for cell in row[2:]] for row in printed("straying")}
    supposed, tails, drifting, together, slow = (
        simulated.straying(replace(simulated.STRAYING[name](blocks), campaigns=500)) for name in names[:5]
    )
    for found in (supposed, tails, drifting):
        assert found[0] == pytest.approx(0.95, abs=0.03)
        assert max(found[2:]) <= 0.045
    assert together[0] < 0.6
    assert together[4] > {10: 0.2, 20: 0.6}[blocks]
    assert slow[0] < 0.92
    assert slow[2] > 0.8 * (1 - 0.9**blocks)
    for name, found in zip(names, (supposed, tails, drifting, together, slow), strict=False):
        assert table[name, blocks] == pytest.approx(found, abs=0.07)


@pytest.mark.parametrize("at", [1, 4, 7])
def test_the_power_is_what_the_page_says(at: int) -> None:
    case, row = simulated.POWER[at], printed("power")[at]
    assert row[:2] == [f"{case.noise * 100:.0f} %", str(case.blocks)]
    found = [simulated.power(replace(case, effect=effect))["higher"] for effect in simulated.EFFECTS]
    assert [percent(cell) for cell in row[2:-1]] == pytest.approx(found, abs=0.001)
    assert percent(row[-1]) == pytest.approx(simulated.power(case)["equivalent"], abs=0.001)


def test_an_effect_is_called_by_its_own_name() -> None:
    slower = simulated.power(simulated.Case(10, 0.02, effect=0.8, campaigns=2000))
    assert slower["higher"] == 0
    assert slower["lower"] > 0.9


def test_stopping_on_width_keeps_the_interval_and_on_significance_does_not() -> None:
    case = simulated.STOPPING[1]
    coverage, blocks, false = simulated.stopped(case, simulated.WIDTH)
    assert coverage >= 0.935
    assert false <= 0.065
    assert 10 <= blocks < 36
    assert simulated.stopped_on_significance(case) > 3 * false
    assert [percent(cell) for cell in printed("stopping")[1][2:4]] == pytest.approx([coverage, false], abs=0.01)


@pytest.mark.parametrize("at", range(len(simulated.SIZING)))
def test_a_sized_campaign_sees_what_it_is_for_and_keeps_its_interval(at: int) -> None:
    blocks, _low, _high, named, hit = simulated.sized(simulated.SIZING[at], simulated.SEES)
    assert 10 <= blocks < 40
    assert named > 0.77
    assert hit == pytest.approx(0.95, abs=0.015)
    assert percent(printed("sizing")[at][4]) == pytest.approx(named, abs=0.03)


QEMU = (9.80, 10.00, 10.10, 9.90, 10.20, 10.00)
VHOST = (11.60, 11.70, 12.10, 11.40, 12.30, 11.80)
AGAIN = (9.85, 9.93, 10.14, 9.96, 10.12, 10.03)
CPU = ((0.51, 0.52), (0.53, 0.51), (0.50, 0.52), (0.52, 0.53), (0.54, 0.53), (0.51, 0.53))
CPU_AGAIN = (0.52, 0.52, 0.51, 0.51, 0.53, 0.52)
MEANS = [math.sqrt(first * again) for first, again in zip(QEMU, AGAIN, strict=True)]
T5 = 2.570582  # 5 degrees of freedom, 97.5 %, from printed tables


def by_hand(baseline: Sequence[float], candidate: Sequence[float]) -> dict[str, float]:
    logs = [math.log(above / below) for below, above in zip(baseline, candidate, strict=True)]
    mean = sum(logs) / 6
    deviation = math.sqrt(sum((log - mean) ** 2 for log in logs) / 5)
    error = deviation / math.sqrt(6)
    low, high = math.exp(mean - T5 * error), math.exp(mean + T5 * error)
    return {"mean": mean, "deviation": deviation, "error": error, "low": low, "high": high}


def same(found: Ratio, hand: dict[str, float]) -> bool:
    return (found.ratio, found.low, found.high) == pytest.approx((math.exp(hand["mean"]), hand["low"], hand["high"]))


def test_the_worked_example_number_by_number() -> None:
    effect, floor = by_hand(MEANS, VHOST), by_hand(QEMU, AGAIN)
    ratio = ratio_of_blocks(list(zip(MEANS, VHOST, strict=True)))
    against = ratio_of_blocks(list(zip(QEMU, AGAIN, strict=True)))
    first = [below for below, _above in CPU]
    means = [math.sqrt(one * again) for one, again in zip(first, CPU_AGAIN, strict=True)]
    cpu = ratio_of_blocks([(mean, above) for mean, (_below, above) in zip(means, CPU, strict=True)])
    cpu_against = ratio_of_blocks(list(zip(first, CPU_AGAIN, strict=True)))
    assert same(ratio, effect)
    assert same(against, floor)
    unfit = unfit_for_claims({"throughput": against, "CPU per byte": cpu_against})
    assert unfit == []
    (p, throughput), (p_cpu, cost) = judge_all([Compared(ratio, [against]), Compared(cpu, [cpu_against])], unfit)
    assert throughput is not None
    assert cost is not None
    assert (throughput.word, cost.word) == ("higher", "inconclusive")
    assert p == pytest.approx(2 * ratio.p)
    assert p_cpu == cpu.p
    qemu, vhost = (geometric_mean(values) for values in (MEANS, VHOST))
    assert vhost / qemu == pytest.approx(ratio.ratio)
    for said in (
        f"Mean of the logarithms: {effect['mean']:.5f}. Standard deviation: {effect['deviation']:.5f}.",
        f"√6 = {effect['error']:.5f}",
        f"= {T5 * effect['error']:.5f}.",
        f"= {ratio.ratio:.4f}, exp({effect['mean']:.5f} ∓ {T5 * effect['error']:.5f}) = {ratio.low:.4f} and",
        f"{ratio.high:.4f}: **{ratio.ratio:.2f}× [{ratio.low:.2f}, {ratio.high:.2f}]**",
        f"The row shows {qemu:.3f} and {vhost:.3f}, the geometric means",
        f"t = {effect['mean']:.5f} / {effect['error']:.5f} = {effect['mean'] / effect['error']:.2f},",
        f"so p = {ratio.p:.1e}. CPU per byte",
        f"gives p = {p_cpu:.2f}",
        f"{p:.1e}, the larger stays {p_cpu:.2f}",
        f"A/A: mean {floor['mean']:.5f}, standard error {floor['error']:.5f}, so p = {against.p:.2f}",
        f"that of CPU per byte has p = {cpu_against.p:.2f}",
        f"{cpu.ratio:.2f}× [{cpu.low:.2f}, {cpu.high:.2f}], **inconclusive**",
    ):
        assert said.replace(" ", "") in "".join(PAGE.split()), said


@pytest.mark.parametrize("block", range(6))
def test_the_table_of_the_worked_example(block: int) -> None:
    ratio, contrast = VHOST[block] / MEANS[block], AGAIN[block] / QEMU[block]
    cells = [str(block + 1), f"{QEMU[block]:.2f}", f"{AGAIN[block]:.2f}", f"{MEANS[block]:.4f}", f"{VHOST[block]:.2f}"]
    cells += [f"{ratio:.4f}", *(f"{math.log(value):.5f}".replace("-", "−") for value in (ratio, contrast))]
    assert f"| {' | '.join(cells)} |" in PAGE

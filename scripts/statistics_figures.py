# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Simulated campaigns with known answers: what the rules of plugin_utils/_statistics get right, and how often.

    .venv/bin/python scripts/statistics_figures.py [TABLE…]     # writes the tables of docs/statistics.md again

A campaign is simulated as it is measured: the order of its cells is the one that _campaign draws, each block is faster
or slower as a whole, the machine drifts from cell to cell, and every cell has noise of its own. All of it on logarithms
and drawn from fixed seeds. The unit tests check the same functions against what docs/statistics.md promises.
"""

from __future__ import annotations

import functools
import itertools
import re
import runpy
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "statistics.md"

if "ansible_collections.virtio.lab" not in sys.modules:  # as the unit tests find this tree
    runpy.run_path(str(ROOT / "tests" / "unit" / "conftest.py"))

from ansible_collections.virtio.lab.plugins.plugin_utils._campaign._plan import orders  # noqa: E402
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._autocorrelation import (  # noqa: E402
    autocorrelation,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._bootstrap import percentile_interval  # noqa: E402
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._fitness import is_unfit  # noqa: E402
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._groups import two_groups  # noqa: E402
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._holm import holm  # noqa: E402
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._interval import Ratio, t_interval  # noqa: E402
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._rules import ALPHA, EQUIVALENCE, UNFIT  # noqa: E402
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._sizing import is_enough  # noqa: E402
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._stopping import may_look, may_stop  # noqa: E402
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._trend import drift  # noqa: E402
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._verdict import judge  # noqa: E402

CAMPAIGNS = 10_000
RESAMPLED = 2000  # the bootstrap takes its time
FLAGGED = 1000  # so do the flags, a campaign at a time
SEEDS = (1, 2, 3, 4, 5)
BASELINE, CANDIDATE, AGAIN = range(3)


@dataclass(frozen=True)
class Case:
    """A kind of campaign. ``noise``, ``block_noise``: standard deviations of logarithms; ``drift``: over the campaign.

    ``figures`` are measured in each; the first has the ``effect``, the others none. ``shared`` is the part of the noise
    (of its variance) that the figures of a cell have in common. What is not as the rules suppose: ``tails``, the
    degrees of freedom of a noise of Student's t; ``wander``, the standard deviation of a candidate whose speed in a
    block depends on that in the block before (0.8); ``slow``, the share of boots at half speed, of the candidate alone
    or of ``both``; ``biased``, what makes the A/A cell faster than the baseline's, in the first ``figures_biased``.
    """

    blocks: int
    noise: float
    effect: float = 1.0
    drift: float = 0.0
    block_noise: float = 0.1
    figures: int = 1
    shared: float = 0.0
    campaigns: int = CAMPAIGNS
    seed: int = 1
    tails: float | None = None
    wander: float = 0.0
    slow: float = 0.0
    both: bool = False
    biased: float = 1.0
    figures_biased: int = 0

    @property
    def truth(self) -> float:
        """The logarithm of the ratio that the interval is about: the mean over all boots there could be."""
        return float(np.log(self.effect) + (0 if self.both else self.slow * np.log(0.5)))


@functools.lru_cache(maxsize=16)
def places(blocks: int, campaigns: int) -> Any:
    """[campaign, block, arm]: when that cell was measured, from 0 at the start of the campaign to 1 at its end."""
    found = np.empty((campaigns, blocks, 3))
    for seed in range(campaigns):
        for block, order in enumerate(orders((BASELINE, CANDIDATE, AGAIN), blocks, seed)):
            found[seed, block, order] = block * 3 + np.arange(3)
    return found / (blocks * 3 - 1)


@functools.lru_cache(maxsize=2)
def cells(case: Case) -> Any:
    """[campaign, figure, block, arm]: the logarithm of what is measured in each cell."""
    draw = np.random.default_rng(case.seed)
    shape = (case.campaigns, case.figures, case.blocks, 3)
    own = _noise(draw, case, shape) * np.sqrt(1 - case.shared)
    common = draw.normal(scale=case.noise * np.sqrt(case.shared), size=(case.campaigns, 1, case.blocks, 3))
    whole = draw.normal(scale=case.block_noise, size=(case.campaigns, 1, case.blocks, 1))
    values = own + common + whole + case.drift * places(case.blocks, case.campaigns)[:, None]
    values[:, 0, :, CANDIDATE] += np.log(case.effect)
    if case.wander:
        values[..., CANDIDATE] += _wandering(draw, case, shape[:-1])
    if case.slow:
        slow = draw.random((case.campaigns, 1, case.blocks, 3)) < case.slow
        values += np.log(0.5) * (slow if case.both else slow * (np.arange(3) == CANDIDATE))
    values[:, : case.figures_biased, :, AGAIN] += np.log(case.biased)
    return values


def _noise(draw: Any, case: Case, shape: tuple[int, ...]) -> Any:
    if case.tails is None:
        return draw.normal(scale=case.noise, size=shape)
    return case.noise * draw.standard_t(case.tails, size=shape) * np.sqrt((case.tails - 2) / case.tails)


def _wandering(draw: Any, case: Case, shape: tuple[int, ...], rho: float = 0.8) -> Any:
    found = draw.normal(scale=case.wander, size=shape)
    for block in range(1, case.blocks):
        found[..., block] = rho * found[..., block - 1] + np.sqrt(1 - rho**2) * found[..., block]
    return found


def ratios(case: Case) -> Any:
    """[campaign, figure, block] log-ratios: the candidate over the mean of both cells of the baseline."""
    values = cells(case)
    return values[..., CANDIDATE] - (values[..., BASELINE] + values[..., AGAIN]) / 2


def contrasts(case: Case) -> Any:
    """The same of the A/A arm: the baseline's second cell over its first."""
    return cells(case)[..., AGAIN] - cells(case)[..., BASELINE]


def coverage(case: Case) -> tuple[float, float]:
    """In how many of the campaigns the t interval, and in how many of the first 2,000 the bootstrap, hold the truth."""
    logs = ratios(case)[:, 0]
    mean, half, _p = t_interval(logs)
    low, high = percentile_interval(logs[:RESAMPLED])
    return (
        float((np.abs(mean - case.truth) <= half).mean()),
        float(((low <= case.truth) & (case.truth <= high)).mean()),
    )


def _ratios(logs: Any) -> Iterator[Ratio]:
    """A Ratio for each row of log-ratios."""
    mean, half, p = t_interval(logs)
    columns = (np.exp(mean), np.exp(mean - half), np.exp(mean + half), p)
    return (Ratio(logs.shape[-1], *row) for row in zip(*(column.tolist() for column in columns), strict=True))


@functools.lru_cache(maxsize=4)
def adjusted(case: Case, corrected: bool) -> Any:
    """[campaign, figure] p values, after Holm's correction or before."""
    p = t_interval(ratios(case))[2]
    return holm(p) if corrected else p


def unfit(case: Case) -> Any:
    """Which campaigns their A/A arm makes unfit for claims."""
    return is_unfit(t_interval(contrasts(case))[2])


def words(case: Case, figure: int, corrected: bool = True, against_itself: bool = True) -> list[str]:
    """The verdict of each campaign on one of its figures."""
    against = unfit(case) if against_itself else np.zeros(case.campaigns, bool)
    rows = zip(
        _ratios(ratios(case)[:, figure]),
        adjusted(case, corrected)[:, figure].tolist(),
        _ratios(contrasts(case)[:, figure]),
        against.tolist(),
        strict=True,
    )
    return [
        judge(ratio, p, case.figures, [floor], ["unfit"] if is_against else []).word
        for ratio, p, floor, is_against in rows
    ]


def false_reports(case: Case, corrected: bool = True, against_itself: bool = True) -> float:
    """Share of the campaigns in which at least one figure without any difference is called higher or lower."""
    found = [words(case, figure, corrected, against_itself) for figure in range(case.figures)]
    return float(np.isin(found, ("higher", "lower")).any(axis=0).mean())


def power(case: Case) -> dict[str, float]:
    """Share of the campaigns that come to each verdict on the figure that has the effect."""
    found = words(case, 0)
    return {word: found.count(word) / len(found) for word in ("higher", "lower", "equivalent", "inconclusive")}


def claimed(case: Case) -> tuple[float, float, float]:
    """(share of campaigns that claim their one figure to be higher or lower, mean ratio of those, their coverage)."""
    return _of_the_claimed(case, ratios(case)[:, 0], np.isin(words(case, 0), ("higher", "lower")))


def claimed_before(case: Case) -> tuple[float, float, float]:
    """The same by the rule until 0.2.0: the A/A cell is no part of the ratio, and its interval alone refuses.

    A claim fell where the A/A interval excluded 1 or was wider, from low to high, than the effect.
    """
    logs = cells(case)[:, 0, :, CANDIDATE] - cells(case)[:, 0, :, BASELINE]
    (mean, half, _p), (around, beside, _q) = t_interval(logs), t_interval(contrasts(case)[:, 0])
    is_claim = (np.abs(mean) > half) & (np.abs(mean) + half > np.log(EQUIVALENCE))
    return _of_the_claimed(case, logs, is_claim & (np.abs(around) <= beside) & (2 * beside <= np.abs(mean)))


def _of_the_claimed(case: Case, logs: Any, is_claimed: Any) -> tuple[float, float, float]:
    mean, half, _p = t_interval(logs)
    if not is_claimed.any():
        return 0.0, np.nan, np.nan
    held = np.abs(mean - case.truth) <= half
    return float(is_claimed.mean()), float(np.exp(mean[is_claimed].mean())), float(held[is_claimed].mean())


def flagged(case: Case) -> tuple[float, float, float]:
    """Of the first 1,000 campaigns, how many have a ratio that is flagged for two groups; drift; autocorrelation."""
    rows = ratios(case)[:FLAGGED, 0].tolist()
    trends = [drift(row) is not None for row in rows]
    groups = [not trend and two_groups(row) is not None for row, trend in zip(rows, trends, strict=True)]
    together = [autocorrelation(row) is not None for row in rows]
    return float(np.mean(groups)), float(np.mean(trends)), float(np.mean(together))


def stopped(case: Case, target: float) -> tuple[float, float, float]:
    """Campaigns that stop at that width: (coverage, mean blocks, false claims where nothing differs)."""
    logs = ratios(case)[:, 0]
    hit, false, blocks = [], [], []
    steps = range(2, case.blocks + 1, 2)
    intervals = {step: t_interval(logs[:, :step]) for step in steps}
    for row in range(case.campaigns):
        last = next(
            (step for step in steps if may_stop([2 * float(intervals[step][1][row])], step, target)), case.blocks
        )
        mean, half, _p = (part[row] for part in intervals[last])
        hit.append(abs(mean - case.truth) <= half)
        false.append(abs(mean) > half)
        blocks.append(last)
    return float(np.mean(hit)), float(np.mean(blocks)), float(np.mean(false))


def sized(case: Case, effect: float) -> tuple[float, ...]:
    """Campaigns that end once they see ``effect``: (mean blocks, 5 % and 95 % of them, effect called, coverage)."""
    beside = contrasts(case)
    blocks = np.full(case.campaigns, case.blocks)
    for step in reversed([step for step in range(2, case.blocks, 2) if may_look(step)]):
        scatter = beside[:, :, :step].std(axis=-1, ddof=1).max(axis=1)
        blocks = np.where(is_enough(scatter, step, effect, case.figures), step, blocks)
    hit, named = np.zeros(case.campaigns, bool), np.zeros(case.campaigns, bool)
    for step in np.unique(blocks):
        mine = blocks == step
        mean, half, p = t_interval(ratios(case)[mine][:, :, :step])
        mean, half, corrected = mean[:, 0], half[:, 0], holm(p)[:, 0]
        hit[mine] = np.abs(mean - case.truth) <= half
        named[mine] = (corrected < ALPHA) & (mean > half) & (mean + half > np.log(EQUIVALENCE))
    return float(blocks.mean()), *np.percentile(blocks, [5, 95]).tolist(), float(named.mean()), float(hit.mean())


def stopped_on_significance(case: Case) -> float:
    """What the rule forbids: the false claims of campaigns that end as soon as an interval excludes 1."""
    logs = ratios(case)[:, 0]
    excluded = [np.abs(mean) > half for mean, half, _p in (t_interval(logs[:, :n]) for n in range(6, case.blocks + 1))]
    return float(np.any(excluded, axis=0).mean())


def over_seeds(case: Case, figures: Callable[[Case], Sequence[float]], seeds: Sequence[int] = SEEDS) -> list[Any]:
    """Each of the figures of a case as (mean, least, most) over the seeds."""
    found = np.array([figures(replace(case, seed=seed)) for seed in seeds])
    return list(zip(found.mean(axis=0), found.min(axis=0), found.max(axis=0), strict=True))


KINDS = ((0.01, 1.18, 0.0), (0.05, 1.18, 0.0), (0.2, 1.5, 0.0), (0.02, 1.18, 0.1), (0.05, 1.0, -0.3))
COVERAGE = [
    Case(blocks, noise, effect, drift, seed=seed)
    for seed, (blocks, (noise, effect, drift)) in enumerate(itertools.product((6, 7, 10, 20), KINDS))
]
STEEP = [Case(blocks, 0.01, 1.18, 0.3) for blocks in (6, 10, 20)]
NOISES = ((0.02, 0.0, 0.0), (0.1, 0.0, 0.0), (0.02, 0.9, 0.0), (0.05, 0.5, 0.2))
NOTHING = [
    Case(blocks, noise, figures=7, shared=shared, drift=drift, campaigns=4000, seed=seed)
    for seed, (blocks, (noise, shared, drift)) in enumerate(itertools.product((6, 10, 20), NOISES))
]
EFFECTS = (1.02, 1.05, 1.1, 1.2, 1.5)
POWER = [Case(blocks, noise, figures=7, campaigns=2000) for noise in (0.01, 0.02, 0.05, 0.1) for blocks in (6, 10, 20)]
RULES = [Case(*row, campaigns=4000) for row in ((6, 0.05), (6, 0.05, 1.1), (10, 0.05), (10, 0.05, 1.05),
                                                (10, 0.05, 1.1), (20, 0.05), (20, 0.05, 1.05))]  # fmt: skip
UNFITNESS = [
    Case(10, 0.05, figures=7, campaigns=4000, biased=biased, figures_biased=count, shared=shared)
    for shared in (0.0, 0.5)
    for biased, count in ((1.0, 0), (1.1, 1), (1.1, 7))
]
STRAYING: dict[str, Callable[[int], Case]] = {
    "as supposed": lambda blocks: Case(blocks, 0.05, campaigns=4000),
    "heavy tails (Student's t, 3)": lambda blocks: Case(blocks, 0.05, campaigns=4000, tails=3),
    "drift of +20 %": lambda blocks: Case(blocks, 0.05, campaigns=4000, drift=0.2),
    "ratio hangs together over blocks (0.8)": lambda blocks: Case(blocks, 0.01, campaigns=4000, wander=0.05),
    "candidate at half speed in a boot of ten": lambda blocks: Case(blocks, 0.05, campaigns=4000, slow=0.1),
    "both at half speed in a boot of ten": lambda blocks: Case(blocks, 0.05, campaigns=4000, slow=0.1, both=True),
}
SEES = 1.05
STOPPING = [Case(36, noise, campaigns=4000) for noise in (0.01, 0.02, 0.03)]
WIDTH = 0.04
SIZING = [
    Case(40, noise, effect=SEES, figures=figures, campaigns=2000) for figures in (1, 7) for noise in (0.02, 0.03, 0.05)
]


def _share(value: float) -> str:
    return f"{value * 100:.1f} %"


def _reach(found: tuple[float, float, float]) -> str:
    """Mean over the seeds, and from where to where they reach."""
    mean, least, most = (100 * part for part in found)
    return f"{mean:.1f} % ({least:.1f}–{most:.1f})"


def _percent(value: float) -> str:
    return f"{value * 100:+.0f} %" if value else "none"


def coverage_table() -> list[list[str]]:
    rows = [["blocks", "noise of a cell", "true ratio", "drift", "t interval", "bootstrap"]]
    for case in [*COVERAGE, *STEEP]:
        told = [str(case.blocks), f"{case.noise * 100:.0f} %", f"{case.effect}×", _percent(case.drift)]
        rows.append([*told, *map(_share, coverage(case))])
    return rows


def nothing_table() -> list[list[str]]:
    rows = [["blocks", "noise of a cell", "noise in common", "drift", "as reported", "without Holm", "unfit"]]
    for case in NOTHING:
        told = [str(case.blocks), f"{case.noise * 100:.0f} %", f"{case.shared * 100:.0f} %", _percent(case.drift)]
        found = (false_reports(case), false_reports(case, corrected=False), float(unfit(case).mean()))
        rows.append([*told, *map(_share, found)])
    return rows


def rules_table() -> list[list[str]]:
    rows = [["blocks", "true ratio", "rule until 0.2.0: claimed", "mean of the claimed", "their coverage",
             "this rule: claimed", "mean of the claimed", "their coverage"]]  # fmt: skip
    for case in RULES:
        found = [over_seeds(case, rule) for rule in (claimed_before, claimed)]
        cells = [cell for (share, mean, held) in found for cell in (_reach(share), f"{mean[0]:.3f}×", _reach(held))]
        if case.effect == 1:  # what is claimed of nothing is false, so its mean and coverage say nothing
            cells[1:3] = cells[4:6] = ["–", "–"]
        rows.append([str(case.blocks), f"{case.effect}×", *cells])
    return rows


def fitness(case: Case) -> tuple[float, float, float]:
    """Of campaigns and their A/A arms: (unfit as a whole; judged by figure: any of them fails, the first does)."""
    own = t_interval(contrasts(case))[2] < UNFIT
    return float(unfit(case).mean()), float(own.any(axis=1).mean()), float(own[:, 0].mean())


def unfit_table() -> list[list[str]]:
    rows = [["noise in common", "A/A arm", "asked once, of the campaign", "asked of each figure: of any",
             "asked of each figure: of the first"]]  # fmt: skip
    for case in UNFITNESS:
        of = "all figures" if case.figures_biased > 1 else "one figure"
        told = f"{case.biased}× in {of}" if case.figures_biased else "as it should be"
        rows.append([f"{case.shared * 100:.0f} %", told, *map(_reach, over_seeds(case, fitness))])
    return rows


def straying(case: Case) -> tuple[float, ...]:
    """(coverage, share of intervals that exclude 1, and of flags: two groups, drift, autocorrelation)."""
    mean, half, _p = t_interval(ratios(case)[:, 0])
    return float((np.abs(mean - case.truth) <= half).mean()), float((np.abs(mean) > half).mean()), *flagged(case)


def straying_table() -> list[list[str]]:
    rows = [["what is measured", "blocks", "coverage", "interval excludes 1", "two groups said", "drift said",
             "autocorrelation said"]]  # fmt: skip
    for name, case in STRAYING.items():
        for blocks in (6, 10, 20):
            rows.append([name, str(blocks), *map(_reach, over_seeds(case(blocks), straying, SEEDS[:3]))])
    return rows


def power_table() -> list[list[str]]:
    rows = [["noise of a cell", "blocks", *(f"{effect}×" for effect in EFFECTS), "equivalent at 1×"]]
    for case in POWER:
        found = [power(replace(case, effect=effect))["higher"] for effect in EFFECTS]
        told = [f"{case.noise * 100:.0f} %", str(case.blocks)]
        rows.append([*told, *map(_share, found), _share(power(case)["equivalent"])])
    return rows


def stopping_table() -> list[list[str]]:
    rows = [["noise of a cell", "blocks, mean", "coverage", "false claims", "false claims if stopped on significance"]]
    for case in STOPPING:
        hit, blocks, false = over_seeds(case, lambda case: stopped(case, WIDTH))
        (forbidden,) = over_seeds(case, lambda case: (stopped_on_significance(case),))
        cells = [f"{blocks[0]:.1f}", *map(_reach, (hit, false, forbidden))]
        rows.append([f"{case.noise * 100:.0f} %", *cells])
    return rows


def sizing_table() -> list[list[str]]:
    rows = [["headline figures", "noise of a cell", "blocks, mean", "blocks, 5 % to 95 %", f"{SEES}× called faster",
             "coverage", "called so at 1×"]]  # fmt: skip
    for case in SIZING:
        blocks, low, high, named, hit = over_seeds(case, lambda case: sized(case, SEES), SEEDS[:3])
        nothing = over_seeds(replace(case, effect=1.0), lambda case: sized(case, SEES)[3:4], SEEDS[:3])[0]
        cells = [f"{blocks[0]:.1f}", f"{low[0]:.0f} to {high[0]:.0f}", *map(_reach, (named, hit, nothing))]
        rows.append([str(case.figures), f"{case.noise * 100:.0f} %", *cells])
    return rows


TABLES: dict[str, Callable[[], list[list[str]]]] = {
    "coverage": coverage_table,
    "nothing": nothing_table,
    "rules": rules_table,
    "unfit": unfit_table,
    "power": power_table,
    "straying": straying_table,
    "stopping": stopping_table,
    "sizing": sizing_table,
}


def markdown(rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def between(name: str) -> re.Pattern[str]:
    """Where the table stands in the page."""
    return re.compile(rf"(?<=<!-- {name} -->\n).*?(?=<!-- /{name} -->)", re.DOTALL)


def main() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name in sys.argv[1:] or TABLES:
        table = markdown(TABLES[name]())
        page, count = between(name).subn(lambda _found, table=table: f"{table}\n", page)
        print(f"{name}: {count} table\n{table}\n")
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()

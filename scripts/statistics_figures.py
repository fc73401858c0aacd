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
import importlib.util
import itertools
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "statistics.md"

if "ansible_collections.virtio.lab" not in sys.modules:  # as the unit tests find this tree
    spec = importlib.util.spec_from_file_location("virtio_lab_unit", ROOT / "tests" / "unit" / "conftest.py")
    assert spec  # noqa: S101
    assert spec.loader  # noqa: S101
    spec.loader.exec_module(importlib.util.module_from_spec(spec))

from ansible_collections.virtio.lab.plugins.plugin_utils._campaign._plan import orders  # noqa: E402
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._bootstrap import percentile_interval  # noqa: E402
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._holm import holm  # noqa: E402
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._interval import Ratio, t_interval  # noqa: E402
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._stopping import may_stop  # noqa: E402
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._verdict import judge  # noqa: E402

CAMPAIGNS = 10_000
RESAMPLED = 2000  # the bootstrap takes its time
BASELINE, CANDIDATE, AGAIN = range(3)


@dataclass(frozen=True)
class Case:
    """A kind of campaign. ``noise``, ``block_noise``: standard deviations of logarithms; ``drift``: over the campaign.

    ``figures`` are measured in each; the first has the ``effect``, the others none. ``shared`` is the part of the noise
    (of its variance) that the figures of a cell have in common.
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


@functools.lru_cache(maxsize=16)
def places(blocks: int, campaigns: int) -> Any:
    """[campaign, block, arm]: when that cell was measured, from 0 at the start of the campaign to 1 at its end."""
    found = np.empty((campaigns, blocks, 3))
    for seed in range(campaigns):
        for block, order in enumerate(orders((BASELINE, CANDIDATE, AGAIN), blocks, seed)):
            found[seed, block, order] = block * 3 + np.arange(3)
    return found / (blocks * 3 - 1)


@functools.lru_cache(maxsize=2)
def campaigns(case: Case) -> tuple[Any, Any]:
    """([campaign, figure, block] log-ratios candidate/baseline, the same of the A/A arm)."""
    draw = np.random.default_rng(case.seed)
    shape = (case.campaigns, case.figures, case.blocks, 3)
    own = draw.normal(scale=case.noise * np.sqrt(1 - case.shared), size=shape)
    common = draw.normal(scale=case.noise * np.sqrt(case.shared), size=(case.campaigns, 1, case.blocks, 3))
    whole = draw.normal(scale=case.block_noise, size=(case.campaigns, 1, case.blocks, 1))
    values = own + common + whole + case.drift * places(case.blocks, case.campaigns)[:, None]
    values[:, 0, :, CANDIDATE] += np.log(case.effect)
    return values[..., CANDIDATE] - values[..., BASELINE], values[..., AGAIN] - values[..., BASELINE]


def coverage(case: Case) -> tuple[float, float]:
    """In how many of the campaigns the t interval, and in how many of the first 2,000 the bootstrap, hold the truth."""
    logs, truth = campaigns(case)[0][:, 0], np.log(case.effect)
    mean, half, _p = t_interval(logs)
    low, high = percentile_interval(logs[:RESAMPLED])
    return float((np.abs(mean - truth) <= half).mean()), float(((low <= truth) & (truth <= high)).mean())


def _ratios(logs: Any) -> Iterator[Ratio]:
    """A Ratio for each row of log-ratios."""
    mean, half, p = t_interval(logs)
    columns = (np.exp(mean), np.exp(mean - half), np.exp(mean + half), p)
    return (Ratio(logs.shape[-1], *row) for row in zip(*(column.tolist() for column in columns), strict=True))


@functools.lru_cache(maxsize=4)
def adjusted(case: Case, corrected: bool) -> Any:
    """[campaign, figure] p values, after Holm's correction or before."""
    p = t_interval(campaigns(case)[0])[2]
    return holm(p) if corrected else p


def words(case: Case, figure: int, corrected: bool = True, against_itself: bool = True) -> list[str]:
    """The verdict of each campaign on one of its figures."""
    logs, again = (found[:, figure] for found in campaigns(case))
    rows = zip(_ratios(logs), adjusted(case, corrected)[:, figure].tolist(), _ratios(again), strict=True)
    return [judge(ratio, p, case.figures, [floor] if against_itself else []).word for ratio, p, floor in rows]


def false_reports(case: Case, corrected: bool = True, against_itself: bool = True) -> float:
    """Share of the campaigns in which at least one figure without any difference is called higher or lower."""
    found = [words(case, figure, corrected, against_itself) for figure in range(case.figures)]
    return float(np.isin(found, ("higher", "lower")).any(axis=0).mean())


def power(case: Case) -> dict[str, float]:
    """Share of the campaigns that come to each verdict on the figure that has the effect."""
    found = words(case, 0)
    return {word: found.count(word) / len(found) for word in ("higher", "lower", "equivalent", "inconclusive")}


def stopped(case: Case, target: float) -> tuple[float, float, float]:
    """Campaigns that stop at that width: (coverage, mean blocks, false claims where nothing differs)."""
    logs, truth = campaigns(case)[0][:, 0], np.log(case.effect)
    hit, false, blocks = [], [], []
    steps = range(2, case.blocks + 1, 2)
    intervals = {step: t_interval(logs[:, :step]) for step in steps}
    for row in range(case.campaigns):
        last = next(
            (step for step in steps if may_stop([2 * float(intervals[step][1][row])], step, target)), case.blocks
        )
        mean, half, _p = (part[row] for part in intervals[last])
        hit.append(abs(mean - truth) <= half)
        false.append(abs(mean) > half)
        blocks.append(last)
    return float(np.mean(hit)), float(np.mean(blocks)), float(np.mean(false))


def stopped_on_significance(case: Case) -> float:
    """What the rule forbids: the false claims of campaigns that end as soon as an interval excludes 1."""
    logs = campaigns(case)[0][:, 0]
    excluded = [np.abs(mean) > half for mean, half, _p in (t_interval(logs[:, :n]) for n in range(6, case.blocks + 1))]
    return float(np.any(excluded, axis=0).mean())


KINDS = ((0.01, 1.18, 0.0), (0.05, 1.18, 0.0), (0.2, 1.5, 0.0), (0.02, 1.18, 0.1), (0.05, 1.0, -0.3))
COVERAGE = [
    Case(blocks, noise, effect, drift, seed=seed)
    for seed, (blocks, (noise, effect, drift)) in enumerate(itertools.product((6, 7, 10, 20), KINDS))
]
STEEP = [Case(blocks, 0.01, 1.18, 0.3) for blocks in (6, 10, 20)]
NOISES = ((0.02, 0.0, 0.0), (0.1, 0.0, 0.0), (0.02, 0.9, 0.0), (0.05, 0.5, 0.2))
NOTHING = [
    Case(blocks, noise, figures=14, shared=shared, drift=drift, campaigns=4000, seed=seed)
    for seed, (blocks, (noise, shared, drift)) in enumerate(itertools.product((6, 10, 20), NOISES))
]
EFFECTS = (1.02, 1.05, 1.1, 1.2, 1.5)
POWER = [Case(blocks, noise, figures=10, campaigns=2000) for noise in (0.01, 0.02, 0.05, 0.1) for blocks in (6, 10, 20)]
STOPPING = [Case(36, noise, campaigns=4000) for noise in (0.01, 0.02, 0.03)]
WIDTH = 0.04


def _share(value: float) -> str:
    return f"{value * 100:.1f} %"


def _percent(value: float) -> str:
    return f"{value * 100:+.0f} %" if value else "none"


def coverage_table() -> list[list[str]]:
    rows = [["blocks", "noise of a cell", "true ratio", "drift", "t interval", "bootstrap"]]
    for case in [*COVERAGE, *STEEP]:
        told = [str(case.blocks), f"{case.noise * 100:.0f} %", f"{case.effect}×", _percent(case.drift)]
        rows.append([*told, *map(_share, coverage(case))])
    return rows


def nothing_table() -> list[list[str]]:
    rows = [
        ["blocks", "noise of a cell", "noise in common", "drift", "as reported", "without A/A", "without Holm either"]
    ]
    for case in NOTHING:
        told = [str(case.blocks), f"{case.noise * 100:.0f} %", f"{case.shared * 100:.0f} %", _percent(case.drift)]
        found = (false_reports(case), false_reports(case, True, False), false_reports(case, False, False))
        rows.append([*told, *map(_share, found)])
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
        hit, blocks, false = stopped(case, WIDTH)
        forbidden = _share(stopped_on_significance(case))
        rows.append([f"{case.noise * 100:.0f} %", f"{blocks:.1f}", _share(hit), _share(false), forbidden])
    return rows


TABLES: dict[str, Callable[[], list[list[str]]]] = {
    "coverage": coverage_table,
    "nothing": nothing_table,
    "power": power_table,
    "stopping": stopping_table,
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

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variants of a campaign, what they are divided by, and the values that each was measured to have."""

from __future__ import annotations

import functools
import itertools
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from ansible_collections.virtio.lab.plugins.plugin_utils._runs._metrics import Metric, headlines, metrics_of, read

Document = Mapping[str, Any]
Made = TypeVar("Made")


def arm_of(run: Document) -> str:
    """``a``, or ``aa`` for the second measurement of the baseline in a block; runs from before there was one are a."""
    return str(run["factor"].get("arm", "a"))


def cell_of(run: Document) -> dict[str, Any]:
    """Where in the campaign the run belongs."""
    return {
        "run_id": run["run_id"],
        "workload": run["workload"]["name"],
        "variant": variant_of(run),
        "arm": arm_of(run),
        "block": run["block"],
    }


def variant_of(run: Document) -> str:
    """What is compared; a document from before there were variants has its datapath for one."""
    factor = run["factor"]
    return str(factor.get("variant") or factor["datapath"])


def by_variant(runs: Sequence[Document]) -> dict[str, list[Document]]:
    """The runs of each variant, in the order in which they come."""
    found: dict[str, list[Document]] = {}
    for run in runs:
        found.setdefault(variant_of(run), []).append(run)
    return found


def sides(runs: Sequence[Document], planned: Sequence[str] = ()) -> tuple[str, ...]:
    """(baseline, *candidates) by name: the first variant of the campaign, and every other, in the campaign's order.

    ``planned``: the variants as the campaign names them, where that is known. Else the baseline is what the runs name,
    or else what was measured against itself, and without that the first by name.
    """
    measured = sorted(by_variant(runs))
    named = sorted({str(run["factor"]["baseline"]) for run in runs if run["factor"].get("baseline")})
    itself = sorted({variant_of(run) for run in runs if arm_of(run) == "aa"})
    return tuple(dict.fromkeys([*planned, *(named[:1] or itself), *measured]))


def pairs(names: Sequence[str]) -> list[tuple[str, str | None]]:
    """Every candidate with the baseline; the baseline alone where there is no candidate."""
    baseline, *candidates = names
    return [(baseline, candidate) for candidate in candidates] or [(baseline, None)]


@dataclass(frozen=True)
class Arm:
    """The runs of one workload on one variant, in the order of the campaign; ``name`` is ``a`` or ``aa``."""

    variant: str
    name: str
    runs: tuple[Document, ...]

    @classmethod
    def among(cls, runs: Sequence[Document], variant: str, name: str = "a") -> Arm:
        return cls.of([run for run in runs if variant_of(run) == variant and arm_of(run) == name], variant, name)

    @classmethod
    def of(cls, mine: Sequence[Document], variant: str, name: str) -> Arm:
        """All of these runs, which are its own."""
        in_order = sorted(mine, key=lambda run: (run["block"], run.get("order_in_block") or 0, run["run_id"]))
        return cls(variant, name, tuple(in_order))


class Arms:
    """All arms of one workload. Each is sorted, and read for each figure, once however many it is compared with."""

    def __init__(self, runs: Sequence[Document]) -> None:
        self.runs = runs
        self._found: dict[tuple[str, str], list[Document]] = {}
        for run in runs:
            self._found.setdefault((variant_of(run), arm_of(run)), []).append(run)
        self._arms: dict[tuple[str, str], Arm] = {}
        self._values: dict[tuple[str, ...], dict[str, Any]] = {}
        self._blocks: dict[tuple[str, ...], dict[int, float]] = {}
        self._made: dict[tuple[str, ...], Any] = {}

    @functools.cached_property
    def metrics(self) -> tuple[Metric, ...]:
        return metrics_of(self.runs)

    @functools.cached_property
    def headlines(self) -> tuple[str, ...]:
        return headlines(self.runs)

    @functools.cached_property
    def directions(self) -> set[Any]:
        return {run["workload"].get("direction") for run in self.runs}

    def arm(self, variant: str, name: str = "a") -> Arm:
        key = (variant, name)
        if key not in self._arms:
            self._arms[key] = Arm.of(self._found.get(key, ()), variant, name)
        return self._arms[key]

    def values(self, metric: Metric, variant: str, name: str = "a") -> dict[str, Any]:
        """As values_of(); nobody may write into what is handed out."""
        key = (metric.key, variant, name)
        if key not in self._values:
            self._values[key] = values_of(self.arm(variant, name), metric)
        return self._values[key]

    def by_block(self, metric: Metric, variant: str, names: tuple[str, ...] = ("a",)) -> dict[int, float]:
        """As by_block() of the values of these arms of the variant together."""
        key = (metric.key, variant, *names)
        if key not in self._blocks:
            found = [self.values(metric, variant, name)["values"] for name in names]
            self._blocks[key] = by_block(list(itertools.chain.from_iterable(found)))
        return self._blocks[key]

    def once(self, key: tuple[str, ...], make: Callable[[], Made]) -> Made:
        """What is made of these runs, by that key, the first time; nobody may write into what is handed out."""
        if key not in self._made:
            self._made[key] = make()
        return cast(Made, self._made[key])


def values_of(arm: Arm, metric: Metric) -> dict[str, Any]:
    """One arm's ``values`` in block order, their ``median``, and why there is none or one is ``missing``.

    The median of an even number of percentiles is the upper of the middle two.
    """
    values, reasons = [], []
    for run in arm.runs:
        value, reason = read(run, metric.key)
        if value is None:
            reasons.append(str(reason))
        else:
            values.append({"block": run["block"], "run_id": run["run_id"], "at": run["started_at"], "value": value})
    if not arm.runs:
        again = " again" if arm.name == "aa" else ""
        reasons.append(f"no valid run of this workload on {arm.variant}{again}")
    median = statistics.median_high if metric.is_percentile else statistics.median
    return {
        "values": values,
        "median": median(entry["value"] for entry in values) if values else None,
        "missing": "; ".join(dict.fromkeys(reasons)) or None,
    }


def by_block(values: Sequence[Mapping[str, Any]]) -> dict[int, float]:
    """Block → value; several runs of a block, such as both of the baseline, count as their geometric mean, once."""
    blocks: dict[int, list[float]] = {}
    for entry in values:
        blocks.setdefault(entry["block"], []).append(entry["value"])
    return {block: geometric_mean(found) for block, found in sorted(blocks.items())}


def geometric_mean(values: Sequence[float]) -> float:
    """The mean that ratios are formed from; 0 where a value is."""
    if min(values) <= 0:
        return 0.0
    return math.exp(math.fsum(map(math.log, values)) / len(values))


def level(values: Sequence[float]) -> float | None:
    """What a row shows beside a ratio: the geometric mean, or the plain one where a value is 0; None of nothing."""
    if not values:
        return None
    return geometric_mean(values) if min(values) > 0 else statistics.fmean(values)

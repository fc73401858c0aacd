# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Latency: the distribution of all runs together where there are histograms, else every run's own percentiles."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._thinned import thinned
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._chart import Absent, Chart, Spec, Table
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._read import Comparison, some_of
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._style import (
    MARGIN,
    Arms,
    amount,
    named,
    panels,
    round_values,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._report._words import _format

NAME, TITLE = "latency", "How long a round trip took"
MARKS_DRAWN, LEAST = 80, 3  # in a row of each percentile, and of each variant
PANEL_WIDTH = 380
ROWS = {"min": "minimum", "p50": "median", "p90": "90 %", "p99": "99 %", "max": "maximum"}
NINES = {0.301: "50 %", 1: "90 %", 2: "99 %", 3: "99.9 %", 4: "99.99 %", 5: "99.999 %", 6: "99.9999 %"}


def latency(comparison: Comparison) -> Chart | Absent:
    """One panel a workload; a distribution as share of round trips on an axis of nines, so that the tail is seen."""
    found = [*comparison["workloads"], *comparison["for_teaching"]]
    whole = [workload for workload in found if _histograms(workload)]
    marked = [workload for workload in found if not _histograms(workload) and _quantiles(workload)]
    if not whole and not marked:
        return Absent(NAME, TITLE, "no run timed round trips")
    arms = Arms.of(comparison)
    each = arms.each(MARKS_DRAWN, LEAST)
    said = [_spoken(workload) for workload in (*whole, *marked)]
    return Chart(
        NAME,
        TITLE,
        f"Latency by variant. {' '.join(said)}",
        _caption(comparison, whole, marked, each),
        panels([*(_distribution(arms, one) for one in whole), *(_marks(arms, each, one) for one in marked)])
        | {"padding": {**MARGIN, "left": 20}},
        Table(
            ["Workload", "Variant", "Run", *ROWS.values(), "99.9 %"],
            [row for workload in (*whole, *marked) for row in _rows(workload)],
        ),
        arms.keys(name for name in arms.names if any(_timed(one, name) for one in (*whole, *marked))),
    )


def _timed(workload: Mapping[str, Any], name: str) -> bool:
    mine = workload["latency"].get(name) or {}
    return bool(mine.get("histogram") or mine.get("quantiles"))


def _histograms(workload: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    found = workload["latency"] or {}
    histograms = {name: mine["histogram"] for name, mine in found.items()}
    return {name: histogram for name, histogram in histograms.items() if histogram and sum(histogram["counts"])}


def _quantiles(workload: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One entry a run, in the order of the blocks."""
    found = workload["latency"] or {}
    return [{"series": name, **run} for name, mine in found.items() for run in mine["quantiles"]]


def _caption(comparison: Comparison, whole: list[Any], marked: list[Any], each: int) -> str:
    said = []
    if whole:
        said.append(
            f"{_names(whole)}: the distribution of all runs together, from the sum of their histograms; it steps where "
            "a bucket of the histogram ends. Each further nine of the upright axis is as tall as the one before."
        )
    if marked:
        said.append(
            f"{_names(marked)}: the tool gives percentiles and no histogram, so each mark is the percentile of one "
            "run. No line joins them, and they are never averaged."
        )
    taught = [workload for workload in comparison["for_teaching"] if workload in (*whole, *marked)]
    if taught:
        said.append(f"{_names(taught)}: single packets timed for teaching, compared nowhere.")
    return " ".join(said) + some_of(
        (len(workload["latency"][name]["quantiles"]) for workload in marked for name in workload["latency"]), each
    )


def _names(workloads: list[Any]) -> str:
    return ", ".join(workload["name"] for workload in workloads)


def _spoken(workload: Mapping[str, Any]) -> str:
    said = []
    for name in workload["latency"]:
        p99 = sorted(run["p99"] for run in _quantiles(workload) if run["series"] == name and run["p99"] is not None)
        merged = (workload["latency"].get(name) or {}).get("percentiles") or {}
        if merged.get("p99") is not None:
            said.append(f"{name} 99 % within {_format.number(merged['p99'])} µs")
        elif p99:
            said.append(f"{name} 99th percentiles from {_format.number(p99[0])} to {_format.number(p99[-1])} µs")
    return f"{workload['name']}: {', '.join(said) or 'no 99th percentile'}."


def _rows(workload: Mapping[str, Any]) -> Iterator[list[str | float | None]]:
    for name in _histograms(workload):
        found = workload["latency"][name]
        merged = [found["percentiles"].get(key) for key in ("p50", "p90", "p99")]
        runs = f"all {found['runs']} together"
        yield [workload["name"], name, runs, None, *merged, None, found["percentiles"].get("p999")]
    for run in _quantiles(workload):
        yield [workload["name"], run["series"], run["run_id"], *(run[key] for key in ROWS), None]


def _distribution(arms: Arms, workload: Mapping[str, Any]) -> Spec:
    found = {name: list(steps(histogram)) for name, histogram in _histograms(workload).items()}
    values = [{"series": name, **point} for name, points in found.items() for point in points]
    top = max([1.0, *(point["nines"] for points in found.values() for point in points)])
    axis = {
        "values": [nines for nines in NINES if nines <= top],
        "labelOverlap": False,
        "labelExpr": " : ".join(f"datum.value == {nines} ? '{text}'" for nines, text in NINES.items()) + " : ''",
    }
    return {
        "title": named(workload["name"], "share of all round trips that took no longer"),
        "width": PANEL_WIDTH,
        "height": 190,
        "data": {"values": values},
        "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 2},
        "encoding": {
            "x": _microseconds([point["us"] for points in found.values() for point in points]),
            "y": {**amount(None, "nines", domain=[0, top], nice=False), "axis": axis},
            "color": arms.colours(values),
            "strokeDash": _dash(arms.shown(values)),
        },
    }


def _dash(names: Sequence[str]) -> Spec:
    """Every second variant's line is dashed, for print in grey."""
    ranges = [[6, 2] if at % 2 else [1, 0] for at, _name in enumerate(names)]
    return {"field": "series", "type": "nominal", "scale": {"domain": list(names), "range": ranges}, "legend": None}


def _microseconds(found: Sequence[float]) -> Spec:
    return {
        "field": "us",
        "type": "quantitative",
        "title": "µs, logarithmic",
        "scale": {"type": "log", "nice": False, "padding": 8},
        "axis": {"values": round_values(min(found), max(found)), "format": ",~f"},
    }


def steps(histogram: Mapping[str, Any]) -> Iterator[dict[str, float]]:
    """The share of round trips under each bucket's end, as nines: 1 is 90 %, 2 is 99 %. 100 % has no place there."""
    total = sum(histogram["counts"])
    running = itertools.accumulate(histogram["counts"])
    below = 0
    for low, high, reached in zip(histogram["bounds_us"], histogram["bounds_us"][1:], running, strict=False):
        if below == 0 < reached and low > 0:
            yield {"us": low, "nines": 0}
        if reached > 0 and below < total:
            # The last bucket ends as high as the last round trip but one.
            yield {"us": high, "nines": math.log10(total / max(1, total - reached))}
        below = reached


def _marks(arms: Arms, each: int, workload: Mapping[str, Any]) -> Spec:
    runs = _quantiles(workload)
    by_name = ([run for run in runs if run["series"] == name] for name in arms.names)
    values = [
        {"series": run["series"], "row": row, "us": run[key]}
        for mine in by_name
        for run in thinned(mine, each)
        for key, row in ROWS.items()
        if run[key]
    ]
    shown = [row for row in reversed(ROWS.values()) if any(value["row"] == row for value in values)]
    rows = {"field": "row", "type": "nominal", "sort": shown, "title": None, "axis": {"ticks": False, "grid": True}}
    return {
        "title": named(workload["name"], "percentiles of each run"),
        "width": PANEL_WIDTH,
        "height": {"step": max(6, 34 // len(arms.names))},
        "data": {"values": values},
        "mark": {"type": "point", "size": 40, "strokeWidth": 1.5, "opacity": 0.9},
        "encoding": {
            "x": _microseconds([value["us"] for value in values]),
            "y": rows,
            "yOffset": arms.order("series"),
            **arms.marks(values),
        },
    }

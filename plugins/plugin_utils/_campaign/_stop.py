# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Does a campaign end before its last block? Only by the width or the effect that its lab file declared beforehand.

What ended it is kept as RESULTS/CAMPAIGN/stopped.json: from then on its plan holds no cell any more.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _files, _json, _shape
from ansible_collections.virtio.lab.plugins.plugin_utils._campaign import _plan
from ansible_collections.virtio.lab.plugins.plugin_utils._campaign._variants import variants
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._comparison import comparable, of_workload
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._figures import Figure, figures
from ansible_collections.virtio.lab.plugins.plugin_utils._runs import _tools
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._arms import Arms, pairs, sides
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._rules import BLOCKS_BEFORE_STOPPING
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._sizing import is_enough, scatter_of
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._stopping import may_look, may_stop

KEPT = "stopped.json"
SCHEMA = "virtio.lab/stopped/1"
_LARGEST, _MOST_BLOCKS = 1 << 20, 1_000_000
# What is moved, and what it costs: a campaign is about these, and the rest follows from them or is a part of them.
GROUPS = ("rate", "cost")


def finished_blocks(campaign: Mapping[str, Any], finished: set[str]) -> int:
    """How many blocks from the first on are whole; ``finished`` are the ids of the runs there are, valid or not."""
    return int(next((cell["block"] for cell in _plan.plan(campaign, finished)), campaign["blocks"] + 1)) - 1


def is_due(campaign: Mapping[str, Any], blocks: int) -> bool:
    """Whether the intervals are to be looked at after so many whole blocks."""
    declared = campaign.get("stop_at_width") or campaign.get("sees")
    return bool(declared) and blocks < campaign["blocks"] and may_look(blocks)


def stop(campaign: Mapping[str, Any], runs: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """What ends the campaign after the whole blocks among ``runs``, all of its runs so far; None where it goes on.

    ``{schema, blocks, of, rule}`` and either ``{stop_at_width, widths: [{workload, metric, width}]}``, a width being
    high ÷ low − 1 of a 95 % interval, or ``{sees, comparisons, scatters: [{workload, metric, scatter}]}``, a scatter
    being that of the A/A contrast. Every workload that is compared must have one, from 10 blocks at the least.
    """
    blocks = finished_blocks(campaign, {run["run_id"] for run in runs})
    if not is_due(campaign, blocks):
        return None
    counted = comparable([run for run in runs if run["block"] <= blocks])
    ended = {"schema": SCHEMA, "blocks": blocks, "of": campaign["blocks"]}
    if campaign.get("sees"):
        sized = _sized(campaign, counted, blocks)
        return {**ended, **sized} if sized else None
    target = float(campaign["stop_at_width"])
    found = list(_widths(campaign, counted))
    if not may_stop([width for _workload, _metric, width in found], blocks, math.log1p(target)):
        return None
    return {
        **ended,
        "stop_at_width": target,
        "rule": f"every 95 % interval of a rate and of its CPU cost is at most {100 * target:.3g} % wide",
        "widths": [
            {"workload": workload, "metric": metric, "width": math.expm1(width)} for workload, metric, width in found
        ],
    }


def _sized(campaign: Mapping[str, Any], runs: Sequence[Mapping[str, Any]], blocks: int) -> dict[str, Any] | None:
    """What ends the campaign where its A/A arm shows that so many blocks see the effect that it is for."""
    effect = float(campaign["sees"])
    found = [(name, list(_headlines(campaign, runs, name))) for name in _names(campaign)]
    comparisons = sum(len(mine) for _name, mine in found)
    # The A/A arm is one, however many are compared with its datapath.
    asked = {(name, figure.metric.key): figure.floor for name, mine in found for figure in mine
             if figure.metric.group in GROUPS}  # fmt: skip
    scatters = [
        {"workload": name, "metric": metric, "scatter": scatter_of(floor)}
        for (name, metric), floor in asked.items()
        if floor is not None and floor.blocks >= BLOCKS_BEFORE_STOPPING
    ]
    lacking = len(scatters) < len(asked) or not all(mine for _name, mine in found)
    if lacking or not all(is_enough(row["scatter"], blocks, effect, comparisons) for row in scatters):
        return None
    return {
        "sees": effect,
        "comparisons": comparisons,
        "rule": f"by what the A/A arm scatters, so many blocks see a rate or CPU cost that differs {effect:g}× in four "
        f"of five campaigns",
        "scatters": scatters,
    }


def _names(campaign: Mapping[str, Any]) -> list[str]:
    return [workload["name"] for workload in _tools.compared(campaign["workloads"])]


def _headlines(campaign: Mapping[str, Any], runs: Sequence[Mapping[str, Any]], workload: str) -> Iterator[Figure]:
    mine = of_workload(runs, workload)
    measured = Arms(mine)
    for pair in pairs(sides(mine, [variant["name"] for variant in variants(campaign)])) if mine else ():
        yield from (figure for figure in figures(measured, pair) if figure.headline)


def _widths(campaign: Mapping[str, Any], runs: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, float]]:
    """(workload, metric, width in logarithms); infinite where there is no interval of blocks enough."""
    for name in _names(campaign):
        found = [figure for figure in _headlines(campaign, runs, name) if figure.metric.group in GROUPS]
        for figure in found:
            ratio = figure.ratio
            enough = ratio is not None and ratio.blocks >= BLOCKS_BEFORE_STOPPING
            yield name, figure.metric.key, ratio.width() if ratio and enough else math.inf
        if not found:
            yield name, "", math.inf


def kept(results: Path) -> dict[str, Any] | None:
    """What ended the campaign whose folder is ``results``; None where nothing did. LabError where it cannot be read."""
    path = results / KEPT
    try:
        document = _json.document(_files.read(results, KEPT, limit=_LARGEST), "it")
    except FileNotFoundError:
        return None
    except (OSError, LabError) as broken:
        raise LabError(f"{path} cannot be read ({broken}); remove it to let the rule be looked at again") from broken
    try:
        return _checked(document)
    except LabError as unfit:
        what = f"{path} is no {SCHEMA} document ({unfit})"
        raise LabError(f"{what}; remove it to let the rule be looked at again") from unfit


def _checked(document: Any) -> dict[str, Any]:
    """The document as stop() makes it, of nothing but what that has."""
    given = _shape.mapping(document, "it")
    if given.get("schema") != SCHEMA:
        raise LabError(f"schema is {given.get('schema')!r}")
    checked = {
        "schema": SCHEMA,
        "blocks": _shape.whole(given.get("blocks"), "blocks", 1, _MOST_BLOCKS),
        "of": _shape.whole(given.get("of"), "of", 1, _MOST_BLOCKS),
        "rule": _shape.text(given.get("rule"), "rule", 500),
    }
    if "sees" in given:
        return {
            **checked,
            "sees": _shape.number(given["sees"], "sees", 1),
            "comparisons": _shape.whole(given.get("comparisons"), "comparisons", 1, 1_000_000),
            "scatters": _rows(given, "scatter"),
        }
    width = _shape.number(given.get("stop_at_width"), "stop_at_width")
    return {**checked, "stop_at_width": width, "widths": _rows(given, "width")}


def _rows(given: Mapping[str, Any], what: str) -> list[dict[str, Any]]:
    """One number a figure."""
    return [
        {
            "workload": _shape.text(_shape.mapping(row, f"a {what}").get("workload"), "workload", 200),
            "metric": _shape.text(row.get("metric"), "metric", 200),
            what: _shape.number(row.get(what), what),
        }
        for row in _shape.items(given.get(f"{what}s"), f"{what}s", 10_000)
    ]

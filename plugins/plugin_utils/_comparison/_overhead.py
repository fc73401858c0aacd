# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What measuring cost: how much of a campaign's time was measured, what the samplers took, and what they changed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._ratio import paired
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._arms import Arm, values_of, variant_of
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._metrics import METRICS
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._settings import settings

Document = Mapping[str, Any]


def overhead(runs: Sequence[Document], compared: Sequence[Document], baseline: str) -> dict[str, Any]:
    """The share of a campaign's wall time inside measured windows, from the times in its run documents.

    ``wall_s`` from the begin of the first run to the end of the last; ``windows_s`` of it in measured windows, their
    ``share``; ``runs_s`` in runs (windows, warm-up, connecting); ``between_s`` outside of them (power cycles, booting),
    ``longest_between_s`` at a stretch, where an interruption shows. Invalid runs took their time too.
    ``sampler``: see _sampler; ``sampled_or_not``, of the runs that are compared: see _sampled_or_not.
    """
    spans = sorted((_time(run["started_at"]), _time(run["ended_at"])) for run in runs)
    wall = max(end for _begin, end in spans) - spans[0][0]
    windows = sum(_window(run) for run in runs)
    gaps = [max(0.0, later[0] - earlier[1]) for earlier, later in itertools.pairwise(spans)]
    return {
        "wall_s": wall,
        "windows_s": windows,
        "share": min(1.0, windows / wall) if wall > 0 else None,
        "runs_s": sum(end - begin for begin, end in spans),
        "between_s": sum(gaps),
        "longest_between_s": max(gaps, default=0.0),
        "sampler": _sampler(runs),
        "sampled_or_not": _sampled_or_not(compared, baseline),
    }


def _sampled_or_not(runs: Sequence[Document], baseline: str) -> list[dict[str, Any]]:
    """Each workload beside its twin with ``samplers: false``: the ratio with ÷ without, block by block, by variant.

    ``[{workload, without, variant, metric, label, ratio, aa}]``; ``aa`` is the A/A ratio of the same figure. A ratio
    inside of its interval is no effect that could be seen.
    """
    found = []
    for on, off in _twins(runs):
        mine, twin = ([run for run in runs if run["workload"]["name"] == name] for name in (on, off))
        for variant in sorted({variant_of(run) for run in mine}):
            for metric in (metric for metric in METRICS if metric.group in ("rate", "cost")):
                with_it, without = (values_of(Arm.among(side, variant), metric) for side in (mine, twin))
                if not with_it["values"] or not without["values"]:
                    continue
                _ratio, shown = paired(without["values"], with_it["values"])
                floor = _floor(mine, baseline, metric)
                row = {"workload": on, "without": off, "variant": variant, "metric": metric.key}
                found.append({**row, "label": metric.label, "ratio": shown, "aa": floor})
    return found


def _floor(runs: Sequence[Document], baseline: str, metric: Any) -> dict[str, Any]:
    first, again = (values_of(Arm.among(runs, baseline, name), metric) for name in ("a", "aa"))
    return paired(first["values"], again["values"])[1]


def _twins(runs: Sequence[Document]) -> Iterator[tuple[str, str]]:
    """(name with samplers, name without) of workloads that are the same but for the samplers."""
    sampled: dict[tuple[Any, ...], str] = {}
    bare: dict[tuple[Any, ...], str] = {}
    for run in runs:
        # A workload that names a number of queues is measured in another boot than one that does not.
        key = (*settings(run), run["factor"]["queues"], run["factor"].get("guest_queues"))
        names = bare if run["instrumentation"].get("samplers") is False else sampled
        names.setdefault(key, run["workload"]["name"])
    return ((sampled[key], bare[key]) for key in sampled if key in bare)


def _sampler(runs: Sequence[Document]) -> dict[str, Any] | None:
    """``{runs, mean, max}``: the sampling thread's share of one core over the windows; None where no run tells."""
    shares = [
        run["instrumentation"]["sampler"]["core_share"]
        for run in runs
        if run["instrumentation"].get("sampler") and run["instrumentation"].get("samplers") is not False
    ]
    return {"runs": len(shares), "mean": sum(shares) / len(shares), "max": max(shares)} if shares else None


def _window(run: Document) -> float:
    return float(run["summary"].get("window_s") or run["workload"].get("duration_s") or 0)


def _time(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()

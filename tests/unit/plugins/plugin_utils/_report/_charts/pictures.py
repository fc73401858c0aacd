# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of the pictures share: a campaign with an A/A arm, and a look into a specification."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._comparison import compare
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts import Absent, Chart, charts

from ...conftest import make_campaign

Runs = list[dict[str, Any]]


def with_the_arm(blocks: int = 2) -> Runs:
    """The made-up campaign, its baseline measured again 1 % faster."""
    runs = make_campaign(blocks)
    for run in [run for run in runs if run["factor"]["datapath"] == "qemu" and not run["syscalls"]]:
        again = copy.deepcopy(run)
        again["factor"]["arm"] = "aa"
        again["run_id"] += "-aa"
        again["started_at"] = again["started_at"].replace("Z", ".2Z")
        for name in ("gbps", "tps"):
            if again["summary"][name]:
                again["summary"][name] *= 1.01
        runs.append(again)
    return runs


def picture(runs: Runs, name: str) -> Chart | Absent:
    (found,) = [chart for chart in charts(compare(runs)) if chart.name == name]
    return found


def drawn(runs: Runs, name: str) -> Chart:
    found = picture(runs, name)
    assert isinstance(found, Chart)
    return found


def absent(runs: Runs, name: str) -> str:
    found = picture(runs, name)
    assert isinstance(found, Absent)
    return found.why


def inside(spec: Any, key: str) -> Iterator[Any]:
    """Every value of that key, however deep."""
    if isinstance(spec, dict):
        for name, value in spec.items():
            if name == key:
                yield value
            yield from inside(value, key)
    elif isinstance(spec, list):
        for value in spec:
            yield from inside(value, key)


def panels(chart: Chart) -> dict[str, dict[str, Any]]:
    """Workload → its panel; of several the first."""
    found: dict[str, dict[str, Any]] = {}
    for panel in chart.spec["concat"]:
        found.setdefault(panel["title"]["text"], panel)
    return found


def points(panel: dict[str, Any], *keys: str) -> list[tuple[Any, ...]]:
    """The rows of the panel that have all of these fields."""
    rows = [row for data in inside(panel, "data") for row in data["values"]]
    return [tuple(row[key] for key in keys) for row in rows if set(keys) <= set(row)]

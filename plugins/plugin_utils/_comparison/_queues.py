# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The figures of a workload by the number of queues of its interface, where a campaign has more than one number."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._figures import figures
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._arms import Arms, pairs
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._settings import settings

Document = Mapping[str, Any]
GROUPS = ("rate", "cost")


def by_queues(runs: Sequence[Document], names: Sequence[str]) -> dict[str, Any]:
    """``workloads``: [{name, steps: [{queues, figures}]}] of those with several numbers; ``missing``: why none is.

    ``runs`` are those that figures are made from. These ratios are shown beside each other, without a verdict.
    """
    found: dict[tuple[Any, ...], dict[int, list[Document]]] = {}
    for run in runs:
        if run["factor"]["queues"] is not None:
            alike = found.setdefault((swept(run), *settings(run)), {})
            alike.setdefault(run["factor"]["queues"], []).append(run)
    numbers = sorted({number for each in found.values() for number in each})
    workloads = [
        {
            "name": name,
            "steps": [{"queues": number, "figures": _figures(mine, names)} for number, mine in sorted(each.items())],
        }
        for (name, *_settings), each in found.items()
        if len(each) > 1
    ]
    return {"workloads": workloads, "missing": None if workloads else _missing(numbers)}


def swept(run: Document) -> str:
    """The workload's name in the lab file, whose list of queues made workloads NAME_q1, NAME_q2 (and NAME_q1_64)."""
    return re.sub(rf"_q{run['factor']['queues']}(?=_[0-9]{{1,9}}\Z|\Z)", "", run["workload"]["name"])


def in_order(runs: Sequence[Document]) -> list[str]:
    """The workloads' names in the order of their first runs, those of one list of queues together, fewest first."""
    first: dict[str, int] = {}
    queues: dict[str, tuple[int, int]] = {}
    for at, run in enumerate(runs):
        began = first.setdefault(swept(run), at)
        queues.setdefault(run["workload"]["name"], (began, run["factor"]["queues"] or 0))
    return sorted(queues, key=queues.__getitem__)


def _figures(runs: Sequence[Document], names: Sequence[str]) -> list[dict[str, Any]]:
    mine = Arms(runs)
    return [found.document for pair in pairs(names) for found in figures(mine, pair) if found.metric.group in GROUPS]


def _missing(numbers: Sequence[int]) -> str:
    if not numbers:
        return "no run says how many queues its interface had"
    each = "every run" if len(numbers) == 1 else "every run of a workload"
    return f"{each} had the same number of queues, {' or '.join(map(str, numbers))}"

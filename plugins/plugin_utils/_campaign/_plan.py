# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a campaign to the cells it is made of, in the order they are measured."""

from __future__ import annotations

import itertools
import random
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._campaign._variants import Variant, variants
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._tools import Workload, compared

_Arm = TypeVar("_Arm")


class _Boot(NamedTuple):
    """What a block measures in one boot of the guest."""

    variant: Variant
    arm: str
    queues: int | None
    workloads: tuple[Workload, ...]


def plan(campaign: Mapping[str, Any], finished: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return [{position, cells, block, variant, datapath, queues, arm, runs: [{run_id, order_in_block, workload}]}].

    A cell is one variant in one block: all workloads in one boot of the guest (two where it is reset), or all that ask
    for the same number of queue pairs (``queues``: the workload's own, else the variant's, None where the guest keeps
    its own). The first variant, the baseline, is measured twice in each block, arm ``a`` and arm ``aa``: against itself
    it shows how large a difference of nothing looks. Only ``campaign.aa: false`` leaves arm ``aa`` out.
    Cells whose runs are all in finished (run ids) are left out; the others keep their positions. The same campaign
    always gives the same plan. Raises LabError when the campaign lacks datapaths, workloads or blocks, and when two of
    its runs would have one name.
    """
    for name in ("datapaths", "workloads", "blocks", "seed"):
        if campaign.get(name) in (None, [], 0) and not (name == "seed" and campaign.get(name) == 0):
            raise LabError(f"campaign.{name} is {campaign.get(name)!r}: there is nothing to measure")
    order = orders(_boots(campaign), campaign["blocks"], campaign["seed"])
    cells = [cell for block, drawn in enumerate(order, 1) for cell in _block(block, drawn)]
    _check_names(cells)
    numbered = [{"position": position, "cells": len(cells), **cell} for position, cell in enumerate(cells, 1)]
    return [cell for cell in numbered if any(run["run_id"] not in finished for run in cell["runs"])]


def orders(arms: Sequence[_Arm], blocks: int, seed: int) -> list[list[_Arm]]:
    """Return the order of the arms in each block: drawn from the seed, every second block mirrors the one before.

    So a slow drift of the machine weighs on all arms alike (ABBA).
    """
    draw = random.Random(seed)
    found: list[list[_Arm]] = []
    for block in range(blocks):
        found.append(found[-1][::-1] if block % 2 else draw.sample(list(arms), len(arms)))
    return found


def _boots(campaign: Mapping[str, Any]) -> list[_Boot]:
    """The boots that each block needs, in no order yet."""
    compared_ones = variants(campaign)
    arms = [(variant, "a", campaign["workloads"]) for variant in compared_ones]
    if campaign.get("aa", True):
        arms.append((compared_ones[0], "aa", compared(campaign["workloads"])))
    return [
        _Boot(variant, arm, queues, tuple(own))
        for variant, arm, workloads in arms
        for queues, own in _by_queues(workloads, variant.get("queues")).items()
    ]


def _by_queues(workloads: Sequence[Workload], otherwise: int | None) -> dict[int | None, list[Workload]]:
    found: dict[int | None, list[Workload]] = {}
    for workload in workloads:
        found.setdefault(workload.get("queues") or otherwise, []).append(workload)
    return found


def _block(block: int, drawn: Sequence[_Boot]) -> list[dict[str, Any]]:
    cells = []
    order = itertools.count(1)
    for boot in drawn:
        prefix = f"b{block:02d}-{boot.variant['name']}" + ("-aa" if boot.arm == "aa" else "")
        runs = [
            {
                "run_id": f"{prefix}-{workload['name']}",
                "order_in_block": next(order),
                "workload": dict(workload),
            }
            for workload in boot.workloads
        ]
        cell = {"block": block, "variant": dict(boot.variant), "datapath": boot.variant["datapath"]}
        cells.append({**cell, "queues": boot.queues, "arm": boot.arm, "runs": runs})
    return cells


def _check_names(cells: Sequence[Mapping[str, Any]]) -> None:
    """A hyphen joins the parts of a name and may be inside of them: x-y and z make the same of it as x and y-z."""
    seen: dict[str, str] = {}
    for cell in cells:
        for run in cell["runs"]:
            what = f"{cell['variant']['name']}{' (A/A)' if cell['arm'] == 'aa' else ''} with {run['workload']['name']}"
            other = seen.setdefault(run["run_id"], what)
            if other is not what:
                raise LabError(
                    f"two runs would be called {run['run_id']}: {other}, and {what}; another name for one of the "
                    "variants or workloads would be right"
                )

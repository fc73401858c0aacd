# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a campaign to the cells it is made of, in the order they are measured."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError


def plan(campaign: Mapping[str, Any], finished: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return [{position, cells, block, datapath, runs: [{run_id, order_in_block, workload}]}] in measuring order.

    A cell is one datapath in one block: all workloads in one boot of the guest. Cells whose runs are all in finished
    (run ids) are left out; the others keep their positions. The same campaign always gives the same plan.
    Raises LabError when the campaign lacks datapaths, workloads or blocks.
    """
    for name in ("datapaths", "workloads", "blocks", "seed"):
        if campaign.get(name) in (None, [], 0) and not (name == "seed" and campaign.get(name) == 0):
            raise LabError(f"campaign.{name} is {campaign.get(name)!r}: there is nothing to measure")
    order = orders(campaign["datapaths"], campaign["blocks"], campaign["seed"])
    cells = [
        _cell(block, place, datapath, campaign["workloads"])
        for block, datapaths in enumerate(order, 1)
        for place, datapath in enumerate(datapaths)
    ]
    numbered = [{"position": position, "cells": len(cells), **cell} for position, cell in enumerate(cells, 1)]
    return [cell for cell in numbered if any(run["run_id"] not in finished for run in cell["runs"])]


def orders(datapaths: Sequence[str], blocks: int, seed: int) -> list[list[str]]:
    """Return the order of the datapaths in each block: drawn from the seed, every second block mirrors the one before.

    So a slow drift of the machine weighs on all datapaths alike (ABBA).
    """
    draw = random.Random(seed)
    found: list[list[str]] = []
    for block in range(blocks):
        found.append(found[-1][::-1] if block % 2 else draw.sample(list(datapaths), len(datapaths)))
    return found


def _cell(block: int, place: int, datapath: str, workloads: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    runs = [
        {
            "run_id": f"b{block:02d}-{datapath}-{workload['name']}",
            "order_in_block": place * len(workloads) + number,
            "workload": dict(workload),
        }
        for number, workload in enumerate(workloads, 1)
    ]
    return {"block": block, "datapath": datapath, "runs": runs}

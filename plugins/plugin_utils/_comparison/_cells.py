# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cells of a campaign: one variant in one block, all workloads of it. How many were planned, are whole, and count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._runs._arms import arm_of, variant_of

Document = Mapping[str, Any]
_SHOWN = 20


def cell_counts(runs: Sequence[Document], planned: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """``{planned, complete, valid, missing, lacking}``: ``planned`` is None where the plan is not known.

    ``planned``: the cells of the campaign's plan, each with the ``runs`` it is made of. ``complete``: those that have
    all of them, or that have any where the plan is not known; ``valid``: of these the ones whose runs all count.
    ``missing`` names the first of the planned runs that are not there, ``lacking`` is how many they are.
    """
    valid = {run["run_id"]: bool(run["valid"]) for run in runs}
    cells = [[str(run["run_id"]) for run in cell["runs"]] for cell in planned] or list(_cells(runs).values())
    complete = [ids for ids in cells if all(name in valid for name in ids)]
    lacking = [name for ids in cells for name in ids if name not in valid]
    return {
        "planned": len(cells) if planned else None,
        "complete": len(complete),
        "valid": sum(all(valid[name] for name in ids) for ids in complete),
        "lacking": len(lacking),
        "missing": lacking[:_SHOWN],
    }


def measured(
    planned: Sequence[Mapping[str, Any]], stopped: Mapping[str, Any] | None, verified: Mapping[str, Any] | None
) -> Sequence[Mapping[str, Any]]:
    """The cells that were to be measured: fewer where a rule ended the campaign, and it was one that holds."""
    mine = [cell for cell in planned if not stopped or cell["block"] <= stopped["blocks"]]
    counted = (verified or {}).get("cells")
    return mine if not counted or counted["planned"] == len(mine) else planned


def _cells(runs: Sequence[Document]) -> dict[tuple[Any, ...], list[str]]:
    found: dict[tuple[Any, ...], list[str]] = {}
    for run in runs:
        cell = (variant_of(run), arm_of(run), run["block"], run["factor"].get("queues"))
        found.setdefault(cell, []).append(run["run_id"])
    return found

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cells of a campaign: one variant in one block, with one workload. How many were planned, are there, and count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._runs._arms import cell_of

Document = Mapping[str, Any]
_SHOWN = 20


def cell_counts(runs: Sequence[Document], planned: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """``{planned, present, valid, missing, of}``: ``planned`` is None where the plan is not known.

    ``planned``: the cells of the campaign's plan, each with the ``runs`` it is made of. ``missing`` names the first of
    the planned runs that are not there, ``lacking`` is how many they are.
    """
    ids = [str(run["run_id"]) for cell in planned for run in cell["runs"]]
    there = {run["run_id"] for run in runs}
    lacking = [name for name in ids if name not in there]
    return {
        "planned": len(ids) if planned else None,
        "present": len({_key(run) for run in runs}),
        "valid": len({_key(run) for run in runs if run["valid"]}),
        "lacking": len(lacking),
        "missing": lacking[:_SHOWN],
    }


def _key(run: Document) -> tuple[Any, ...]:
    cell = cell_of(run)
    return tuple(cell[part] for part in ("workload", "variant", "arm", "block"))

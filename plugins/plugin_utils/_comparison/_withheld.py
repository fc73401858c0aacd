# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No claim is made of what is not proved: its figures are shown, and the verdict says why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._runs._proof import Proof

Workload = Mapping[str, Any]
_NO_CLAIM = ("none", "detail", "inconclusive")


def without_unproved_claims(
    workloads: Sequence[Workload], runs: Sequence[Mapping[str, Any]], proof: Proof | None
) -> list[Workload]:
    """The workloads of a comparison, ``runs``: all that entered their figures; None: nothing is known of proofs."""
    if proof is None:
        return list(workloads)
    return [_weakened(workload, against(workload["name"], runs, proof)) for workload in workloads]


def against(name: str, runs: Sequence[Mapping[str, Any]], proof: Proof) -> tuple[str, list[str]]:
    """What stands in the place of a claim, and why; nothing where nothing speaks against one."""
    mine = [run["run_id"] for run in runs if run["workload"]["name"] == name]
    unproved = [run_id for run_id in mine if run_id in proof.unproved]
    unlike = [f"refused: {what}" for what in proof.unequal.get(name, ())]
    if not unproved:
        return "unlike conditions", unlike
    first = f"{unproved[0]}: {proof.unproved[unproved[0]]}"
    return "not verified", [*unlike, f"refused: {len(unproved)} of {len(mine)} runs are not verified ({first})"]


def _weakened(workload: Workload, against: tuple[str, Sequence[str]]) -> Workload:
    lacks, reasons = against
    if not reasons:
        return workload
    figures = [{**figure, "verdict": withheld(figure["verdict"], lacks, reasons)} for figure in workload["figures"]]
    return {**workload, "figures": figures}


def withheld(verdict: Mapping[str, Any], lacks: str, why: Sequence[str]) -> dict[str, Any]:
    """The verdict without its claim, where it has one, and why."""
    reasons = [*why, *verdict["reasons"]]
    if verdict["word"] in _NO_CLAIM:
        return {**verdict, "reasons": reasons}
    claim, text = verdict["word"], f"inconclusive: {lacks}"
    return {**verdict, "word": "inconclusive", "text": text, "claim": claim, "refused": True, "reasons": reasons}

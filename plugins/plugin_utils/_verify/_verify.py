# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole results folder: which of its runs are what they say, and is there all that was planned?"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _campaign
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._campaign import KEPT, Kept
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._seal import SIGNATURE
from ansible_collections.virtio.lab.plugins.module_utils._text import plain
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._processes import each
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._found import Found
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._proof import Proof
from ansible_collections.virtio.lab.plugins.plugin_utils._verify import (
    _boots,
    _conditions,
    _places,
    _planned,
    _run,
    _sealed,
    _signature,
    _stopped,
    _times,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._finding import (
    FALSE,
    MISSING,
    UNPROVED,
    Finding,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._planned import Planned
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._signature import Signature

_WORKLOAD = "workload "
SEALED, NOT_SEALED, BROKEN = "sealed", "not sealed", "seal broken"


class Verification(NamedTuple):
    """``total``: all records that were found; ``verified``: those of which nothing is false and all is proved;
    ``cells``: complete ones, none of whose runs is false, and planned ones, None where the plan is not known;
    ``unequal``: workload → what differs.
    """

    findings: tuple[Finding, ...]
    total: int
    verified: int
    cells: tuple[int, int] | None
    seal: str
    signature: Signature
    unequal: Mapping[str, Sequence[str]]

    def of(self, severity: str) -> dict[str, list[str]]:
        """Path → what was found there, of that severity."""
        found: dict[str, list[str]] = {}
        for finding in self.findings:
            if finding.severity == severity:
                found.setdefault(finding.path, []).append(finding.what)
        return found

    @property
    def holds(self) -> bool:
        """Whether nothing is false, missing or without proof."""
        return not self.findings

    def sentence(self) -> str:
        cells = "planned cells are not known" if self.cells is None else "{} of {} planned cells".format(*self.cells)
        signed = f"signed by {self.signature.by}" if self.signature.by else "unsigned"
        return f"verified: {self.verified} of {self.total} runs, {cells}; {self.seal}, {signed}"

    def counted(self, found: Sequence[Found]) -> list[Found]:
        """The records that may enter a figure: those of which nothing is false."""
        false = self.of(FALSE)
        return [one for one in found if one.path not in false]

    def proof(self, found: Sequence[Found], unreadable: Sequence[Mapping[str, str]] = ()) -> Proof:
        """What is left of the claims of these records."""
        false, unproved = self.of(FALSE), self.of(UNPROVED)
        torn = {entry["path"] for entry in unreadable}
        return Proof(
            self.document(),
            [
                {"path": plain(path), "reason": plain("; ".join(what))}
                for path, what in false.items()
                if path not in torn and not path.startswith(_WORKLOAD)
            ],
            {one.run_id: "; ".join(unproved[one.path]) for one in self.counted(found) if one.path in unproved},
            self.unequal,
        )

    def document(self) -> dict[str, Any]:
        return {
            "runs": {"total": self.total, "verified": self.verified},
            "cells": self.cells and {"complete": self.cells[0], "planned": self.cells[1]},
            "seal": self.seal,
            "signature": self.signature.document(),
            "sentence": self.sentence(),
            "findings": [finding.document() for finding in self.findings],
        }


def verify(
    results: Path,
    found: Sequence[Found],
    unreadable: Sequence[Mapping[str, str]] = (),
    allowed_signers: Path | None = None,
) -> Verification:
    """``found``: all records below ``results``, whose schema holds; ``unreadable``: {path, reason} of what is none.

    LabError where ``allowed_signers`` is none.
    """
    kept, findings = _kept(results)
    findings += [Finding(one["path"], one["reason"], FALSE) for one in unreadable]
    counted, duplicates = _places.counted(found)
    findings += duplicates
    plan, about_plan = _plan(results, kept, counted)
    findings += about_plan
    queues = {run_id: run.queues or 0 for run_id, run in plan.items()}
    of_each = each(lambda one: _run.of_run(results, one, queues.get(one.run_id)), counted)
    findings += itertools.chain.from_iterable(about_run for about_run, _told in of_each)
    told = {one.path: told_by for one, (_about, told_by) in zip(counted, of_each, strict=True) if told_by}
    findings += [*_places.shared_output(counted, told), *_campaigns(kept, counted)]
    findings += [*_times.overlaps(counted), *_times.backwards(counted), *_times.out_of_order(list(plan), counted)]
    findings += _times.invented(counted)
    findings += [*_boots.shared_boots(counted), *_boots.without_boot(counted)]
    seal = list(_sealed.broken(kept, counted))
    findings += seal
    false = {finding.path for finding in findings if finding.severity == FALSE}
    unequal = _conditions.unequal([one for one in counted if one.path not in false], _varied(kept))
    findings += [Finding(f"{_WORKLOAD}{name}", what, FALSE) for name, said in unequal.items() for what in said]
    signature = _signature.signature_of(results, allowed_signers)
    if signature.is_false:
        findings.append(Finding(SIGNATURE, signature.why, FALSE))
    false = {finding.path for finding in findings if finding.severity == FALSE}
    unproved = {finding.path for finding in findings if finding.severity == UNPROVED}
    return Verification(
        tuple(dict.fromkeys(findings)),
        len(found) + len(unreadable),
        sum(one.path not in false and one.path not in unproved for one in counted),
        _planned.complete_cells(plan, [one for one in counted if one.path not in false]) if plan else None,
        _state(kept, counted, seal),
        signature,
        unequal,
    )


def require(found: Verification, wanted: Sequence[str]) -> Verification:
    """The same with a finding for each of ``sealed`` and ``signed`` that was wanted and lacks."""
    lacking = []
    if "sealed" in wanted and found.seal == NOT_SEALED:
        lacking.append(Finding(KEPT, "the campaign is not sealed", MISSING))
    if "signed" in wanted and not found.signature.by:
        lacking.append(Finding(SIGNATURE, f"the campaign is not signed: {found.signature.why}", MISSING))
    return found._replace(findings=(*found.findings, *lacking))


def _kept(results: Path) -> tuple[Kept | None, list[Finding]]:
    try:
        return _campaign.read(results), []
    except FileNotFoundError:
        return None, []
    except (LabError, OSError) as broken:
        return None, [Finding(KEPT, f"it cannot be read: {broken}", FALSE)]


def _plan(results: Path, kept: Kept | None, found: Sequence[Found]) -> tuple[dict[str, Planned], list[Finding]]:
    if kept is None:
        return {}, []
    try:
        blocks, about_end = _stopped.blocks(results, kept.campaign)
        plan = _planned.planned(kept.campaign)
        findings = list(_unplanned(kept, plan))
        plan = plan if blocks is None else _planned.planned(kept.campaign, blocks)
    except LabError as unfit:
        return {}, [Finding(KEPT, f"it does not say what was planned: {unfit}", MISSING)]
    findings += _planned.hotplugged(kept.campaign, found)
    return plan, [*about_end, *findings, *_planned.unlike(plan, found), *_planned.missing(plan, found)]


def _campaigns(kept: Kept | None, found: Sequence[Found]) -> Iterator[Finding]:
    """All runs name one campaign and one lab, and a sealed campaign by its name."""
    labs = sorted({str(lab) for one in found if (lab := one.document.get("lab")) is not None})
    if len(labs) > 1:
        yield Finding(KEPT, f"its runs are of {len(labs)} labs: {', '.join(labs)}", FALSE)
    names = sorted({str(one.document["campaign_id"]) for one in found})
    if len(names) > 1:
        yield Finding(KEPT, f"its runs are of {len(names)} campaigns: {', '.join(names)}", FALSE)
    elif names and kept and kept.is_sealed and kept.campaign_id not in (None, *names):
        yield Finding(KEPT, f"it is of campaign {kept.campaign_id}, and its runs are of {names[0]}", FALSE)


def _unplanned(kept: Kept, plan: Mapping[str, Planned]) -> Iterator[Finding]:
    """The runs that were announced against those that the campaign makes."""
    if kept.planned is not None and set(kept.planned) != set(plan):
        yield Finding(KEPT, f"it announces {len(kept.planned)} runs, and its campaign makes {len(plan)} others", FALSE)


def _varied(kept: Kept | None) -> frozenset[str]:
    """The settings that a campaign gives its datapaths, each its own."""
    datapaths = kept.campaign.get("datapaths") if kept else None
    named = datapaths if isinstance(datapaths, list) else []  # what is no list is said by the plan's reader
    return frozenset(str(name) for one in named if isinstance(one, Mapping) for name in one)


def _state(kept: Kept | None, found: Sequence[Found], broken: Sequence[Finding]) -> str:
    if not _sealed.is_sealed(kept, found):
        return NOT_SEALED
    return BROKEN if any(finding.severity == FALSE for finding in broken) else SEALED

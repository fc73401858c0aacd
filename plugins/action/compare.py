# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._text import plain
from ansible_collections.virtio.lab.plugins.plugin_utils._campaign import _kept
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._two_campaigns import SIDES, compare_campaigns
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._named import campaign
from ansible_collections.virtio.lab.plugins.plugin_utils._report import (
    _report_files,
    _two_campaigns_forms,
    _two_campaigns_page,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._report._writing_action import WritingAction
from ansible_collections.virtio.lab.plugins.plugin_utils._runs import _records
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._proof import Proof
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._verify import verify

# How a task ends the play, so that ansible-playbook exits with 2 (a host failed) or with 4 (one was not reached): these
# are the only codes that a task can choose between. And in which words, with the figures that it is about.
_GATE = {
    "regression": ("failed", "figures became worse", "regressions"),
    "undecided": ("unreachable", "figures may have become worse for all that is known", "undecided"),
}


class ActionModule(WritingAction):
    """The run documents of two campaigns on the control node → compare.json, compare.md and compare.html there."""

    ARGUMENTS: ClassVar = {
        "baseline": {"type": "path", "required": True},
        "candidate": {"type": "path", "required": True},
        "datapath": {"type": "str"},
        "allowed_signers": {"type": "path"},
        "dest": {"type": "path", "required": True},
        "fail_on": {"type": "list", "elements": "str", "choices": list(_GATE), "default": []},
    }

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        _validation, arguments = self.validate_argument_spec(argument_spec=self.ARGUMENTS)
        outcome = result["outcome"]
        if outcome not in arguments["fail_on"]:
            return result
        # A task that has ended a play shows what it returns as one line.
        for line in [*result["table"], result["html"]]:
            self._display.display(plain(line))
        key, words, found = _GATE[outcome]
        result.update({key: True, "msg": f"outcome: {outcome}: {len(result[found])} {words}, see the table above"})
        return result

    def planned(self, arguments: Mapping[str, Any], dest: Path) -> tuple[Sequence[_report_files.Write], dict[str, Any]]:
        signers = arguments["allowed_signers"]
        folders = [campaign(side, arguments[side]) for side in SIDES]
        sides = [_verified(results, Path(signers) if signers else None) for results in folders]
        (baseline, candidate), proofs = zip(*((counted, proof) for counted, proof, _unreadable in sides), strict=True)
        bounds = [_kept.bounds(results) for results in folders]
        compared = compare_campaigns(baseline, candidate, arguments["datapath"], proofs, bounds)
        wanted = {
            "compare.json": _report_files.as_json(compared),
            "compare.md": _two_campaigns_forms.markdown(compared),
            "compare.html": _two_campaigns_page.render(compared),
        }
        return _report_files.changes(wanted, dest), {
            "html": str(dest / "compare.html"),
            "markdown": str(dest / "compare.md"),
            "comparison": str(dest / "compare.json"),
            "outcome": compared["outcome"],
            "regressions": compared["regressions"],
            "undecided": compared["undecided"],
            "verification": compared["verification"],
            "unreadable": [entry for _counted, _proof, unreadable in sides for entry in unreadable],
            "table": _two_campaigns_forms.terminal(compared),
        }


def _verified(results: Path, signers: Path | None) -> tuple[list[Any], Proof, list[dict[str, str]]]:
    """The runs of a campaign that may enter a figure, what was verified of it, and what could not be read."""
    found, unreadable = _records.read_found(results)
    verification = verify(results, found, unreadable, signers)
    counted = [one.document for one in verification.counted(found)]
    if not counted:
        raise LabError(f"{results}: {verification.sentence()}; {verification.findings[0].what}")
    return counted, verification.proof(found, unreadable), unreadable

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._campaign import _kept, _stop
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._comparison import compare
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._named import campaign
from ansible_collections.virtio.lab.plugins.plugin_utils._report import _report_files, _terminal
from ansible_collections.virtio.lab.plugins.plugin_utils._report._writing_action import WritingAction
from ansible_collections.virtio.lab.plugins.plugin_utils._runs import _records
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._verify import verify


class ActionModule(WritingAction):
    """Run documents on the control node → comparison.json, report.md, report.csv and report.html there."""

    ARGUMENTS: ClassVar = {
        "results": {"type": "path", "required": True},
        "dest": {"type": "path", "required": True},
        "allowed_signers": {"type": "path"},
    }

    def planned(self, arguments: Mapping[str, Any], dest: Path) -> tuple[Sequence[_report_files.Write], dict[str, Any]]:
        results = campaign("results", arguments["results"])
        found, unreadable = _records.read_found(results)
        signers = arguments["allowed_signers"]
        verification = verify(results, found, unreadable, Path(signers) if signers else None)
        counted = [one.document for one in verification.counted(found)]
        if not counted:
            raise LabError(f"{results}: {verification.sentence()}; {verification.findings[0].what}")
        proof = verification.proof(found, unreadable)
        comparison = compare(
            counted,
            unreadable,
            _stop.kept(results),
            _records.planned_variants(results),
            _kept.cells(results),
            proof,
            _kept.bounds(results),
        )
        return _report_files.plan(comparison, dest), {
            "html": str(dest / "report.html"),
            "markdown": str(dest / "report.md"),
            "csv": str(dest / "report.csv"),
            "comparison": str(dest / "comparison.json"),
            "runs": comparison["runs"],
            "verification": verification.document(),
            "table": _terminal.render(comparison),
        }

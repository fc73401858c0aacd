# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._two_campaigns import compare_campaigns
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._named import folder
from ansible_collections.virtio.lab.plugins.plugin_utils._report import (
    _report_files,
    _two_campaigns_forms,
    _two_campaigns_page,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._report._writing_action import WritingAction
from ansible_collections.virtio.lab.plugins.plugin_utils._runs import _records


class ActionModule(WritingAction):
    """The run documents of two campaigns on the control node → compare.json, compare.md and compare.html there."""

    ARGUMENTS: ClassVar = {
        "baseline": {"type": "path", "required": True},
        "candidate": {"type": "path", "required": True},
        "datapath": {"type": "str"},
        "dest": {"type": "path", "required": True},
    }

    def planned(self, arguments: Mapping[str, Any], dest: Path) -> tuple[Sequence[_report_files.Write], dict[str, Any]]:
        baseline, torn = _records.read_runs(folder("baseline", arguments["baseline"]))
        candidate, torn_too = _records.read_runs(folder("candidate", arguments["candidate"]))
        compared = compare_campaigns(baseline, candidate, arguments["datapath"])
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
            "unreadable": [*torn, *torn_too],
            "table": _two_campaigns_forms.terminal(compared),
        }

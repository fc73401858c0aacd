# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils import _records, _report_files, _two_campaigns_forms
from ansible_collections.virtio.lab.plugins.plugin_utils._two_campaigns import compare_campaigns

ARGUMENTS = {
    "baseline": {"type": "path", "required": True},
    "candidate": {"type": "path", "required": True},
    "datapath": {"type": "str"},
    "dest": {"type": "path", "required": True},
}


class ActionModule(ActionBase):
    """The run documents of two campaigns on the control node → compare.json and compare.md there."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        _validation, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        dest = Path(arguments["dest"]).absolute()
        try:
            baseline, torn = _records.read_runs(Path(arguments["baseline"]).absolute())
            candidate, torn_too = _records.read_runs(Path(arguments["candidate"]).absolute())
            compared = compare_campaigns(baseline, candidate, arguments["datapath"])
            wanted = {
                "compare.json": _report_files.as_json(compared),
                "compare.md": _two_campaigns_forms.markdown(compared),
            }
            writes = _report_files.changes(wanted, dest)
            if not self._task.check_mode:
                _report_files.apply(writes)
        except (LabError, OSError) as error:
            raise AnsibleActionFail(str(error)) from error
        result.update(
            changed=bool(writes),
            files=[str(write.path) for write in writes],
            markdown=str(dest / "compare.md"),
            comparison=str(dest / "compare.json"),
            regressions=compared["regressions"],
            unreadable=[*torn, *torn_too],
            table=_two_campaigns_forms.terminal(compared),
        )
        if self._task.diff:
            result["diff"] = [write.diff() for write in writes if write.path.suffix == ".md"]
        return result

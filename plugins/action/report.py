# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils import _records, _report_files, _stop, _terminal
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison import compare

ARGUMENTS = {"results": {"type": "path", "required": True}, "dest": {"type": "path", "required": True}}
TEXT = (".md", ".csv")  # the diff of a page full of drawings tells nobody anything


class ActionModule(ActionBase):
    """Run documents on the control node → comparison.json, report.md, report.csv and report.html there."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        _validation, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        dest = Path(arguments["dest"]).absolute()
        try:
            results = Path(arguments["results"]).absolute()
            comparison = compare(*_records.read_runs(results), _stop.kept(results))
            writes = _report_files.plan(comparison, dest)
            if not self._task.check_mode:
                _report_files.apply(writes)
        except (LabError, OSError) as error:
            raise AnsibleActionFail(str(error)) from error
        result.update(
            changed=bool(writes),
            files=[str(write.path) for write in writes],
            html=str(dest / "report.html"),
            markdown=str(dest / "report.md"),
            csv=str(dest / "report.csv"),
            comparison=str(dest / "comparison.json"),
            runs=comparison["runs"],
            table=_terminal.render(comparison),
        )
        if self._task.diff:
            result["diff"] = [write.diff() for write in writes if write.path.suffix in TEXT]
        return result

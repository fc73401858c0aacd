# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _files
from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _campaign
from ansible_collections.virtio.lab.plugins.module_utils._text import plain
from ansible_collections.virtio.lab.plugins.plugin_utils._campaign._fetch import expected, fetch, record_path
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._run_document import validate


class ActionModule(ActionBase):
    """Measure on the hypervisor, check the document against its schema, bring it to the control node."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        asked = self._task.args
        dest = Path(asked["fetch_to"]).expanduser() if asked.get("fetch_to") else None
        try:
            if dest and asked.get("campaign"):
                campaign_id = _files.one_name(str(asked.get("campaign_id")), "campaign_id")
                _campaign.check(dest / campaign_id, asked["campaign"])
            result.update(self._execute_module(task_vars=task_vars))
            if isinstance(result.get("msg"), str):
                result["msg"] = plain(result["msg"])
            if result.get("failed") or not result.get("run"):
                return result
            validate(result["run"])
            expected(result["run"], asked)
            if dest and not self._task.check_mode:
                remote = record_path(result.get("path"), asked)
                fetched = fetch(result["run"], remote, dest, self._connection.fetch_file)
                if asked.get("campaign"):
                    _campaign.hold(dest / result["run"]["campaign_id"], asked["campaign"])
                result["changed"] = result["changed"] or fetched
        except (LabError, OSError) as error:
            raise AnsibleActionFail(f"{result.get('path', asked.get('run_id'))}: {error}") from error
        return result

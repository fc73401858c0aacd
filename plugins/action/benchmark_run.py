# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _files
from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _campaign, _seal
from ansible_collections.virtio.lab.plugins.module_utils._text import plain
from ansible_collections.virtio.lab.plugins.plugin_utils._campaign._fetch import expected, fetch, record_path
from ansible_collections.virtio.lab.plugins.plugin_utils._campaign._plan import plan
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
                _campaign.check(dest / _campaign_id(asked), asked["campaign"])
            result.update(self._execute_module(module_args={**asked, **_seal_of(asked, dest)}, task_vars=task_vars))
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
                    folder = dest / result["run"]["campaign_id"]
                    _campaign.hold(folder, asked["campaign"], _planned(asked["campaign"]))
                    if result.get("sealed"):
                        _seal.adopt(folder, _entry(result["sealed"], asked))
                result["changed"] = result["changed"] or fetched
        except (LabError, OSError) as error:
            raise AnsibleActionFail(f"{result.get('path', asked.get('run_id'))}: {error}") from error
        return result


def _campaign_id(asked: Mapping[str, Any]) -> str:
    return _files.one_name(str(asked.get("campaign_id")), "campaign_id")


def _planned(campaign: Mapping[str, Any]) -> list[str] | None:
    """The ids of all runs; None for a campaign that says too little to be planned."""
    try:
        return [run["run_id"] for cell in plan(campaign) for run in cell["runs"]]
    except (LabError, KeyError):
        return None


def _seal_of(asked: Mapping[str, Any], dest: Path | None) -> dict[str, Any]:
    if not asked.get("campaign"):
        return {}
    kept = _campaign.kept_in(dest / _campaign_id(asked)) if dest else None
    after = kept.recorded[-1]._asdict() if kept and kept.recorded else None
    return {"seal": {"planned": _planned(asked["campaign"]), "after": after}}


def _entry(told: Any, asked: Mapping[str, Any]) -> _campaign.Recorded:
    """The hypervisor's entry of the run that was asked for, and of no other."""
    entry = _campaign.recorded_of(told)
    if entry.run_id != asked.get("run_id"):
        raise LabError(f"the hypervisor sealed run {entry.run_id}; {asked.get('run_id')} was asked for")
    return entry

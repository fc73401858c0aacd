# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the control node can record and report a campaign; documented in plugins/modules/control_node_info.py."""

from __future__ import annotations

import sys
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node import _control_node
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._named import folder


class ActionModule(ActionBase):
    """virtio.lab.control_node_info: nothing leaves the control node, nothing is changed."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        _spec, arguments = self.validate_argument_spec({"results": {"type": "path", "required": True}})
        try:
            results = folder("results", arguments["results"])
        except LabError as error:
            raise AnsibleActionFail(str(error)) from error
        result.update(
            changed=False, python=sys.executable, results=str(results), problems=_control_node.problems(results)
        )
        return result

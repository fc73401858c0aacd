# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign the seal of a campaign; documented in plugins/modules/sign.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._seal import SIGNATURE
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._named import folder
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._signature import sign


class ActionModule(ActionBase):
    """virtio.lab.sign: nothing leaves the control node."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        _spec, arguments = self.validate_argument_spec(
            {"campaign": {"type": "path", "required": True}, "key": {"type": "path", "required": True}}
        )
        try:
            campaign = folder("campaign", arguments["campaign"])
            changed = sign(campaign, Path(arguments["key"]).absolute(), dry=self._task.check_mode)
        except (LabError, OSError) as error:
            raise AnsibleActionFail(str(error)) from error
        result.update(changed=changed, signature=str(campaign / SIGNATURE))
        return result

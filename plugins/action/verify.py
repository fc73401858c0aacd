# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check a campaign against its own evidence; documented in plugins/modules/verify.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._named import folder
from ansible_collections.virtio.lab.plugins.plugin_utils._runs import _records
from ansible_collections.virtio.lab.plugins.plugin_utils._verify import _terminal
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._verify import require, verify


class ActionModule(ActionBase):
    """virtio.lab.verify: nothing leaves the control node, nothing is changed."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        _spec, arguments = self.validate_argument_spec(
            {
                "results": {"type": "path", "required": True},
                "allowed_signers": {"type": "path"},
                "require": {"type": "list", "elements": "str", "choices": ["sealed", "signed"], "default": []},
            }
        )
        signers = arguments["allowed_signers"]
        try:
            results = folder("results", arguments["results"])
            found = verify(results, *_records.read_found(results), Path(signers).absolute() if signers else None)
        except (LabError, OSError) as error:
            raise AnsibleActionFail(str(error)) from error
        found = require(found, arguments["require"])
        result.update(changed=False, table=_terminal.render(found), **found.document())
        return result

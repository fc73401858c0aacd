# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check a campaign against its own evidence; documented in plugins/modules/verify.py."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._local_action import LocalAction
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._named import campaign
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._uncollected import uncollected
from ansible_collections.virtio.lab.plugins.plugin_utils._runs import _records
from ansible_collections.virtio.lab.plugins.plugin_utils._verify import _terminal
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._verify import require, verify


class ActionModule(LocalAction):
    """virtio.lab.verify: nothing leaves the control node, nothing is changed."""

    ARGUMENTS: ClassVar = {
        "results": {"type": "path", "required": True},
        "allowed_signers": {"type": "path"},
        "require": {"type": "list", "elements": "str", "choices": ["sealed", "signed"], "default": []},
    }

    def done(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        signers = arguments["allowed_signers"]
        with uncollected():
            results = campaign("results", arguments["results"])
            found = verify(results, *_records.read_found(results), Path(signers).absolute() if signers else None)
        found = require(found, arguments["require"])
        return {"changed": False, "table": _terminal.render(found), **found.document()}

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the control node can record and report a campaign; documented in plugins/modules/control_node_info.py."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.virtio.lab.plugins.plugin_utils._control_node import _control_node
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._local_action import LocalAction
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._named import folder


class ActionModule(LocalAction):
    """virtio.lab.control_node_info: nothing leaves the control node, nothing is changed."""

    ARGUMENTS: ClassVar = {"results": {"type": "path", "required": True}}

    def done(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        results = folder("results", arguments["results"])
        problems = _control_node.problems(results)
        return {"changed": False, "python": sys.executable, "results": str(results), "problems": problems}

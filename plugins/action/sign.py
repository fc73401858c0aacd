# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sign the seal of a campaign; documented in plugins/modules/sign.py."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ansible_collections.virtio.lab.plugins.module_utils._measure._record._seal import SIGNATURE
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._local_action import LocalAction
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._named import campaign
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._signature import sign


class ActionModule(LocalAction):
    """virtio.lab.sign: nothing leaves the control node."""

    ARGUMENTS: ClassVar = {"campaign": {"type": "path", "required": True}, "key": {"type": "path", "required": True}}

    def done(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        place = campaign("campaign", arguments["campaign"])
        changed = sign(place, Path(arguments["key"]).absolute(), dry=self._task.check_mode)
        return {"changed": changed, "signature": str(place / SIGNATURE)}

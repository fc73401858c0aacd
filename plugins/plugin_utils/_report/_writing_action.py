# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the action plugins have in common that make files on the control node out of run documents there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._local_action import LocalAction
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._named import folder
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._uncollected import uncollected
from ansible_collections.virtio.lab.plugins.plugin_utils._report._engines import drawing
from ansible_collections.virtio.lab.plugins.plugin_utils._report._report_files import Write, apply

# The diff of a page full of drawings, or of a document of thousands of runs, tells nobody anything.
_DIFFED = (".md", ".csv")


class WritingAction(LocalAction):
    """A subclass says which ARGUMENTS it takes, ``dest`` among them, and what is to be written."""

    def planned(self, arguments: Mapping[str, Any], dest: Path) -> tuple[Sequence[Write], dict[str, Any]]:
        """What would have to be written under ``dest``, and what the task returns beside that; LabError, OSError."""
        raise NotImplementedError

    def done(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        dest = folder("dest", arguments["dest"])
        with uncollected(), drawing():
            writes, found = self.planned(arguments, dest)
        if not self._task.check_mode:
            apply(writes)
        result = {**found, "changed": bool(writes), "files": [str(write.path) for write in writes]}
        if self._task.diff:
            result["diff"] = [write.diff() for write in writes if write.path.suffix in _DIFFED]
        return result

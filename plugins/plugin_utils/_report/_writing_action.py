# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the action plugins have in common that make files on the control node out of run documents there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._named import folder
from ansible_collections.virtio.lab.plugins.plugin_utils._report._report_files import Write, apply

# The diff of a page full of drawings, or of a document of thousands of runs, tells nobody anything.
_DIFFED = (".md", ".csv")


class WritingAction(ActionBase):
    """A subclass says which ARGUMENTS it takes, ``dest`` among them, and what is to be written."""

    TRANSFERS_FILES = False
    ARGUMENTS: ClassVar[Mapping[str, Any]]
    _requires_connection = False
    _supports_check_mode = True

    def planned(self, arguments: Mapping[str, Any], dest: Path) -> tuple[Sequence[Write], dict[str, Any]]:
        """What would have to be written under ``dest``, and what the task returns beside that; LabError, OSError."""
        raise NotImplementedError

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        _validation, arguments = self.validate_argument_spec(argument_spec=self.ARGUMENTS)
        try:
            writes, found = self.planned(arguments, folder("dest", arguments["dest"]))
            if not self._task.check_mode:
                apply(writes)
        except LabError as error:
            raise AnsibleActionFail(str(error)) from error
        except OSError as error:
            raise AnsibleActionFail(f"{error.filename}: {error.strerror}") from error
        result.update(found, changed=bool(writes), files=[str(write.path) for write in writes])
        if self._task.diff:
            result["diff"] = [write.diff() for write in writes if write.path.suffix in _DIFFED]
        return result

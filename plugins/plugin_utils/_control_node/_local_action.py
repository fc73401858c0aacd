# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the action plugins have in common that do all of their work on the control node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError


class LocalAction(ActionBase):
    """A subclass says which ARGUMENTS it takes, and what it does with them."""

    TRANSFERS_FILES = False
    ARGUMENTS: ClassVar[Mapping[str, Any]]
    _requires_connection = False
    _supports_check_mode = True

    def done(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Do it, or in check mode say what would be done: the result of the task; LabError, OSError."""
        raise NotImplementedError

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        _validation, arguments = self.validate_argument_spec(argument_spec=self.ARGUMENTS)
        try:
            result.update(self.done(arguments))
        except LabError as error:
            raise AnsibleActionFail(str(error)) from error
        except OSError as error:
            raise AnsibleActionFail(f"{error.filename}: {error.strerror}" if error.filename else str(error)) from error
        return result

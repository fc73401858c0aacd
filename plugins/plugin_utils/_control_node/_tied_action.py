# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An action whose module ends with the controller."""

from __future__ import annotations

import ctypes
import os
import signal
from typing import Any

from ansible.plugins.action import ActionBase

_PR_SET_PDEATHSIG = 1


class TiedAction(ActionBase):
    """Runs the module of its name, and ends when ansible-playbook ends, however that comes.

    Then the module's output has no reader any more, which the module sees (module_utils/_tool.py), wherever it runs.
    Without this the worker would wait for the module to its end, though nobody waited for the worker.
    """

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        controller = os.getppid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != controller:
            os._exit(1)
        result.update(self._execute_module(task_vars=task_vars))
        return result

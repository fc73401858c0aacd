# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints one JSON line for each task: its name, its seconds, and what each host answered. For benchmarks/run.py."""

from __future__ import annotations

import json
import multiprocessing
import resource
import time

from ansible.parsing.ajson import AnsibleJSONEncoder
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: task_durations
type: stdout
short_description: One JSON line for each task
description: Name, seconds, CPU seconds and results of each task, for C(benchmarks/run.py).
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "task_durations"

    def __init__(self) -> None:
        super().__init__()
        self._task: dict | None = None
        self._began = self._spent = 0.0

    def _told(self, result, **more) -> None:
        if self._task is not None:
            self._task["seconds"] = time.monotonic() - self._began
            self._task["hosts"][result._host.get_name()] = {**result._result, **more}

    def _print(self) -> None:
        spent = _spent()
        if self._task is not None:
            self._task["cpu_seconds"] = spent - self._spent
            self._display.display(json.dumps(self._task, cls=AnsibleJSONEncoder))
        self._task, self._spent = None, spent

    def v2_playbook_on_task_start(self, task, is_conditional) -> None:
        self._print()
        self._task = {"name": task.get_name().strip(), "seconds": 0.0, "hosts": {}}
        self._began = time.monotonic()

    def v2_runner_on_ok(self, result) -> None:
        self._told(result)

    def v2_runner_on_failed(self, result, ignore_errors=False) -> None:
        self._told(result, failed=not ignore_errors)

    def v2_runner_on_unreachable(self, result) -> None:
        self._told(result, failed=True)

    def v2_playbook_on_stats(self, stats) -> None:
        self._print()


def _spent() -> float:
    """The CPU seconds of all processes that did a task and have ended, their own processes among them."""
    for worker in multiprocessing.active_children():  # it has told its result, and is about to end
        worker.join(10)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime

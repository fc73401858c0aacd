# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: progress
type: aggregate
short_description: Show how far a campaign is
version_added: 0.1.0
author: virtio.lab contributors (@virtio-lab)
description:
  - While the role P(virtio.lab.benchmark#role) measures, shows which cell of the campaign is at work, how many runs are
    finished, when the campaign will be done at the pace so far, and the last figure.
  - Where several hypervisors measure at once, each has a line with its name.
  - On a terminal this stands in the last row, below the usual output. Elsewhere it is a line of its own after every
    run.
  - Prints nothing in playbooks that measure nothing.
requirements:
  - enabled in the configuration, by C(callbacks_enabled=virtio.lab.progress)
"""

import atexit
import os
import sys
import time
from typing import Any

from ansible.plugins.callback import CallbackBase

from ansible_collections.virtio.lab.plugins.plugin_utils._report._live._bottom_line import BottomLine, fits
from ansible_collections.virtio.lab.plugins.plugin_utils._report._live._progress import Progress

CELL = "benchmark_cell"  # what the role loops over
STOPPED = "benchmark_stopped"  # the fact by which the role ends a campaign before its last block
SCHEMA = "virtio.lab/run/"  # what every run document begins its schema with


class CallbackModule(CallbackBase):
    """Follows the cells that are included and the run documents that come back."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "virtio.lab.progress"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # By host: each has a campaign of its own.
        self._cells: dict[str, list[dict[str, Any]]] = {}
        self._progress: dict[str, Progress] = {}
        self._bottom = BottomLine(sys.stdout) if fits(sys.stdout) else None
        # What is interrupted must not leave the terminal with a row less; a worker is a fork and has no say in it.
        main = os.getpid()
        atexit.register(lambda: self._close() if os.getpid() == main else None)

    def v2_playbook_on_include(self, included_file: Any) -> None:
        cell = included_file._vars.get(CELL)
        if cell:
            for host in included_file._hosts:
                self._cells.setdefault(host.get_name(), []).append(cell)

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        if self._progress and _cell_of(task) is None:
            self._close()
            self._cells, self._progress = {}, {}

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        cell = _cell_of(task)
        if cell is None:
            return
        name = host.get_name()
        progress = self._progress.setdefault(name, Progress(self._cells.get(name, []), time.time()))
        if progress.enter(cell):
            self._show(name)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        run = result._result.get("run")
        name = result._host.get_name()
        if name in self._progress and isinstance(run, dict) and str(run.get("schema")).startswith(SCHEMA):
            self._progress[name].finish(run)
            self._show(name)

    def v2_runner_on_ok(self, result: Any) -> None:
        stopped = (result._result.get("ansible_facts") or {}).get(STOPPED)
        name = result._host.get_name()
        if name in self._progress and stopped:
            self._progress[name].stop(stopped)
            self._show(name)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._close()

    def _show(self, name: str) -> None:
        line = self._progress[name].line(time.time())
        if len(self._cells) > 1:
            line = f"{name}: {line}"
        if self._bottom:
            self._bottom.show(line)
        else:
            self._display.display(f"progress: {line}")

    def _close(self) -> None:
        if self._bottom:
            self._bottom.close()


def _cell_of(task: Any) -> dict[str, Any] | None:
    """The cell a task belongs to: a variable of the include it came by."""
    while task is not None:
        if CELL in getattr(task, "vars", {}):
            return task.vars[CELL]
        task = getattr(task, "_parent", None)
    return None

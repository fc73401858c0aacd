# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a campaign is, in one line. Pure: what happened goes in with its time, the line comes out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._text import plain
from ansible_collections.virtio.lab.plugins.plugin_utils._report._words import _format
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._arms import variant_of

_LONGEST = 500
_HEADLINES = (("gbps", "Gb/s"), ("tps", "transactions/s"), ("pps", "packets/s"))


class Progress:
    """The state of one campaign: which cells it has, which one it is in, how many of their runs are finished."""

    def __init__(self, cells: Sequence[Mapping[str, Any]], began: float) -> None:
        """Cells as the filter campaign_plan gives them, those of an earlier start left out; began in seconds."""
        self._runs = sum(len(cell["runs"]) for cell in cells)
        self._began = began
        self._cell: Mapping[str, Any] | None = None
        self._finished: set[str] = set()
        self._last = ""
        self._stopped = ""

    def enter(self, cell: Mapping[str, Any]) -> bool:
        """Go on to cell; whether it is another one than before. None is entered once the campaign has stopped."""
        if self._stopped:
            return False
        other = self._cell is None or self._cell["position"] != cell["position"]
        self._cell = cell
        return other

    def finish(self, run: Mapping[str, Any]) -> None:
        """Count a run, given as its document; once, though a cell that is begun again shows it again."""
        self._finished.add(run["run_id"])
        self._last = f"{run['workload']['name']} over {variant_of(run)}: {_figure(run)}"

    def stop(self, stopped: Mapping[str, Any]) -> None:
        """Count no cell any more: the campaign ends after ``blocks`` of ``of`` blocks."""
        self._stopped = f"stopped early after {stopped['blocks']} of {stopped['of']} blocks"

    def line(self, now: float) -> str:
        """Position, cell, time left and the last figure; now in seconds on the clock of began."""
        return plain(self._line(now), _LONGEST)

    def _line(self, now: float) -> str:
        if self._stopped:
            return " · ".join([self._stopped, f"runs {len(self._finished)}", *([self._last] if self._last else [])])
        parts = [f"{self._position()}run {len(self._finished)} of {self._runs}"]
        left = self.seconds_left(now)
        if left is not None:
            parts.append(f"{_format.duration(left)} left, until {time.strftime('%H:%M', time.localtime(now + left))}")
        return " · ".join([*parts, self._last] if self._last else parts)

    def seconds_left(self, now: float) -> float | None:
        """Estimate from the pace of the runs so far, power cycles included; None before the first run is finished."""
        if not self._finished:
            return None
        return (now - self._began) / len(self._finished) * (self._runs - len(self._finished))

    def _position(self) -> str:
        if self._cell is None:
            return ""
        cell = self._cell
        what = f"block {cell['block']}, {cell['variant']['name']}{_queues(cell)}"
        return f"cell {cell['position']} of {cell['cells']} ({what}) · "


def _queues(cell: Mapping[str, Any]) -> str:
    queues = cell.get("queues")
    return f", queues: {queues}" if queues else ""


def _figure(run: Mapping[str, Any]) -> str:
    if not run["valid"]:
        return f"invalid, {'; '.join(run['invalid_reasons'])}"
    for name, unit in _HEADLINES:
        value = run["summary"][name]
        if value is not None:
            return f"{_format.number(value)} {unit}"
    return "recorded"

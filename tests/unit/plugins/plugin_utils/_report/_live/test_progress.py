# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import time
from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.plugin_utils._report._live import _bottom_line
from ansible_collections.virtio.lab.plugins.plugin_utils._report._live._progress import Progress
from ansible_collections.virtio.lab.plugins.plugin_utils._report._words import _format

CELLS = [
    {"position": 1, "cells": 2, "block": 1, "variant": {"name": "qemu"}, "runs": [1, 2]},
    {"position": 2, "cells": 2, "block": 1, "variant": {"name": "vhost"}, "runs": [3, 4]},
]


def run(valid: bool = True, name: str = "r", **summary: float) -> dict[str, Any]:
    return {
        "run_id": name,
        "workload": {"name": "a"},
        "factor": {"datapath": "qemu"},
        "valid": valid,
        "invalid_reasons": [] if valid else ["no worker", "no fd"],
        "summary": {"gbps": None, "tps": None, "pps": None, **summary},
    }


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (149, "2 min"), (3570, "1 h 0 min"), (7500, "2 h 5 min")],
)
def test_a_duration_in_words(seconds: float, words: str) -> None:
    assert _format.duration(seconds) == words


def test_a_campaign_that_stopped_enters_no_cell_any_more() -> None:
    progress = Progress(CELLS, began=1000)
    progress.enter(CELLS[0])
    progress.stop({"blocks": 10, "of": 20})
    assert progress.line(1030) == "stopped early after 10 of 20 blocks · runs 0"
    progress.finish(run(gbps=2.0))
    assert progress.enter(CELLS[1]) is False
    assert progress.line(1030) == "stopped early after 10 of 20 blocks · runs 1 · a over qemu: 2.00 Gb/s"


@pytest.mark.parametrize(("queues", "said"), [(None, ""), (4, ", queues: 4")])
def test_a_cell_of_a_number_of_queues_says_so(queues: int | None, said: str) -> None:
    progress = Progress(CELLS, began=1000)
    progress.enter({**CELLS[0], "queues": queues})
    assert f"{CELLS[0]['variant']['name']}{said}) · " in progress.line(1000)


def test_time_left_is_at_the_pace_so_far() -> None:
    progress = Progress(CELLS, began=1000)
    assert progress.seconds_left(1030) is None
    progress.finish(run())
    assert progress.seconds_left(1030) == 90
    for name in "rstu":  # r is seen again, as its cell was begun anew
        progress.finish(run(name=name))
    assert progress.seconds_left(1120) == 0


@pytest.mark.parametrize(
    ("document", "figure"),
    [
        (run(gbps=0.123), "0.123 Gb/s"),
        (run(tps=151.0), "151 transactions/s"),
        (run(pps=2.0), "2.00 packets/s"),
        (run(), "recorded"),
        (run(valid=False, gbps=1.0), "invalid, no worker; no fd"),
    ],
)
def test_the_last_figure(document: dict[str, Any], figure: str) -> None:
    progress = Progress(CELLS, began=0)
    progress.finish(document)
    until = time.strftime("%H:%M", time.localtime(40))
    assert progress.line(10) == f"run 1 of 4 · 30 s left, until {until} · a over qemu: {figure}"


def test_a_cell_is_entered_once() -> None:
    progress = Progress(CELLS, began=0)
    assert [progress.enter(cell) for cell in (CELLS[0], CELLS[0], CELLS[1])] == [True, False, True]
    assert progress.line(0) == "cell 2 of 2 (block 1, vhost) · run 0 of 4"


def test_the_row_moves_with_the_terminal_and_is_given_back_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "10")
    monkeypatch.setenv("LINES", "24")
    stream = io.StringIO()
    line = _bottom_line.BottomLine(stream)
    line.close()
    assert stream.getvalue() == ""
    line.show("a long line that is cut")
    monkeypatch.setenv("LINES", "30")
    line.show("short")
    line.close()
    line.close()
    said = stream.getvalue()
    assert said.count("\x1b[1;23r") == said.count("\x1b[1;29r") == said.count("\x1b[r") == 1
    assert "a long li\x1b[0m" in said
    assert not _bottom_line.fits(stream)

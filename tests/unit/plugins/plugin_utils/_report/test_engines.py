# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import signal

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._report import _engines
from ansible_collections.virtio.lab.plugins.plugin_utils._report._engines import Engines


def bars(*values: int) -> dict:
    rows = [{"name": f"n{number}", "value": value} for number, value in enumerate(values)]
    encoding = {"x": {"field": "name", "type": "nominal"}, "y": {"field": "value", "type": "quantitative"}}
    return {"data": {"values": rows}, "mark": "bar", "encoding": encoding}


@pytest.fixture
def engines():
    made = Engines()
    yield made
    made.end()


@pytest.mark.parametrize(("processors", "many"), [(1, 1), (2, 1), (3, 2)])
def test_drawings_come_in_the_order_of_their_specifications(engines, monkeypatch, processors, many):
    monkeypatch.setattr(_engines, "EACH", 2)
    monkeypatch.setattr(_engines, "processors", lambda: processors)
    drawn = engines.draw([bars(*range(1, 2 + number)) for number in range(5)])
    assert all(drawing.startswith("<svg") for drawing in drawn)
    assert [f"n{number}<" in drawing for number, drawing in enumerate(drawn)] == [True] * 5
    assert not any(f"n{number + 1}<" in drawing for number, drawing in enumerate(drawn))
    assert len(engines._begun) == many


def test_one_engine_serves_several_reports(engines):
    first = engines.draw([bars(1, 2)])
    (engine,) = engines._begun
    assert engines.draw([bars(1, 2)]) == first
    assert engines._begun == [engine]


def test_what_cannot_be_drawn_is_said(engines):
    with pytest.raises(LabError, match="vl-convert cannot draw a picture of the report: "):
        engines.draw([{"mark": 7}])
    assert engines.draw([bars(1)])[0].startswith("<svg")


def test_an_engine_that_ended_is_said_and_another_one_draws(engines):
    engines.begin()
    os.kill(engines._begun[0]._process.pid, signal.SIGKILL)
    with pytest.raises(LabError, match="vl-convert ended while it drew a picture of the report, with -9"):
        engines.draw([bars(1)])
    assert engines.draw([bars(1)])[0].startswith("<svg")


def test_a_folder_of_a_stranger_lends_no_module(engines, tmp_path, monkeypatch):
    for name in ("json", "vl_convert"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    monkeypatch.chdir(tmp_path)
    assert engines.draw([bars(1)])[0].startswith("<svg")
    assert not (tmp_path / "ran").exists()

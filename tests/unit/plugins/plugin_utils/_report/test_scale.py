# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Thousands of runs: the page holds what can be read, whatever their number; the comparison holds all."""

from __future__ import annotations

import copy
import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from lxml import html

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._comparison import compare
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._thinned import thinned
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._timelines import LINES, POINTS, timelines
from ansible_collections.virtio.lab.plugins.plugin_utils._report import _html, _markdown, _report_files, _terminal
from ansible_collections.virtio.lab.plugins.plugin_utils._runs import _records
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._run_document import SCHEMAS, validate
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._verify import verify

from ....conftest import loaded
from ..conftest import make_run, spoil

pytestmark = pytest.mark.slow

Runs = list[dict[str, Any]]
CAMPAIGN = Path(__file__).resolve().parents[5] / "benchmarks" / "campaign.py"


def made(blocks: int) -> Runs:
    return list(itertools.takewhile(lambda run: run["block"] <= blocks, loaded(CAMPAIGN).runs(2)))


def test_the_benchmark_measures_runs_that_are_verified(tmp_path: Path) -> None:
    loaded(CAMPAIGN).write(300, tmp_path)
    found, unreadable = _records.read_found(tmp_path)
    assert (len(found), unreadable) == (300, [])
    assert verify(tmp_path, found).findings == ()


@pytest.fixture(name="runs", scope="module")
def _runs() -> Runs:
    return made(40)


BLOCK = len(made(1))
FEW, MANY = 10 * BLOCK, 40 * BLOCK


def test_the_synthetic_runs_are_run_documents_of_one_campaign(runs: Runs) -> None:
    for run in runs:
        validate(run)
    assert len({run["run_id"] for run in runs}) == MANY
    assert {run["campaign_id"] for run in runs} == {"synthetic"}


def test_the_page_hardly_grows_with_the_runs(runs: Runs) -> None:
    few, many = (_html.render(compare(some)) for some in (runs[:FEW], runs))
    assert len(many) < 2 * len(few)  # of four times the runs
    assert len(many) < 3e6
    named = [set(re.findall(r"b\d{4}-[a-z-]+-[a-z0-9_]+", source)) for source in (few, many)]
    assert len(named[1]) < 2 * len(named[0])
    for source in (few, many):
        assert len(html.fromstring(source).xpath("//section[@aria-labelledby='witness']//tbody/tr")) < 10
    assert len(_markdown.render(compare(runs))) < 1.25 * len(_markdown.render(compare(runs[:FEW])))


def test_witnesses_that_saw_the_same_stand_together_and_the_others_apart(runs: Runs) -> None:
    runs = copy.deepcopy(runs[:FEW])
    odd = next(run for run in runs if run["factor"]["datapath"] == "vhost" and run["block"] == 7)
    odd["witness"]["middle"]["effective"] = "qemu"
    comparison = compare(runs)
    assert len(comparison["witnesses"]) == FEW
    page = html.fromstring(_html.render(comparison))
    rows = [
        [cell.text_content().strip() for cell in row]
        for row in page.xpath("//section[@aria-labelledby='witness']//tbody/tr")
    ]
    assert sum(int(row[-1]) for row in rows) == FEW
    assert [row[1].startswith("no") for row in rows] == [True] + [False] * (len(rows) - 1)
    apart = rows[0]
    assert (apart[0], *apart[2:5]) == ("vhost", "vhost → qemu → vhost", odd["workload"]["name"], "7")
    assert "middle: asked for vhost, effective is qemu" in page.find_class("notes")[0].text_content()
    assert {"qemu", "qemu, A/A", "vhost"} == {row[0] for row in rows}
    assert {row[4] for row in rows[1:]} == {"1–10"}


def test_timelines_of_some_runs_stand_for_all(runs: Runs) -> None:
    comparison = compare(runs)
    assert comparison["timelines_of"] > len(comparison["timelines"])
    cells: dict[tuple[str, str], list[int]] = {}
    for line in comparison["timelines"]:
        cells.setdefault((line["workload"], line["variant"]), []).append(line["block"])
    assert {len(blocks) for blocks in cells.values()} == {LINES}
    assert all((blocks[0], blocks[-1]) == (1, MANY / BLOCK) for blocks in cells.values())


def test_long_runs_keep_what_they_moved() -> None:
    run = make_run("tcp_stream_to_guest", "vhost", 1, gbps=1.0)
    rates = [float(second % 7) for second in range(1, 1001)]
    run["samples"] = [
        {"t_s": second, "throughput_bps": rate * 1e9, "cpu_ns": {"vcpu": rate * 1e8}}
        for second, rate in enumerate(rates, 1)
    ]
    (line,) = timelines([run])
    assert len(line["points"]) <= POINTS
    assert (line["start_s"], line["points"][-1]["t_s"]) == (0, 1000)
    ends = [line["start_s"], *(point["t_s"] for point in line["points"])]
    moved, spent = (
        sum((end - begin) * point[key] for begin, end, point in zip(ends, ends[1:], line["points"], strict=False))
        for key in ("gbps", "cores")
    )
    assert moved == pytest.approx(sum(rates))
    assert spent == pytest.approx(sum(rates) / 10)


def test_a_window_without_a_figure_is_none_and_no_zero() -> None:
    run = make_run("tcp_stream_to_guest", "vhost", 1, gbps=1.0)
    rates = (None, 2e9, None, 4e9)
    run["samples"] = [
        {"from_s": second - 0.5, "t_s": second, "throughput_bps": rate, "cpu_ns": {"vcpu": 25e7, "main": 25e7}}
        for second, rate in enumerate(rates, 1)
    ]
    (line,) = timelines([run])
    assert line["start_s"] == 0.5
    assert [point["gbps"] for point in line["points"]] == [None, 2.0, None, 4.0]
    assert {point["cores"] for point in line["points"]} == {1.0}


@given(items=st.lists(st.integers(), unique=True), most=st.integers(2, 50))
def test_thinned_keeps_order_and_both_ends(items: list[int], most: int) -> None:
    found = thinned(items, most)
    assert len(found) == min(len(items), most)
    assert found == [item for item in items if item in set(found)]
    assert found[:1] == items[:1]
    assert found[-1:] == items[-1:]


def test_a_campaign_that_failed_throughout_does_not_flood_the_terminal(runs: Runs) -> None:
    comparison = compare([*runs[:2], *(spoil(run, "the witness disagrees") for run in runs[2:500])])
    lines = _terminal.render(comparison)
    assert len(lines) < 60
    assert "invalid: 478 more" in lines


@pytest.mark.parametrize("value", [None, "x", -1, [], {}], ids=repr)
def test_the_compiled_schema_passes_nothing_that_the_schema_refuses(runs: Runs, value: Any) -> None:
    schema = Draft202012Validator(json.loads(SCHEMAS["virtio.lab/run/2"].read_text(encoding="utf-8")))
    for path in _paths(runs[0]):
        changed = copy.deepcopy(runs[0])
        inner = changed
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value
        if schema.is_valid(changed):
            validate(changed)
        else:
            with pytest.raises(LabError, match=r"not a virtio.lab/run/[12] document: \$"):
                validate(changed)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Everywhere in a document; of a list its first element."""
    if isinstance(value, dict):
        return [one for key in value for one in [(*path, key), *_paths(value[key], (*path, key))]]
    return [(*path, 0), *_paths(value[0], (*path, 0))] if isinstance(value, list) and value else []


def test_the_document_is_json_a_line_an_entry(runs: Runs) -> None:
    comparison = compare(runs[:BLOCK])
    text = _report_files.as_json(comparison)
    assert json.loads(text) == json.loads(json.dumps(comparison))
    assert len(text.splitlines()) > len(comparison["witnesses"])

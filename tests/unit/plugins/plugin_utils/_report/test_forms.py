# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every form of the report says what the comparison says, and names are data in all of them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._comparison import compare
from ansible_collections.virtio.lab.plugins.plugin_utils._report import _csv, _html, _markdown, _report_files, _terminal
from ansible_collections.virtio.lab.plugins.plugin_utils._report._words import _format
from ansible_collections.virtio.lab.plugins.plugin_utils._runs import _records

from ..conftest import make_run, spoil, store

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures" / "runs"
EVIL = "<script>alert(1)</script>|`x`"


def test_the_forms_show_the_same_figures(campaign: list[dict[str, Any]]) -> None:
    comparison = compare(campaign)
    page = html.fromstring(_html.render(comparison)).text_content()
    markdown = _markdown.render(comparison).replace("\\", "")
    rows = list(csv.DictReader(io.StringIO(_csv.render(comparison))))
    figures = [(load["name"], figure) for load in comparison["workloads"] for figure in load["figures"]]
    assert len(rows) == len(figures)
    for row, (name, figure) in zip(rows, figures, strict=True):
        assert (row["workload"], row["metric"]) == (name, figure["metric"])
        assert row["ratio"] == ("" if figure["ratio"]["ratio"] is None else str(figure["ratio"]["ratio"]))
        assert float(row["candidate_mean"]) == figure["arms"]["vhost"]["level"]
        for text in (_format.number(figure["arms"]["vhost"]["level"]), _format.ratio(figure["ratio"])):
            assert text in page
            assert text in markdown


@pytest.mark.parametrize(
    "render", [_html.render, _markdown.render, lambda comparison: "\n".join(_terminal.render(comparison))]
)
def test_emulation_is_said_first_and_only_when_true(campaign: list[dict[str, Any]], render: Any) -> None:
    said = render(compare(campaign))
    assert said.index("Absolute figures mean nothing") < said.index("tcp_stream_to_guest")
    for run in campaign:
        run["manifest"]["software_emulation"] = {"is": False, "why": "hardware virtualization"}
    assert "Absolute figures" not in render(compare(campaign))


@pytest.mark.parametrize("render", [_html.render, _markdown.render, _terminal.render])
def test_a_lost_attempt_is_said_where_there_is_one(campaign: list[dict[str, Any]], render: Any) -> None:
    assert "was reset" not in str(render(compare(campaign)))
    campaign[0]["lost"] = [{"at": "2026-01-02T03:04:05.678Z", "why": "guest a was reset during the run"}]
    said = str(render(compare(campaign)))
    for part in (campaign[0]["run_id"], "2026-01-02T03:04:05.678Z", "guest a was reset during the run"):
        assert part in said


def test_throughput_never_stands_without_its_cpu(campaign: list[dict[str, Any]]) -> None:
    lines = _terminal.render(compare(campaign))
    stream, trips = (index for index, line in enumerate(lines) if "throughput" in line or "transactions" in line)
    assert "CPU per byte" in lines[stream + 1]
    assert "99th percentile" in lines[trips + 1]
    assert "CPU per transaction" in lines[trips + 2]


def test_a_dash_leads_to_its_reason() -> None:
    comparison = compare([make_run("tcp_rr", "vhost", 1, tps=1.0), make_run("tcp_rr", "qemu", 1, tps=1.0)])
    page = html.fromstring(_html.render(comparison))
    links = [link for link in page.iter("a") if link.get("href", "").startswith("#note-")]
    assert links
    for link in links:
        (note,) = page.xpath("//*[@id=$id]", id=link.get("href")[1:])
        assert note.text_content() == link.get("title")
    assert "latency_us is not measured here" in [note.text_content() for note in page.find_class("notes")[0]]


def test_names_are_data(campaign: list[dict[str, Any]]) -> None:
    for run in campaign:
        run["lab"] = EVIL
        run["workload"]["name"] += EVIL
        run["manifest"]["hypervisor"]["cmdline"] = EVIL
        run["manifest"]["software_emulation"]["why"] = EVIL
        run["missing"] = dict.fromkeys(run["missing"], EVIL)
        if run["syscalls"]:
            run["syscalls"]["by_name"][EVIL] = {"calls": 3000, "errors": 1}
    comparison = compare([*campaign, spoil(campaign[0], EVIL)], [{"path": EVIL, "reason": EVIL}])
    source = _html.render(comparison)
    page = html.fromstring(source)
    assert not list(page.iter("script"))
    assert "<script" not in source
    assert EVIL in page.text_content()
    assert "<script" not in _markdown.render(comparison).replace("\\<", "")


def test_a_spreadsheet_is_given_no_formula(campaign: list[dict[str, Any]]) -> None:
    for run in campaign:
        run["workload"]["name"] = "=1+1"
    rows = list(csv.DictReader(io.StringIO(_csv.render(compare(campaign)))))
    assert {row["workload"] for row in rows} == {"'=1+1"}


def test_ids_are_unique(campaign: list[dict[str, Any]]) -> None:
    ids = html.fromstring(_html.render(compare(campaign))).xpath("//@id")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0, "0"), (0.0, "0"), (7, "7"),
     (0.0123456, "0.0123"), (1.234, "1.23"), (12.34, "12.3"), (99.96, "100"),
     (1234.5, "1\u202f234"), (28822.6, "28\u202f823")],
)  # fmt: skip
def test_number(value: float | None, text: str) -> None:
    assert _format.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (0.0004, "<0.001"), (0.0123, "0.012"), (0.5, "0.5"), (1.0, "1"), (1.7, "1")]
)
def test_p_value(value: float | None, text: str) -> None:
    assert _format.p_value(value) == text


def test_block_ratios_are_listed_while_they_can_be_read() -> None:
    rows = [{"ratio": 1 + block / 100} for block in range(1, 14)]
    assert _format.block_ratios({"per_block": rows[:3]}) == "1.01 1.02 1.03"
    assert _format.block_ratios({"per_block": rows}) == "1.01 to 1.13 in 13 blocks"
    assert _format.block_ratios({"per_block": [{"ratio": None}]}) == "–"


def test_p_and_the_ratio_of_every_block_stand_beside_the_ratio(long_campaign: list[dict[str, Any]]) -> None:
    comparison = compare(long_campaign)
    figure = comparison["workloads"][0]["figures"][0]
    each = _format.block_ratios(figure["ratio"])
    markdown = _markdown.render(comparison)
    assert f"| tcp_stream_to_guest | throughput | {each} | – |" in markdown
    assert markdown.count(f"| 6 | {_format.p_value(figure['verdict']['p_holm'])}".replace("<", "\\<")) >= 2
    page = html.fromstring(_html.render(comparison))
    (row,) = page.xpath("//section[@aria-labelledby='figures']//tr[contains(., 'throughput')]")
    assert each in row.text_content()
    assert row.xpath("td[5]")[0].text_content() == _format.p_value(figure["verdict"]["p_holm"])


def test_no_p_before_there_can_be_a_verdict(campaign: list[dict[str, Any]]) -> None:
    assert _format.NO_P in html.fromstring(_html.render(compare(campaign))).find_class("notes")[0].text_content()


def test_files_are_written_once(campaign: list[dict[str, Any]], tmp_path: Path) -> None:
    results, dest = store(campaign, tmp_path / "results"), tmp_path / "report"
    writes = _report_files.plan(compare(*_records.read_runs(results)), dest)
    assert not dest.exists()
    _report_files.apply(writes)
    assert sorted(path.name for path in dest.iterdir()) == ["comparison.json", "report.csv", "report.html", "report.md"]
    assert json.loads((dest / "comparison.json").read_text(encoding="utf-8")) == compare(campaign)
    assert _report_files.plan(compare(*_records.read_runs(results)), dest) == []


def test_a_torn_document_is_listed(campaign: list[dict[str, Any]], tmp_path: Path) -> None:
    results = store(campaign[:2], tmp_path)
    (results / "torn").mkdir()
    (results / "torn" / "run.json").write_text('{"schema": "virtio', encoding="utf-8")
    (results / "other").mkdir()
    (results / "other" / "run.json").write_text('{"schema": "virtio.lab/run/9"}', encoding="utf-8")
    found, unreadable = _records.read_runs(results)
    assert len(found) == 2
    assert [entry["path"] for entry in unreadable] == ["other/run.json", "torn/run.json"]


def test_documents_of_real_runs(tmp_path: Path) -> None:
    found, unreadable = _records.read_runs(FIXTURES)
    assert unreadable == []
    for campaign in {run["campaign_id"] for run in found}:
        runs = [run for run in found if run["campaign_id"] == campaign]
        _report_files.apply(_report_files.plan(compare(runs), tmp_path / campaign))
        page = html.fromstring((tmp_path / campaign / "report.html").read_text(encoding="utf-8"))
        assert {run["workload"]["name"] for run in runs} <= set(page.text_content().replace(",", " ").split())


def test_an_empty_directory_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="no readable run document"):
        _records.read_runs(tmp_path)
    with pytest.raises(LabError, match="not a directory"):
        _records.read_runs(tmp_path / "nowhere")

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A campaign of many variants: every one beside the first, in the comparison and in all forms of the report."""

from __future__ import annotations

import copy
import csv
import io
from typing import Any

import pytest
from lxml import html

from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._cells import measured
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._comparison import compare
from ansible_collections.virtio.lab.plugins.plugin_utils._report import _csv, _html, _markdown, _terminal
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts import Arms, Chart, charts
from ansible_collections.virtio.lab.plugins.plugin_utils._report._words import _answer, _titles
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._run_document import validate

from ..conftest import SCATTER, SPEEDS, make_variants

STREAM, DATAGRAMS = "tcp_stream_to_guest", "udp_small"


def rates(comparison: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["candidate"]: row for row in comparison["workloads"][0]["figures"] if row["metric"] == "gbps"}


def test_the_made_up_runs_are_run_documents() -> None:
    for run in make_variants():
        validate(run)


def test_every_variant_is_compared_with_the_first() -> None:
    comparison = compare(make_variants())
    assert comparison["schema"] == "virtio.lab/comparison/2"
    assert (comparison["baseline"], comparison["candidates"]) == ("first", ["fast", "same", "slow"])
    found = rates(comparison)
    assert {name: row["ratio"]["ratio"] for name, row in found.items()} == {
        name: pytest.approx(speed, rel=0.01) for name, speed in SPEEDS.items() if name != "first"
    }
    assert {name: row["verdict"]["word"] for name, row in found.items()} == {
        "fast": "faster", "slow": "slower", "same": "equivalent",
    }  # fmt: skip
    assert {row["aa"]["ratio"] for row in found.values()} == {found["fast"]["aa"]["ratio"]}


def test_the_order_is_that_of_the_campaign_where_it_is_known() -> None:
    comparison = compare(make_variants(), planned=["first", "slow", "fast", "same", "never"])
    assert comparison["candidates"] == ["slow", "fast", "same", "never"]
    never = next(row for row in comparison["workloads"][0]["figures"] if row["candidate"] == "never")
    assert never["ratio"]["missing"] == "no block holds both sides"
    assert next(arm for arm in comparison["arms"] if arm["name"] == "never")["runs"] == 0


def test_the_first_is_the_baseline_without_an_arm_too_and_nothing_is_claimed_then() -> None:
    comparison = compare([run for run in make_variants() if run["factor"]["arm"] == "a"])
    assert comparison["baseline"] == "first"
    assert {row["verdict"]["word"] for row in rates(comparison).values()} == {"inconclusive"}


def test_holm_counts_the_headline_figures_of_all_pairs() -> None:
    comparison = compare(make_variants())
    judged = [row for row in comparison["workloads"][0]["figures"] if row["headline"]]
    assert comparison["rules"]["family"] == len(judged) == 3 * 2
    for row in judged:
        assert row["ratio"]["p"] <= row["verdict"]["p_holm"] <= min(1, len(judged) * row["ratio"]["p"])


def test_the_fastest_is_first_and_the_baseline_among_them() -> None:
    assert compare(make_variants())["workloads"][0]["ranking"] == ["fast", "same", "first", "slow"]


def test_the_page_answers_first_and_ranks() -> None:
    page = html.fromstring(_html.render(compare(make_variants())))
    said = page.text_content()
    assert "Claimed of 6 headline figures: 1 faster, 1 cheaper, 2 equivalent, 1 slower, 1 dearer." in said
    assert said.index("Claimed of 6") < said.index("Campaign")
    (table,) = page.xpath("//div[@id='standing-1']//table")
    assert [row.text_content().split()[0] for row in table.xpath("tbody/tr/th")] == ["fast", "same", "first", "slow"]
    assert "1.5" in table.xpath("tbody/tr[1]")[0].text_content()
    assert "faster" in table.xpath("tbody/tr[1]")[0].text_content()
    assert "packed on" in said


def test_a_figure_leads_to_its_run_document() -> None:
    page = html.fromstring(_html.render(compare(make_variants())))
    links = [link for link in page.xpath("//a/@href") if link.endswith("/run.json")]
    assert {f"b{block:02d}-{name}-{STREAM}/run.json" for block in range(1, 9) for name in SPEEDS} <= set(links)
    assert f"b01-first-aa-{STREAM}/run.json" in links


def test_the_csv_has_a_line_for_each_pair_and_figure() -> None:
    comparison = compare(make_variants())
    rows = list(csv.DictReader(io.StringIO(_csv.render(comparison))))
    assert len(rows) == len(comparison["workloads"][0]["figures"])
    found = {row["candidate"]: row for row in rows if row["metric"] == "gbps"}
    assert {name: row["verdict"] for name, row in found.items()} == {
        "fast": "faster", "slow": "slower", "same": "equivalent",
    }  # fmt: skip
    assert {row["baseline"] for row in rows} == {"first"}


@pytest.mark.parametrize("render", [_markdown.render, lambda comparison: "\n".join(_terminal.render(comparison))])
def test_the_other_forms_name_every_variant(render: Any) -> None:
    said = render(compare(make_variants()))
    assert "variant ÷ first" in said
    for name, ratio in (("fast", "1.50× ["), ("slow", "0.80× ["), ("same", "1.00× [")):
        (line, *_rest) = [line for line in said.splitlines() if f" {name} " in line and ratio.partition("×")[0] in line]
        assert "throughput" in line


def test_claimed_refused_and_undecided_look_different() -> None:
    runs = make_variants({**SPEEDS, "rough": 1.04})
    for run in runs:
        if run["factor"]["variant"] == "rough":
            run["summary"]["gbps"] *= 1 + 60 * SCATTER[run["block"] - 1] / 4
    forest = next(chart for chart in charts(compare(runs)) if chart.name == "ratios")
    assert isinstance(forest, Chart)
    assert [key.name for key in forest.legend] == ["claimed", "inconclusive", "A/A"]
    assert len({(key.colour, key.shape, key.hollow) for key in forest.legend}) == 3
    alone = charts(compare([run for run in runs if run["factor"]["arm"] == "a"]))
    (refused,) = [chart for chart in alone if chart.name == "ratios"]
    assert isinstance(refused, Chart)
    assert [key.name for key in refused.legend] == ["claim refused", "inconclusive"]


def test_many_variants_can_be_told_apart() -> None:
    arms = Arms([f"v{number}" for number in range(24)])
    looks = arms.keys(arms.names)
    assert len({(look.colour, look.shape) for look in looks}) == 24
    assert len({look.colour for look in looks[:12]}) == 12
    assert arms.look("v3 again (A/A)").colour == looks[3].colour
    assert arms.look("v3 again (A/A)").hollow


def test_every_picture_of_twelve_variants_is_drawn_or_explained() -> None:
    speeds = {"first": 1.0} | {f"v{number}": 1 + number / 50 for number in range(1, 12)}
    for chart in charts(compare(make_variants(speeds))):
        if isinstance(chart, Chart) and chart.name in ("efficiency", "blocks"):
            assert {key.name for key in chart.legend} >= set(speeds)


def udp(loss: float) -> list[dict[str, Any]]:
    runs = make_variants({"first": 1.0, "other": 0.1}, DATAGRAMS, pps=500.0)
    for run in runs:
        run["workload"]["proto"] = "udp"
        run["summary"] |= {"datagrams_per_second": 1000.0 + run["block"], "jitter_us": 12.0}
        run["summary"]["loss"] = loss if run["factor"]["variant"] == "other" else 0.01
    return runs


def test_where_most_was_lost_no_cost_is_judged() -> None:
    comparison = compare(udp(0.97))
    figures = {row["metric"]: row for row in comparison["workloads"][0]["figures"]}
    assert figures["cpu_ns_per_byte"]["verdict"]["text"] == "not judged"
    assert figures["cpu_ns_per_byte"]["verdict"]["reasons"] == ["most was lost: 97 % on other"]
    assert comparison["rules"]["family"] == 1
    assert "1 not judged, as most was lost" in " ".join(_answer.answer(comparison))
    kept = compare(udp(0.3))
    assert kept["rules"]["family"] == 2
    assert {row["verdict"]["text"] for row in kept["workloads"][0]["figures"]} & {"dearer"}


def test_what_a_rate_hides_stands_beside_it() -> None:
    comparison = compare(udp(0.75))
    figures = {row["metric"]: row for row in comparison["workloads"][0]["figures"]}
    assert figures["sent_per_second"]["arms"]["other"]["median"] == pytest.approx(4018)
    for said in (html.fromstring(_html.render(comparison)).text_content(), _markdown.render(comparison)):
        assert "lost 75.0 %" in said
        assert "jitter µs 12.0" in said
        assert "packets /s 500" in said


def test_cells_are_counted_against_the_plan() -> None:
    runs = make_variants({"first": 1.0, "other": 1.2})
    more = make_variants({"first": 1.0, "other": 1.2}, workload="tcp_rr", tps=1.0)
    plan = [{"runs": [{"run_id": one["run_id"]} for one in pair]} for pair in zip(runs, more, strict=True)]
    bad = copy.deepcopy([*runs[2:], *more[1:]])
    bad[0] |= {"valid": False, "invalid_reasons": ["the witnesses disagree"]}
    counted = compare(bad, cells=plan)["cells"]
    assert counted == {"planned": 24, "complete": 22, "valid": 21, "lacking": 3, "missing": [
        runs[0]["run_id"], more[0]["run_id"], runs[1]["run_id"]]}  # fmt: skip
    page = html.fromstring(_html.render(compare(bad, cells=plan))).text_content()
    assert (
        "Cells: 24 planned, 22 complete, 21 of these with valid runs alone; 3 runs are missing or refused: b01" in page
    )
    unplanned = compare(bad)["cells"]
    assert (unplanned["planned"], unplanned["complete"], unplanned["valid"]) == (None, 23, 22)


def test_cells_after_the_end_of_a_campaign_were_not_to_be_measured() -> None:
    plan = [{"block": block, "runs": []} for block in range(1, 41)]
    stopped = {"blocks": 12}
    assert len(measured(plan, None, None)) == 40
    assert len(measured(plan, stopped, None)) == len(measured(plan, stopped, {"cells": {"planned": 12}})) == 12
    assert len(measured(plan, stopped, {"cells": {"planned": 40}})) == 40  # no rule allowed that end


def test_cells_of_an_unknown_plan_are_said_to_be_so() -> None:
    runs = make_variants({"first": 1.0, "other": 1.2})
    assert "how many were planned is not known" in " ".join(_terminal.render(compare(runs)))


def test_builds_are_named_with_the_version_that_was_seen() -> None:
    runs = make_variants()
    none = dict.fromkeys(
        ("path", "argv", "release", "version", "file_release", "file_version", "sha256", "file", "exe")
    )
    for run in runs:
        new = run["factor"]["variant"] == "fast"
        emulator = {"path": "/opt/q" if new else "/usr/bin/q", "version": "9.2.0" if new else "7.2.22 (Debian 1)"}
        run["factor"]["build"] = {"emulator": {**none, **emulator}, "kernel": none, "initrd": none}
        run["factor"]["options"] = {"emulator": "/opt/q"} if new else {}
    said = {arm["name"]: _titles.options(arm) for arm in compare(runs)["arms"]}
    assert said["fast"] == "emulator /opt/q (9.2.0)"
    assert said["first"] == said["slow"] == "emulator /usr/bin/q (7.2.22 (Debian 1))"


def test_builds_are_named_only_where_the_campaign_compares_them() -> None:
    assert all("build" not in arm for arm in compare(make_variants())["arms"])


def test_where_vhost_was_neither_asked_for_nor_seen_the_witnesses_have_no_columns_of_it() -> None:
    runs = make_variants()

    def heads() -> tuple[list[str], str]:
        comparison = compare(runs)
        page = html.fromstring(_html.render(comparison))
        (table,) = page.xpath("//div[@aria-label='Witness table']/table")
        cells = [len(row) for row in table.xpath(".//tr")]
        assert len(set(cells)) == 1, cells
        return table.xpath(".//thead//th/text()"), _markdown.render(comparison)

    names, text = heads()
    assert {"argv vhost", "Worker"} <= set(names)
    assert "argv vhost | fds | worker" in text
    for run in runs:
        run["factor"] |= {"datapath": "e1000", "frontend": "e1000", "backend": "qemu"}
        for moment in ("before", "middle", "after"):
            run["witness"][moment] |= {"effective": "qemu", "datapath": "e1000"}
            run["witness"][moment]["argv"]["vhost"] = False
            run["witness"][moment]["fds"]["vhost_net"] = 0
            threads = run["witness"][moment]["threads"]
            run["witness"][moment]["threads"] = [thread for thread in threads if thread["class"] != "vhost"]
    names, text = heads()
    assert not {"argv vhost", "Worker"} & set(names)
    assert "argv vhost" not in text
    assert "| effective | fds | CPU ms |" in text


def test_settings_that_differ_in_the_same_runs_share_a_row() -> None:
    runs = make_variants()
    for run in runs:
        is_fast = run["factor"]["variant"] == "fast"
        run["manifest"]["nic_features"] = {"highdma": is_fast, "rx-gro-list": is_fast, "tx-lockless": not is_fast}
    page = html.fromstring(_html.render(compare(runs)))
    (table,) = page.xpath("//div[@aria-label='Settings that differ between runs']/table")
    heads = [[code.text for code in head.xpath("code")] for head in table.xpath(".//tbody//th")]
    assert heads == [["nic_features.highdma", "nic_features.rx-gro-list"], ["nic_features.tx-lockless"]]
    assert "nic_features.highdma, nic_features.rx-gro-list | " in _markdown.render(compare(runs))

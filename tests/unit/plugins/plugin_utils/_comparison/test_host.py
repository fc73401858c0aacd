# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What else the host did is shown of every run and flagged above a bound; where nobody looked, that is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.plugin_utils._campaign import _kept
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._comparison import compare
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._host import bounds_of, shares
from ansible_collections.virtio.lab.plugins.plugin_utils._report import _html, _markdown, _terminal
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._rules import QUIET

from ..conftest import make_variants

Document = dict[str, Any]


def beside(run: Document, foreign: float = 0.1, some: float = 0.1) -> Document:
    """In a window of 5 s on two CPUs."""
    waited = {"some": some, "full": 0.0}
    run["summary"].update(
        tasks_s=9.0, tools_cpu_s=0.5, foreign_cpu_s=foreign, steal_s=0.0,
        pressure_s={"cpu": waited, "io": {"some": 0.0, "full": 0.0}, "memory": None},
    )  # fmt: skip
    return run


@pytest.fixture(name="runs")
def _runs() -> list[Document]:
    return [beside(run) for run in make_variants({"first": 1.0, "fast": 1.5})]


def forms(comparison: Document) -> list[str]:
    return [_markdown.render(comparison), " ".join(_terminal.render(comparison)), _html.render(comparison)]


def flags(comparison: Document) -> list[str]:
    every = [flag for row in comparison["workloads"][0]["figures"] for flag in row["flags"]]
    return [flag["text"] for flag in every if flag["kind"] == "host"]


def test_the_shares_are_of_all_cpus_and_of_the_window(runs: list[Document]) -> None:
    assert shares(beside(runs[0], foreign=2.5, some=4.0)) == {
        "foreign_cpu": 0.25,
        "steal": 0.0,
        "cpu_pressure": 0.8,
        "io_pressure": 0.0,
        "memory_pressure": None,
    }


def test_a_quiet_host_raises_no_flag(runs: list[Document]) -> None:
    found = compare(runs)
    assert flags(found) == []
    for form in forms(found)[::2]:
        assert "0 of 24 runs were above one of the bounds of this campaign (CPU of others 10.0 %" in form


def test_a_busy_host_is_flagged_at_every_headline_figure(runs: list[Document]) -> None:
    beside(runs[2], foreign=6.0)
    beside(runs[3], foreign=1.5)
    found = compare(runs)
    said = f"others used more than 10 % of the host's CPU time in 2 of 24 runs, 60 % in {runs[2]['run_id']}"
    assert flags(found) == [said, said]  # the rate and its cost
    assert found["host"]["rows"][0]["foreign_cpu"] == {"median": 0.01, "most": 0.6}
    for form in forms(found):
        assert said.partition("'")[0] in form
    terminal = "\n".join(_terminal.render(found))
    assert terminal.count("others used more than") == 1
    # A flag is no verdict.
    assert found["workloads"][0]["figures"][0]["verdict"]["word"] == "faster"


def test_pressure_is_flagged_too_and_the_campaign_names_the_bounds(runs: list[Document]) -> None:
    for run in runs:
        beside(run, some=3.0)
    assert "tasks waited for a CPU in more than 50 % of the window in 24 of 24 runs, 60 % in" in flags(compare(runs))[0]
    assert flags(compare(runs, quiet={"cpu_pressure": 0.7})) == []
    assert len(flags(compare(runs, quiet={"cpu_pressure": 1, "foreign_cpu": 0.005}))) == 2
    assert bounds_of({"cpu_pressure": 1, "other": 3}) == {**QUIET, "cpu_pressure": 1.0}


def test_documents_from_before_anybody_looked_say_so() -> None:
    found = compare(make_variants({"first": 1.0, "fast": 1.5}))
    assert flags(found) == []
    assert {row["known"] for row in found["host"]["rows"]} == {0}
    for form in forms(found)[::2]:
        assert "What else the host did was not recorded in these runs." in form


@pytest.mark.parametrize(
    ("quiet", "found"),
    [
        ({"foreign_cpu": 0.3, "steal": 1}, {"foreign_cpu": 0.3, "steal": 1}),
        (None, {}),
        ({"unknown": 1}, {}),
        ({"foreign_cpu": "much"}, {}),
        ([1], {}),
    ],
)
def test_the_bounds_are_read_of_the_campaign(quiet: Any, found: dict[str, float], tmp_path: Path) -> None:
    (tmp_path / "campaign.json").write_text(json.dumps({"campaign": {"quiet": quiet}}), encoding="utf-8")
    assert _kept.bounds(tmp_path) == found
    assert _kept.bounds(tmp_path / "nowhere") == {}

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the report makes of a campaign that was verified: false runs enter no figure, unproved ones no claim."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._comparison import compare
from ansible_collections.virtio.lab.plugins.plugin_utils._report import _html, _markdown, _terminal
from ansible_collections.virtio.lab.plugins.plugin_utils._runs import _records
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._verify import verify

from .conftest import SAMPLE, change

pytestmark = pytest.mark.slow

STREAM = "b01-vhost-tcp_stream"
CLAIMS = ("faster", "slower", "cheaper", "dearer", "equivalent")


def compared(folder: Path) -> dict[str, Any]:
    found, unreadable = _records.read_found(folder)
    result = verify(folder, found, unreadable)
    counted = [one.document for one in result.counted(found)]
    return compare(counted, unreadable, None, _records.planned_variants(folder), proof=result.proof(found, unreadable))


@pytest.fixture(name="whole", scope="module")
def _whole() -> dict[str, Any]:
    return compared(SAMPLE)


@pytest.fixture(name="copy")
def _copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SAMPLE, tmp_path / "copy"))


def of(comparison: dict[str, Any], workload: str) -> dict[str, Any]:
    return next(one for one in comparison["workloads"] if one["name"] == workload)


def claims(workload: dict[str, Any]) -> list[str]:
    return [figure["metric"] for figure in workload["figures"] if figure["verdict"]["word"] in CLAIMS]


def forms(comparison: dict[str, Any]) -> list[str]:
    return [_markdown.render(comparison), " ".join(_terminal.render(comparison))]


def test_the_head_says_how_much_was_verified(whole: dict[str, Any]) -> None:
    for form in (*forms(whole), _html.render(whole)):
        assert "Verified: 88 of 88 runs, 24 of 24 planned cells; not sealed, unsigned." in form


def test_to_be_verified_changes_no_figure_and_no_verdict(whole: dict[str, Any]) -> None:
    assert (
        whole["workloads"] == compare(*_records.read_runs(SAMPLE), None, _records.planned_variants(SAMPLE))["workloads"]
    )
    assert claims(of(whole, "tcp_stream"))


def test_a_false_run_enters_no_figure_and_is_listed(copy: Path) -> None:
    change(copy, STREAM, lambda run: run["summary"].update(gbps=3 * run["summary"]["gbps"]))
    comparison = compared(copy)
    assert comparison["runs"]["total"] == 87
    rate = of(comparison, "tcp_stream")["figures"][0]
    assert STREAM not in str(rate["arms"]["vhost"]["values"])
    for form in forms(comparison):
        assert "Verified: 87 of 88 runs, 23 of 24 planned cells" in form
        assert "not verified" in form or f"refused: {STREAM}" in form
        assert "by its raw output and counters it is" in form


def test_without_raw_output_figures_are_shown_and_nothing_is_claimed(copy: Path, whole: dict[str, Any]) -> None:
    (copy / STREAM / "iperf3.stdout").unlink()
    comparison = compared(copy)
    stream = of(comparison, "tcp_stream")
    assert [one["ratio"] for one in stream["figures"]] == [one["ratio"] for one in of(whole, "tcp_stream")["figures"]]
    assert claims(stream) == []
    refused = next(one for one in stream["figures"] if one["verdict"]["refused"])
    assert "runs are not verified (b01-vhost-tcp_stream: its raw output iperf3.stdout is" in str(refused["verdict"])
    assert of(comparison, "tcp_rr") == of(whole, "tcp_rr")


def test_unlike_conditions_take_all_claims_of_their_workload(copy: Path) -> None:
    for path in copy.glob("b*-vhost-tcp_stream"):
        change(copy, path.name, lambda run: run["factor"].update(mtu=9000))
    comparison = compared(copy)
    assert claims(of(comparison, "tcp_stream")) == []
    assert "mtu is not the same in all runs" in _markdown.render(comparison)


def test_what_is_missing_is_named_at_the_head(copy: Path) -> None:
    shutil.rmtree(copy / STREAM)
    comparison = compared(copy)
    for form in forms(comparison):
        assert "Verified: 87 of 87 runs, 23 of 24 planned cells" in form
        assert f"planned and not there: {STREAM} (block 1, vhost)" in form


def test_a_stale_copy_is_not_averaged_in(copy: Path, whole: dict[str, Any]) -> None:
    shutil.copytree(copy / STREAM, copy / f"{STREAM}.bak")
    shutil.copytree(copy / "b02-vhost-tcp_rr", copy / "more" / "b02-vhost-tcp_rr")
    comparison = compared(copy)
    assert comparison["workloads"] == whole["workloads"]
    assert len(comparison["refused"]) == 2

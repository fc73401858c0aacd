# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A load that stood still for a part of its window: said beside its rate, and what is left of it is not judged."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._comparison import compare
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._two_campaigns import compare_campaigns
from ansible_collections.virtio.lab.plugins.plugin_utils._report import _markdown, _terminal
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._metrics import read

from ..conftest import make_run, make_variants

Document = dict[str, Any]


def trips(tps: float, mean: float) -> Document:
    latency = {"mean": mean, "p50": mean, "p90": mean, "p99": 1.2 * mean, "max": 9 * mean}
    return {"tps": tps, "latency_us": latency, "cpu_us_per_txn": 500.0, "gbps": None, "cpu_ns_per_byte": None}


def lossy(tps: float = 280.0, campaign: str = "made-up") -> list[Document]:
    """Vhost loses one reply in 200 and waits a second for it, as CASES M11 has it; its own mean is that of the rest."""
    runs = make_variants({"first": 1.0, "lossy": 1.0}, workload="tcp_rr")
    for run in runs:
        bad = run["factor"]["variant"] == "lossy"
        run["campaign_id"] = campaign
        run["summary"].update(trips(tps, 500.0) if bad else trips(1803.0, 554.0))
        run["summary"]["tps"] *= 1 + run["block"] / 1000 + (run["factor"]["arm"] == "aa") * (-1) ** run["block"] / 2000
    return runs


def rows(comparison: Document) -> dict[str, Document]:
    return {row["metric"]: row for row in comparison["workloads"][0]["figures"]}


@pytest.mark.parametrize(
    ("samples", "found"),
    [
        ([8e6] * 4, 0.0),
        ([8e6, 0, 100, 8e6], 0.5),
        ([8e6, None], None),
        ([], None),
    ],
)
def test_seconds_in_which_not_one_message_moved(samples: list[Any], found: float | None) -> None:
    run = make_run("tcp_stream_to_guest", "vhost", 1, gbps=0.008)
    run["workload"]["message_bytes"] = 131072
    run["samples"] = [{"throughput_bps": rate} for rate in samples]
    value, why = read(run, "stalled")
    assert value == found
    assert (why is None) is (found is not None)


def test_the_window_that_no_transaction_fills() -> None:
    run = make_run("tcp_rr", "vhost", 1, **trips(280.0, 500.0))
    assert read(run, "stalled")[0] == pytest.approx(0.86)
    assert read(make_run("tcp_rr", "vhost", 1, **trips(2004.0, 500.0)), "stalled") == (0.0, None)


def test_latency_and_cost_of_what_was_answered_are_not_judged() -> None:
    found = compare(lossy())
    figures = rows(found)
    for name in ("latency_us.p99", "cpu_us_per_txn"):
        assert figures[name]["verdict"]["text"] == "not judged"
        assert "it stood still for most of the window: 86 % on lossy" in str(figures[name]["verdict"]["reasons"])
    assert figures["tps"]["verdict"]["word"] == "slower"
    (flag,) = [flag for flag in figures["tps"]["flags"] if flag["kind"] == "stalled"]
    assert flag["text"].startswith(
        "lossy stood still for more than 5 % of the window in 8 of 8 runs, 86 % in b01-lossy"
    )
    assert "stood still 85." in _markdown.render(found)
    assert "lossy stood still for more than 5 %" in " ".join(_terminal.render(found))


def test_a_candidate_that_stands_still_is_no_pass_of_the_gate() -> None:
    whole = compare_campaigns(lossy(1990.0, "before"), lossy(1990.0, "after"))
    assert [row["metric"] for row in whole["undecided"]] == []
    found = compare_campaigns(lossy(1990.0, "before"), lossy(280.0, "after"), "lossy")
    assert found["outcome"] == "regression"
    assert {row["metric"] for row in found["regressions"]} == {"tps"}
    assert {row["metric"] for row in found["undecided"]} >= {"latency_us.p99", "cpu_us_per_txn"}


def test_a_few_seconds_are_flagged_and_the_rest_is_judged() -> None:
    found = rows(compare(lossy(1800.0)))
    assert found["latency_us.p99"]["verdict"]["text"] != "not judged"
    assert [flag["kind"] for flag in found["latency_us.p99"]["flags"]].count("stalled") == 1

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Latency as a distribution or as marks; ratios; sweeps over sizes and queues; CPU and calls."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._comparison import compare
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._latency import steps
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._ratios import axis_edge

from ...conftest import make_campaign, make_run
from .pictures import absent, drawn, inside, panels, points, with_the_arm

HISTOGRAM = {"bounds_us": [0, 10, 20, 40], "counts": [0, 90, 10]}


def trips(blocks: int = 2) -> list[dict[str, Any]]:
    return [run for run in make_campaign(blocks) if run["workload"]["name"] == "tcp_rr"]


def test_percentiles_without_a_histogram_are_marks_of_each_run_that_nothing_joins() -> None:
    chart = drawn(trips(2), "latency")
    panel = panels(chart)["tcp_rr"]
    assert panel["mark"]["type"] == "point"
    assert "line" not in set(inside(chart.spec, "type"))
    assert [us for path, row, us in points(panel, "series", "row", "us") if (path, row) == ("vhost", "99 %")] == [
        2400.0, 2700.0,
    ]  # fmt: skip
    assert "each mark is the percentile of one run" in chart.caption
    assert "never averaged" in chart.caption
    assert [row[2] for row in chart.table.rows] == [
        "tcp_rr-qemu-1", "tcp_rr-qemu-2", "tcp_rr-vhost-1", "tcp_rr-vhost-2",
    ]  # fmt: skip


def test_histograms_are_drawn_as_one_distribution_of_all_runs() -> None:
    runs = trips(2)
    for run in runs:
        run["latency_histogram"] = copy.deepcopy(HISTOGRAM)
    chart = drawn(runs, "latency")
    panel = panels(chart)["tcp_rr"]
    assert panel["mark"]["interpolate"] == "step-after"
    assert [(us, nines) for path, us, nines in points(panel, "series", "us", "nines") if path == "qemu"] == [
        (10, 0), (20, pytest.approx(1.0)), (40, pytest.approx(math.log10(200))),
    ]  # fmt: skip
    assert "the sum of their histograms" in chart.caption
    assert "all 2 together" in [row[2] for row in chart.table.rows]


def test_one_run_without_a_histogram_makes_marks_of_its_datapath() -> None:
    runs = trips(2)
    for run in runs:
        run["latency_histogram"] = None
    runs[0]["latency_histogram"] = copy.deepcopy(HISTOGRAM)
    assert "each mark is the percentile of one run" in drawn(runs, "latency").caption


def test_single_packets_for_teaching_are_drawn_and_said_to_be() -> None:
    runs = trips(1)
    for run in runs:
        run["workload"] |= {"tool": "hping3", "name": "ping"}
        run["latency_histogram"] = copy.deepcopy(HISTOGRAM)
    chart = drawn(runs, "latency")
    assert list(panels(chart)) == ["ping"]
    assert "ping: single packets timed for teaching, compared nowhere." in chart.caption


def test_an_empty_histogram_is_none() -> None:
    runs = trips(1)
    for run in runs:
        run["latency_histogram"] = {"bounds_us": [0, 10], "counts": [0]}
        run["summary"]["latency_us"] = None
    assert absent(runs, "latency") == "no run timed round trips"


@example(counts=[4, 1])
@given(counts=st.lists(st.integers(0, 1000), min_size=1, max_size=40).filter(any))
def test_a_distribution_rises_to_the_last_round_trip_but_one(counts: list[int]) -> None:
    found = list(steps({"bounds_us": [2.0**power for power in range(len(counts) + 1)], "counts": counts}))
    rising = [point["nines"] for point in found]
    assert rising == sorted(rising)
    assert rising[0] == 0
    assert all(math.isfinite(nines) for nines in rising)
    assert [point["us"] for point in found] == sorted({point["us"] for point in found})


def test_the_axis_of_ratios_holds_every_ratio_also_where_an_interval_has_no_end() -> None:
    assert axis_edge([{"ratio": 0.08, "low": 0.0001, "high": 900}]) == 100.0
    assert axis_edge([{"ratio": 0.08, "low": 0.03, "high": 0.24}, {"ratio": 1, "low": 0.9, "high": 1.1}]) == 100.0
    assert axis_edge([{"ratio": 5000, "low": None, "high": None}]) == 100.0


@pytest.mark.parametrize(
    ("low", "high", "edge"), [(0.9, 1.3, 1.5), (0.6, 1.1, 2.0), (0.5, 4.0, 5.0), (0.0001, 1.0, 10.0), (None, None, 1.5)]
)
def test_the_axis_of_ratios_is_the_narrowest_that_holds_them(low: float, high: float, edge: float) -> None:
    assert axis_edge([{"ratio": 1.05, "low": low, "high": high}]) == edge


def test_the_forest_has_every_ratio_its_interval_and_the_band() -> None:
    chart = drawn(with_the_arm(6), "ratios")
    panels_ = {panel["title"]["text"]: panel for panel in chart.spec["vconcat"]}
    assert list(panels_) == [row[0] for row in chart.table.rows]
    for panel in panels_.values():
        rows = points(panel, "row", "ratio", "low", "high")
        assert {row for row, *_values in rows} == {"vhost", "qemu again"}
        assert all(low <= ratio <= high for _row, ratio, low, high in rows)
    assert {band.get("datum") for band in inside(chart.spec, "x")} >= {1 / 1.03, 1}
    assert "±3 %" in chart.caption
    assert not {"–", "detail"} & {row[3] for row in chart.table.rows}


def sweep(sizes: tuple[int, ...] = (64, 1024, 16384)) -> list[dict[str, Any]]:
    runs = []
    for size in sizes:
        for block in (1, 2):
            for datapath, factor in (("qemu", 1.0), ("vhost", 1.25)):
                run = make_run(f"bulk_{size}", datapath, block, gbps=size / 1000 * factor, cpu_ns_per_byte=100 / size)
                run["workload"]["message_bytes"] = size
                runs.append(run)
    return runs


def test_a_sweep_is_one_row_of_rate_cost_and_ratio_by_size() -> None:
    chart = drawn(sweep(), "sizes")
    rate, cost, ratio = chart.spec["concat"]
    assert [panel["title"]["subtitle"] for panel in (rate, cost, ratio)] == [
        "throughput, Gb/s", "CPU per byte, ns", "vhost ÷ qemu",
    ]  # fmt: skip
    assert rate["title"]["text"] == "bulk"
    assert rate["encoding"]["x"]["axis"]["values"] == [64, 1024, 16384]
    assert rate["encoding"]["y"]["scale"]["type"] == "log"
    assert points(ratio, "x", "ratio") == [(size, pytest.approx(1.25)) for size in (64, 1024, 16384)] * 2


def test_sizes_of_differently_named_workloads_are_no_sweep() -> None:
    runs = sweep((64, 1024))
    for run in runs:
        run["workload"]["name"] = f"other{run['workload']['message_bytes']}"
    assert absent(runs, "sizes") == "no workload was measured with more than one message size"
    assert absent(sweep((64,)), "sizes") == "no workload was measured with more than one message size"


def by_queues(*numbers: int | None) -> list[dict[str, Any]]:
    runs = []
    for number in numbers:
        for run in sweep((64,)):
            run["factor"]["queues"] = number
            run["run_id"] += f"-{number}"
            runs.append(run)
    return runs


def test_queues_are_set_beside_each_other_where_there_are_several() -> None:
    rate, _cost, ratio = drawn(by_queues(1, 2, 4), "queues").spec["concat"]
    assert rate["encoding"]["x"]["axis"]["values"] == [1, 2, 4]
    assert rate["encoding"]["y"]["scale"] == {"zero": True}
    assert {x for (x,) in points(ratio, "x")} == {1, 2, 4}


def test_workloads_of_one_list_of_queues_are_one_row() -> None:
    runs = by_queues(4, 1)
    for run in runs:
        run["workload"]["name"] = f"flows_q{run['factor']['queues']}_64"
        run["started_at"] = f"2026-01-0{5 - run['factor']['queues']}T00:00:00Z"
    comparison = compare(runs)
    assert [row["name"] for row in comparison["queues"]["workloads"]] == ["flows_64"]
    assert [workload["name"] for workload in comparison["workloads"]] == ["flows_q1_64", "flows_q4_64"]


def test_other_workloads_of_a_like_name_are_another_row() -> None:
    runs = by_queues(1, 4)
    for run in runs:
        run["workload"]["name"] = f"flows_q{run['factor']['queues']}"
        run["workload"]["streams"] = run["factor"]["queues"]
    assert compare(runs)["queues"]["workloads"] == []


@pytest.mark.parametrize(
    ("numbers", "why"),
    [
        ((1,), "every run had the same number of queues, 1"),
        ((None,), "no run says how many queues its interface had"),
    ],
)
def test_one_number_of_queues_is_no_scaling(numbers: tuple[int | None, ...], why: str) -> None:
    assert absent(by_queues(*numbers), "queues") == why


def test_queues_that_only_differ_between_workloads_are_no_scaling() -> None:
    runs = sweep((64, 1024))
    for run in runs:
        run["factor"]["queues"] = 1 if run["workload"]["message_bytes"] == 64 else 4
    assert absent(runs, "queues") == "every run of a workload had the same number of queues, 1 or 4"


def test_cpu_is_stacked_by_class_in_the_order_of_the_classes() -> None:
    chart = drawn(make_campaign(2), "cpu")
    panel = panels(chart)["tcp_stream_to_guest"]
    stack = points(panel, "arm", "class", "order")
    assert sorted(stack, key=lambda entry: (entry[0], entry[2])) == [
        ("qemu", "vcpu", 0), ("qemu", "main", 2), ("vhost", "vcpu", 0), ("vhost", "vhost", 1), ("vhost", "main", 2),
    ]  # fmt: skip
    assert panel["encoding"]["color"]["scale"]["domain"] == ["vcpu", "vhost", "main"]
    assert [key.name for key in chart.legend] == ["vcpu", "vhost", "main"]


def test_calls_stand_side_by_side_the_most_frequent_first() -> None:
    chart = drawn(make_campaign(1), "syscalls-ioctls")
    assert chart.spec["encoding"]["y"]["sort"] == ["ioctl", "ppoll", "read", "writev"]
    assert ("writev", "vhost", 0) in points(chart.spec, "name", "arm", "value")

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pictures in which a mark is a run: slopes, rate against CPU, drift, the timeline, events a packet."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._blocks import BLOCKS_DRAWN
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._efficiency import LINES, round_between
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._read import some_of
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._timeline import MOST

from ...conftest import make_campaign, make_run
from .pictures import absent, drawn, inside, panels, points, with_the_arm

STREAM = "tcp_stream_to_guest"


def test_a_slope_is_one_block_from_the_arm_over_the_baseline_to_the_candidate() -> None:
    panel = panels(drawn(with_the_arm(2), "blocks"))[STREAM]
    assert points(panel, "block", "column", "series", "value", "worse") == [
        (1, "A/A", "qemu again (A/A)", pytest.approx(1.0605), False), (1, "qemu", "qemu", 1.05, False),
        (1, "vhost", "vhost", pytest.approx(1.26), False),
        (2, "A/A", "qemu again (A/A)", pytest.approx(1.111), False), (2, "qemu", "qemu", 1.1, False),
        (2, "vhost", "vhost", pytest.approx(1.32), False),
    ]  # fmt: skip
    line, marks = panel["layer"]
    assert line["encoding"]["detail"] == {"field": "block"}
    assert panel["encoding"]["x"]["scale"]["domain"] == ["A/A", "qemu", "vhost"]
    assert marks["encoding"]["shape"]["scale"]["range"] == ["circle", "circle", "square"]
    assert marks["encoding"]["fill"]["scale"]["range"] == ["var(--arm-0)", "transparent", "var(--arm-1)"]


def test_without_the_arm_a_slope_has_two_ends_and_the_caption_is_silent_about_it() -> None:
    chart = drawn(make_campaign(2), "blocks")
    assert panels(chart)[STREAM]["encoding"]["x"]["scale"]["domain"] == ["qemu", "vhost"]
    assert "A/A" not in chart.caption
    assert "do not begin at 0" in chart.caption


def test_worse_is_lower_for_a_rate_and_higher_for_a_cost() -> None:
    runs = [
        make_run("a", "qemu", 1, gbps=2.0, cpu_ns_per_byte=3.0),
        make_run("a", "vhost", 1, gbps=1.0, cpu_ns_per_byte=4.0),
    ]
    chart = drawn(runs, "blocks")
    assert [value for panel in chart.spec["concat"] for (value,) in points(panel, "worse")] == [True] * 4
    assert "worse in 1" in chart.label
    assert "in 1 block," in chart.label


def test_of_many_blocks_some_are_drawn_and_it_is_said() -> None:
    chart = drawn(make_campaign(BLOCKS_DRAWN + 5), "blocks")
    assert len(set(points(panels(chart)[STREAM], "block"))) == BLOCKS_DRAWN
    assert f"Of up to {BLOCKS_DRAWN + 5} blocks {BLOCKS_DRAWN} are drawn" in chart.caption
    assert len(chart.table.rows) == 4 * (BLOCKS_DRAWN + 5)


def test_busy_cores_are_the_rate_times_its_cost() -> None:
    runs = [
        make_run(STREAM, "qemu", 1, gbps=10.0, cpu_ns_per_byte=1.6),
        make_run("tcp_rr", "vhost", 1, tps=20_000.0, cpu_us_per_txn=75.0),
    ]
    found = panels(drawn(runs, "efficiency"))
    (stream,), (trips,) = (points(found[name], "series", "cores", "per_core") for name in (STREAM, "tcp_rr"))
    assert stream == ("qemu", pytest.approx(2.0), pytest.approx(5.0))
    assert trips == ("vhost", pytest.approx(1.5), pytest.approx(13333.3, rel=1e-5))


def test_along_a_line_the_rate_per_core_is_the_one_written_at_its_end() -> None:
    panel = panels(drawn(with_the_arm(), "efficiency"))["tcp_rr"]
    ends = set(points(panel, "cores", "value", "label"))
    assert len(ends) >= 2
    for cores, value, label in ends:
        assert value / cores == pytest.approx(float(label.replace(",", "")))


@pytest.mark.parametrize(("most", "said"), [(3, ""), (4, " Of up to 4 runs of a variant 3 are drawn, evenly chosen.")])
def test_that_only_some_are_drawn_is_said_where_it_is_so(most: int, said: str) -> None:
    assert some_of([1, most], 3) == said
    assert some_of([], 3) == ""


def test_a_rate_without_its_cost_is_not_set_against_it() -> None:
    runs = [make_run(STREAM, "qemu", 1, gbps=10.0)]
    assert absent(runs, "efficiency") == "no run has both a rate and its CPU cost"


@given(low=st.floats(1e-6, 1e9), factor=st.floats(2.6, 1e4))
def test_lines_are_round_few_and_around_the_points(low: float, factor: float) -> None:
    found = round_between(low, low * factor)
    assert 3 <= len(found) <= LINES
    assert all(low <= value <= low * factor for value in found)


def test_drift_follows_the_order_of_the_runs_from_the_median_of_each_arm() -> None:
    chart = drawn(with_the_arm(2), "drift")
    found = points(panels(chart)[STREAM], "series", "order", "percent")
    assert [order for _series, order, _percent in found] == [1, 2, 3, 4, 5, 6]
    again = [percent for series, _order, percent in found if series == "qemu again (A/A)"]
    assert again == [pytest.approx(-2.33, abs=0.01), pytest.approx(2.33, abs=0.01)]
    assert "No drift is flagged" in chart.caption


def test_a_drift_that_is_flagged_is_named() -> None:
    runs = [
        make_run(STREAM, datapath, block, gbps=10.0 * (1 + block / 20), cpu_ns_per_byte=1.0)
        for block in range(1, 11)
        for datapath in ("qemu", "vhost")
    ]
    assert f"Flagged: {STREAM}: qemu drifts by" in drawn(runs, "drift").caption


def test_one_run_has_no_order() -> None:
    assert absent([make_run(STREAM, "qemu", 1, gbps=1.0)], "drift") == "no workload has two runs with a rate"


def test_the_warm_up_is_shaded_before_0_and_the_windows_follow() -> None:
    chart = drawn(with_the_arm(1), "timeline")
    panel = panels(chart)[STREAM]
    assert points(panel, "from", "to") == [(-2, 0)]
    seconds = [second for series, second, _gbps in points(panel, "series", "t_s", "gbps") if series == "vhost"]
    assert seconds == [0, 1, 2, 3, 4, 5]
    dashes = next(inside(panel["layer"][-1], "strokeDash"))["scale"]
    assert dict(zip(dashes["domain"], dashes["range"], strict=True))["qemu again (A/A)"] == [4, 3]
    assert "tcp_rr" not in panels(chart)
    assert "Dashed lines are the A/A arm." in chart.caption


def test_busy_cores_stand_beside_the_throughput_and_alone_where_there_is_none() -> None:
    runs = make_campaign(1)
    for run in runs:
        if run["workload"]["name"] == "tcp_rr":
            run["samples"] = [
                {"t_s": 2, "throughput_bps": None, "softirq_ns": None, "cpu_ns": {"vcpu": 1e9, "main": 2e9}}
            ]
    chart = drawn(runs, "timeline")
    moved, spent, trips = chart.spec["concat"]
    assert [panel["title"]["subtitle"] for panel in (moved, spent, trips)] == [
        "throughput, Gb/s", "busy cores", "busy cores",
    ]  # fmt: skip
    assert points(trips, "series", "t_s", "cores") == [
        (arm, second, 1.5) for arm in ("vhost", "qemu") for second in (0, 2)
    ]
    assert "CPU alone, since the tool tells no rate every second: tcp_rr." in chart.caption


def test_of_datagrams_what_was_sent_and_what_arrived_are_apart() -> None:
    runs = make_campaign(1)
    assert "what was sent" not in drawn(runs, "timeline").caption
    for run in runs:
        run["workload"]["proto"] = "udp"
    chart = drawn(runs, "timeline")
    assert f"Lines are what was sent, dots at the edge the mean of what was received: {STREAM}." in chart.caption
    panel = panels(chart)[STREAM]
    assert panel["title"]["subtitle"] == "sent, Gb/s"
    (received,) = [layer["data"]["values"] for layer in panel["layer"] if layer["mark"]["type"] == "point"]
    assert [(row["series"], row["t_s"]) for row in received] == [("qemu", 5), ("vhost", 5)]
    for run in runs:
        run["workload"]["direction"] = "guest_to_host"
    assert panels(drawn(runs, "timeline"))[STREAM]["title"]["subtitle"] == "received, Gb/s"


def test_without_a_warm_up_nothing_is_shaded() -> None:
    runs = make_campaign(1)
    for run in runs:
        run["workload"]["warmup_s"] = 0
    assert points(panels(drawn(runs, "timeline"))[STREAM], "from") == []


def test_of_many_runs_some_lines_are_drawn_and_it_is_said() -> None:
    blocks = MOST + 3
    chart = drawn(make_campaign(blocks), "timeline")
    assert len(set(points(panels(chart)[STREAM], "run"))) == 2 * MOST
    assert f"Of {2 * blocks} runs {2 * MOST} are drawn" in chart.caption


def test_a_campaign_without_windows_says_so() -> None:
    runs = [run for run in make_campaign(1) if run["workload"]["name"] == "tcp_rr"]
    assert absent(runs, "timeline") == "no run was sampled every second"


def counted(runs: list[dict[str, Any]], **figures: float) -> list[dict[str, Any]]:
    for run in runs:
        run["summary"] |= figures
        for name in figures:
            run["missing"].pop(f"summary.{name}", None)
    return runs


def test_events_a_packet_are_points_with_their_median_by_what_was_counted() -> None:
    runs = make_campaign(2)
    counted([run for run in runs if run["workload"]["tool"] == "iperf3"], kicks_per_packet=0.25)
    counted([run for run in runs if run["workload"]["tool"] == "strace"], syscalls_per_packet=1.5)
    chart = drawn(runs, "packets")
    found = {panel["title"]: panel for panel in chart.spec["concat"]}
    assert set(found) == {"guest kicks a packet", "system calls a packet"}
    kicks = points(found["guest kicks a packet"], "row", "series", "value", "is_median")
    assert kicks == [
        (STREAM, arm, 0.25, median) for arm in ("qemu", "vhost") for median in (False, False, True)
    ]  # fmt: skip
    assert {row for (row,) in points(found["system calls a packet"], "row")} == {"syscalls (strace)"}
    assert "No run counted KVM exits (exits_per_packet is not measured here)." in chart.caption


def test_what_no_run_counted_is_said_with_the_reason() -> None:
    assert absent(make_campaign(1), "packets") == (
        "no run counted guest kicks (kicks_per_packet is not measured here), KVM exits (exits_per_packet is not "
        "measured here), system calls (syscalls_per_packet is not measured here)"
    )

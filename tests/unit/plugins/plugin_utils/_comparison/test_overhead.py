# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What measuring cost, from the times in the run documents."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.virtio.lab.plugins.filter.campaign_overhead import campaign_overhead
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._comparison import compare
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._overhead import overhead
from ansible_collections.virtio.lab.plugins.plugin_utils._report import _markdown, _terminal

from ..conftest import make_run, store


def timed(begin: str, end: str, window: float = 30.0, name: str = "tcp_rr", **sampler: float) -> dict[str, Any]:
    run = make_run(name, "vhost", 1, window_s=window)
    run |= {"run_id": f"r-{begin}".replace(":", "-"), "started_at": f"2026-01-01T{begin}Z"}
    run["ended_at"] = f"2026-01-01T{end}Z"
    if sampler:
        run["instrumentation"]["sampler"] = {
            "cpu_s": 0.1, "ticks": 31, "missed_ticks": 0, "latest_tick_s": 0.0, **sampler
        }  # fmt: skip
    return run


RUNS = [
    timed("00:00:00", "00:00:40", core_share=0.01),
    timed("00:00:50.5", "00:01:30", core_share=0.03),
    timed("00:11:30", "00:12:00.000", window=20.0),
]


def test_the_share_is_windows_of_the_wall_time():
    found = overhead(RUNS[::-1], (), "qemu")
    assert found["wall_s"] == pytest.approx(720)
    assert found["windows_s"] == 80
    assert found["share"] == pytest.approx(80 / 720)
    assert found["runs_s"] == pytest.approx(40 + 39.5 + 30)
    assert found["between_s"] == pytest.approx(10.5 + 600)
    assert found["longest_between_s"] == pytest.approx(600)
    assert found["sampler"] == {"runs": 2, "mean": 0.02, "max": 0.03}


def test_a_run_that_is_invalid_took_its_time_and_one_that_tells_no_window_its_duration():
    run = timed("00:00:00", "00:00:10")
    run |= {"valid": False, "summary": {**run["summary"], "window_s": None}}
    found = overhead([run], (), "qemu")
    assert (found["windows_s"], found["share"], found["longest_between_s"]) == (5, 0.5, 0)
    assert found["sampler"] is None
    assert overhead([{**run, "ended_at": run["started_at"]}], (), "qemu")["share"] is None


def test_every_form_says_it(tmp_path):
    sentence = "11 % of 12 min lay in measured windows; 10 min between runs, at most 10 min at a stretch"
    found = compare(RUNS)
    assert sentence in _markdown.render(found)
    assert sentence in " ".join(_terminal.render(found))
    assert "counters took 2 % of a core, at most 3 %." in " ".join(_terminal.render(found))
    assert campaign_overhead(str(store(RUNS, tmp_path))).startswith(f"made-up, 3 runs: {sentence};")
    with pytest.raises(AnsibleFilterError, match="not a directory"):
        campaign_overhead(str(tmp_path / "none"))


def twins(cost: float) -> list[dict[str, Any]]:
    """Six blocks on vhost alone with an A/A arm, each workload with and without samplers."""
    runs = []
    for block in range(1, 7):
        for arm in ("a", "aa"):
            for name, factor in (("tcp_stream", cost), ("tcp_stream_unsampled", 1.0)):
                noise = 1 + 0.002 * ((7 * block + 3 * (arm == "aa") + len(name)) % 5)
                run = make_run(name, "vhost", block, gbps=factor * noise)
                run["factor"]["arm"] = arm
                run["instrumentation"]["samplers"] = not name.endswith("unsampled")
                runs.append({**run, "run_id": f"b{block}-{arm}-{name}"})
    return runs


def test_with_and_without_samplers_stand_beside_the_noise_floor():
    found = compare([*twins(0.9), make_run("tcp_rr", "vhost", 1, tps=1.0)])
    (row,) = found["overhead"]["sampled_or_not"]
    assert (row["workload"], row["without"]) == ("tcp_stream", "tcp_stream_unsampled")
    assert (row["variant"], row["metric"]) == ("vhost", "gbps")
    assert row["ratio"]["ratio"] == pytest.approx(0.9, rel=0.01)
    assert row["ratio"]["high"] < row["aa"]["low"]
    assert "| tcp_stream | tcp_stream_unsampled | vhost | throughput | 0.90× " in _markdown.render(found)
    (row,) = compare(twins(1.0))["overhead"]["sampled_or_not"]
    assert row["ratio"]["low"] <= row["aa"]["high"]


@pytest.mark.parametrize(
    ("part", "key"), [("workload", "message_bytes"), ("factor", "queues"), ("factor", "guest_queues")]
)
def test_other_workloads_are_no_twins(part, key):
    runs = twins(1.0)
    for run in runs:
        if run["instrumentation"]["samplers"]:
            run[part][key] = 64
    assert compare(runs)["overhead"]["sampled_or_not"] == []
    assert "With samplers" not in _markdown.render(compare(runs))

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs that stand for others: swapped, taken from elsewhere, left out, moved in time; and what nobody can find out."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.plugin_utils._verify import _times
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._finding import FALSE, MISSING, UNPROVED
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._verify import require

from ..made_up import figures_again, made_up
from .conftest import RUNS, Document, campaign_of, change, found_in, seal, verified

QEMU, VHOST = "b01-qemu-tcp_stream", "b01-vhost-tcp_stream"


def of(folder: Path, run_id: str, severity: str = FALSE) -> str:
    return "; ".join(verified(folder).of(severity).get(f"{run_id}/run.json", []))


def take_over(folder: Path, run_id: str, output: dict[str, bytes]) -> None:
    """Put that output in the place of the run's own, with all the figures that follow from it."""
    for name, content in output.items():
        (folder / run_id / name).write_bytes(content)
    change(folder, run_id, lambda run: figures_again(folder / run_id, run))


def output(folder: Path, run_id: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / run_id).glob("*.stdout")}


def moved(run: Document, by_s: float) -> None:
    for name in ("started_at", "ended_at"):
        moment = datetime.fromisoformat(run[name]) + timedelta(seconds=by_s)
        run[name] = moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


# Output of another run


def test_two_runs_that_are_swapped_between_arms(campaign: Path) -> None:
    first, second = output(campaign, QEMU), output(campaign, VHOST)
    take_over(campaign, QEMU, second)
    take_over(campaign, VHOST, first)
    for run_id in (QEMU, VHOST):
        assert "iperf3 began at 2026-11-21T17:0" in of(campaign, run_id)


def test_output_of_another_run_with_a_space_more(campaign: Path) -> None:
    """Its SHA-256 is another, and it tells the same."""
    for first, second in ((VHOST, "b02-vhost-tcp_stream"), ("b01-vhost-tcp_rr", "b02-vhost-tcp_rr")):
        theirs = {name: content + b"\n" for name, content in output(campaign, first).items()}
        take_over(campaign, second, theirs)
        assert f"its raw output is that of {first} too" in of(campaign, second)


def test_output_of_another_day(campaign: Path, tmp_path: Path) -> None:
    told = json.loads(output(campaign, VHOST)["iperf3.stdout"])
    told["start"]["timestamp"]["timesecs"] += 86400
    told["start"]["cookie"] = "another"
    take_over(campaign, VHOST, {"iperf3.stdout": json.dumps(told).encode()})
    assert "iperf3 began at 2026-11-22T17:" in of(campaign, VHOST)


# Time


def test_a_run_that_is_moved_in_time(campaign: Path) -> None:
    change(campaign, "b01-vhost-tcp_rr", lambda run: moved(run, -8))
    assert f"measured while {VHOST} was" in of(campaign, "b01-vhost-tcp_rr")
    change(campaign, "b01-vhost-tcp_rr", lambda run: moved(run, 8 + 3600))
    assert "not measured in its place of the plan" in of(campaign, "b01-vhost-tcp_rr", UNPROVED)
    change(campaign, VHOST, lambda run: moved(run, 3600 + 60))
    assert "iperf3 began at" in of(campaign, VHOST)


def test_two_runs_of_one_boot_that_change_places_in_time(campaign: Path) -> None:
    first, second = "b01-vhost-tcp_rr", "b01-vhost-udp_small"
    times = [json.loads((campaign / run / "run.json").read_bytes())["started_at"] for run in (first, second)]
    apart = (datetime.fromisoformat(times[1]) - datetime.fromisoformat(times[0])).total_seconds()
    change(campaign, first, lambda run: moved(run, apart))
    change(campaign, second, lambda run: moved(run, -apart))
    assert "ns before it, and" in of(campaign, first)


def test_a_thread_that_had_used_more_before(campaign: Path) -> None:
    def fall(run: Document) -> None:
        run["witness"]["middle"]["threads"] = run["witness"]["before"]["threads"]
        run["witness"]["before"]["threads"] = run["witness"]["after"]["threads"]

    change(campaign, VHOST, fall)
    assert "ns earlier in the run" in of(campaign, VHOST)


@pytest.mark.parametrize(
    ("numbers", "rest"),
    [([], []), ([3], []), ([1, 2, 3], []), ([1, 9, 2, 3], [1]), ([5, 1, 2], [0]), ([1, 2, 0], [2]), ([2, 1], [0])],
)
def test_who_is_out_of_order_is_the_fewest(numbers: list[int], rest: list[int]) -> None:
    assert sorted(set(range(len(numbers))) - _times._longest_rise(numbers)) == rest


# The campaign


def test_a_whole_block_that_is_left_out(campaign: Path) -> None:
    whole = campaign_of(campaign)
    for path in campaign.glob("b02-*"):
        shutil.rmtree(path)
    found = verified(campaign)
    assert len(found.of(MISSING)["campaign.json"]) == 3
    assert found.sentence().startswith(f"verified: {RUNS // 2} of {RUNS // 2} runs, 3 of 6 planned cells")
    # With a plan to fit, nothing is left that would tell, but that nobody sealed it.
    kept = {"schema": "virtio.lab/campaign/1", "campaign": {**whole, "blocks": 1}}
    (campaign / "campaign.json").write_text(json.dumps(kept))
    found = verified(campaign)
    assert found.findings == ()
    assert found.sentence().endswith("not sealed, unsigned")
    assert "is not sealed" in require(found, ["sealed"]).findings[0].what


@pytest.mark.parametrize(
    "edited",
    [
        {"quiet": {"foreign_cpu": 1}},
        {"stop_at_width": 0.9},
        {"blocks": 3},
        {"seed": 7},
        {"datapaths": ["vhost", "qemu"]},
    ],
)
def test_a_sealed_plan_that_is_edited(sealed: Path, edited: dict[str, Any]) -> None:
    path = sealed / "campaign.json"
    kept = json.loads(path.read_bytes())
    kept["campaign"].update(edited)
    path.write_text(json.dumps(kept))
    found = verified(sealed)
    assert "the plan is not the one that the first run was recorded under" in found.of(FALSE)["campaign.json"]
    assert found.seal == "seal broken"


def test_two_campaigns_in_one_folder(campaign: Path) -> None:
    change(campaign, VHOST, lambda run: run.update(campaign_id="other"))
    assert "its runs are of 2 campaigns: other, sample-" in verified(campaign).of(FALSE)["campaign.json"][0]


def test_the_better_of_two_campaigns(campaign: Path) -> None:
    """Runs of a second campaign by the same lab file, under the name of the first."""
    told = json.loads(output(campaign, VHOST)["iperf3.stdout"])
    told["start"]["timestamp"]["timesecs"] += 86400
    told["start"]["cookie"] = "another"

    def booted_later(run: Document) -> None:
        moved(run, 86400)
        run["factor"]["boot_id"] = "7-8640000"
        for moment in ("before", "middle", "after"):
            run["witness"][moment]["pid"] = 7

    change(campaign, VHOST, booted_later)
    take_over(campaign, VHOST, {"iperf3.stdout": json.dumps(told).encode()})
    assert of(campaign, VHOST) == ""
    assert "not measured in its place of the plan, and may be another try" in of(campaign, VHOST, UNPROVED)


def test_a_campaign_that_is_made_up_from_end_to_end_is_nobodys(tmp_path: Path) -> None:
    """All of its output, its figures and its seal fit: what is left is whose word it is."""
    found = verified(seal(made_up(tmp_path / "fast", "fast", 1.5)))
    assert found.findings == ()
    assert found.sentence() == "verified: 88 of 88 runs, 24 of 24 planned cells; sealed, unsigned"
    assert "the campaign is not signed" in require(found, ["sealed", "signed"]).findings[0].what


def test_the_runs_of_a_real_campaign_are_in_their_order(campaign: Path) -> None:
    plan = [one.run_id for one in sorted(found_in(campaign), key=lambda one: str(one.document["started_at"]))]
    assert list(_times.out_of_order(plan, found_in(campaign))) == []
    assert list(_times.overlaps(found_in(campaign))) == []
    assert list(_times.backwards(found_in(campaign))) == []

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times that cannot have been, keys that are written twice, and runs of another lab."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._found import digest
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._twice import twice
from ansible_collections.virtio.lab.plugins.plugin_utils._verify import _raw, _times
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._finding import FALSE, UNPROVED

from .conftest import RUNS, SAMPLE, Document, campaign_of, change, found_in, verified
from .test_other_runs import QEMU, VHOST, moved, of, output, take_over

DAY = 86400


def told(folder: Path, run_id: str) -> Document:
    return dict(json.loads(output(folder, run_id)["iperf3.stdout"]))


def say(folder: Path, run_id: str, content: bytes) -> None:
    """Put that into the place of what iperf3 said, whose figures it has."""
    (folder / run_id / "iperf3.stdout").write_bytes(content)
    change(folder, run_id, lambda run: run["raw"][0].update(path="iperf3.stdout", sha256=digest(content)))


def in_order(folder: Path) -> list[str]:
    return [one.run_id for one in sorted(found_in(folder), key=lambda one: str(one.document["started_at"]))]


# Times


def test_every_run_that_a_longer_one_hides(campaign: Path) -> None:
    """Neighbours by their begins alone would name the first of them."""
    first, second, third, *_rest = in_order(campaign)
    ended = json.loads((campaign / third / "run.json").read_bytes())["ended_at"]
    change(campaign, first, lambda run: run.update(ended_at=ended))
    assert f"measured while {second} was" in of(campaign, first)
    assert f"measured while {third} was" in of(campaign, first)
    for hidden in (second, third):
        assert f"measured while {first} was" in of(campaign, hidden)


@pytest.mark.parametrize("written", [1763744500.5, "1763744500", True, [1]])
def test_a_begin_that_iperf3_would_not_write(campaign: Path, written: Any) -> None:
    said = told(campaign, VHOST)
    said["start"]["timestamp"]["timesecs"] = written
    take_over(campaign, VHOST, {"iperf3.stdout": json.dumps(said).encode()})
    assert "it writes whole seconds" in of(campaign, VHOST)


@pytest.mark.parametrize("lacking", ["timesecs", "timestamp", "start"])
def test_output_that_does_not_say_when_it_was_made(campaign: Path, lacking: str) -> None:
    said = told(campaign, VHOST)
    {"timesecs": said["start"]["timestamp"], "timestamp": said["start"], "start": said}[lacking].pop(lacking)
    take_over(campaign, VHOST, {"iperf3.stdout": json.dumps(said).encode()})
    assert of(campaign, VHOST) == ""
    assert "does not say when iperf3 began" in of(campaign, VHOST, UNPROVED)


def test_each_of_several_processes_is_asked_when_it_began(campaign: Path) -> None:
    run = json.loads((campaign / VHOST / "run.json").read_bytes())
    first, second = told(campaign, VHOST), told(campaign, VHOST)
    second["start"]["timestamp"]["timesecs"] += DAY
    files = {"iperf3.stdout": json.dumps(first).encode(), "iperf3-2.stdout": json.dumps(second).encode()}
    _figures, starts = _raw.figures_in({**run["workload"], "processes": 2}, files)
    assert [len(list(_times.of_output(run, start))) for start in starts] == [0, 1]


def later(folder: Path, run_id: str, seconds: int) -> None:
    change(folder, run_id, lambda run: moved(run, seconds))
    if "iperf3.stdout" in output(folder, run_id):
        said = told(folder, run_id)
        said["start"]["timestamp"]["timesecs"] += seconds
        say(folder, run_id, json.dumps(said).encode())


def test_a_block_that_is_said_to_be_of_another_day(campaign: Path) -> None:
    """QEMU tells how long the host had been up when it was started, and that is minutes after the block before."""
    block = [run_id for run_id in in_order(campaign) if run_id.startswith("b02-")]
    for run_id in block:
        later(campaign, run_id, DAY)
    found = verified(campaign)
    assert found.of(FALSE) == {}
    unproved = found.of(UNPROVED)
    assert {path[:3] for path in unproved} == {"b01", "b02"}  # either may be it
    assert {path.rpartition("-")[2] for path in unproved} >= {"tcp_stream/run.json", "tcp_rr/run.json"}
    assert all("its QEMU was started 24." in "; ".join(what) for what in unproved.values())
    # A host that was booted again in between has been up for less; one that was not had a day more.
    for run_id in block:
        change(campaign, run_id, lambda run: run["factor"].update(boot_id=up(run["factor"]["boot_id"], 100 * DAY)))
    assert verified(campaign).findings == ()


def up(boot_id: str, ticks: int) -> str:
    pid, _dash, since = boot_id.partition("-")
    return f"{pid}-{int(since) + ticks}"


def test_a_host_that_was_booted_again(campaign: Path) -> None:
    block = [run_id for run_id in in_order(campaign) if run_id.startswith("b02-")]
    least = min(int(one.document["factor"]["boot_id"].partition("-")[2]) for one in found_in(campaign)
                if one.document["block"] == 2)  # fmt: skip
    for run_id in block:
        later(campaign, run_id, DAY)
        change(campaign, run_id, lambda run: run["factor"].update(boot_id=up(run["factor"]["boot_id"], 1 - least)))
    assert verified(campaign).findings == ()


def test_the_whole_sample_fits_the_clock_of_its_host() -> None:
    """Though that was set by half an hour meanwhile."""
    assert list(_times.invented(found_in(SAMPLE))) == []


# Keys that are written twice


def rewrite(path: Path, pattern: str, by: str) -> None:
    text, many = re.subn(pattern, by, path.read_text(encoding="utf-8"), count=1)
    assert many == 1
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("decoy", ["", '"note": "\\\\u003a \\\\u003A", '])
def test_a_run_document_with_a_key_twice(campaign: Path, decoy: str) -> None:
    """Who reads the file sees an invalid run, and whoever parses it a valid one."""
    rewrite(campaign / VHOST / "run.json", r"\A\{", f'{{{decoy}"valid": false,')
    assert "valid: written twice in one object" in of(campaign, VHOST)


def test_a_key_twice_deep_inside(campaign: Path) -> None:
    rewrite(campaign / VHOST / "run.json", r'"pps":', '"pps": 1.0, "pps":')
    assert "pps: written twice in one object" in of(campaign, VHOST)


def test_a_plan_with_a_key_twice(campaign: Path) -> None:
    rewrite(campaign / "campaign.json", r'"blocks":', '"blocks": 1, "blocks":')
    assert "'blocks' is written twice" in "; ".join(verified(campaign).of(FALSE)["campaign.json"])


@pytest.mark.parametrize("name", ["sum_received", "bits_per_second", "timesecs", "end"])
def test_output_with_a_key_twice_that_is_read(campaign: Path, name: str) -> None:
    text = output(campaign, VHOST)["iperf3.stdout"].decode()
    twofold = re.sub(f'"{name}":', f'"{name}": 1, "{name}":', text, count=1).encode()
    say(campaign, VHOST, twofold)
    assert f"iperf3.stdout has {name} twice in one object" in of(campaign, VHOST)


def test_output_as_iperf3_writes_it_of_several_streams(campaign: Path) -> None:
    """3.12 adds the sizes of its buffers for each."""
    text = output(campaign, VHOST)["iperf3.stdout"].decode()
    buffers = '"sock_bufsize": 0, "sndbuf_actual": 16384, "rcvbuf_actual": 131072, '
    twofold = text.replace('"test_start":', f'{buffers}{buffers}"test_start":', 1)
    assert twofold != text
    take_over(campaign, VHOST, {"iperf3.stdout": twofold.encode()})
    assert verified(campaign).findings == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": 1, "b": {"a": 2}}', []),
        ('{"a": ":", "b:": "\\u003a"}', []),
        ('{"a": 1, "a": 1}', ["a"]),
        ('[{"a": 1, "b": {"c": 1, "c": {"d": 1, "d": 2}}}]', ["d", "c"]),
        ('{"a": 1, "a": "\\u003a"}', ["a"]),
        ('{"\\u003a": 1, "\\u003a": 1}', [":"]),
        ('{"\\u0061": 1, "a": 1}', ["a"]),
    ],
)
def test_what_is_written_twice(text: str, found: list[str]) -> None:
    assert twice(text.encode(), json.loads(text)) == found


# The lab


def test_runs_of_two_labs(campaign: Path) -> None:
    change(campaign, QEMU, lambda run: run.update(lab="another"))
    assert "its runs are of 2 labs: another, sample" in "; ".join(verified(campaign).of(FALSE)["campaign.json"])


def test_the_campaign_as_it_was_measured_holds(campaign: Path) -> None:
    found = verified(campaign)
    assert found.findings == ()
    assert (found.total, campaign_of(campaign)["blocks"]) == (RUNS, 2)


def test_the_recorder_reads_its_own_documents_as_strictly(campaign: Path) -> None:
    from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _campaign, _results

    rewrite(campaign / VHOST / "run.json", r"\A\{", '{"run_id": "other",')
    with pytest.raises(LabError, match="'run_id' is written twice"):
        _results.finished(campaign / VHOST)
    rewrite(campaign / "campaign.json", r"\A\{", '{"campaign": {},')
    with pytest.raises(LabError, match="'campaign' is written twice"):
        _campaign.kept_in(campaign)

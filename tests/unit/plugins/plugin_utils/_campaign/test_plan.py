# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of a campaign: every datapath once a block, mirrored, the same for the same seed, resumable."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virtio.lab.plugins.filter.campaign_plan import campaign_plan
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _campaign as _kept
from ansible_collections.virtio.lab.plugins.plugin_utils._campaign import _plan
from ansible_collections.virtio.lab.plugins.plugin_utils._campaign._fetch import fetch
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._run_document import validate

RUNS = sorted((Path(__file__).parents[3] / "fixtures" / "runs").glob("*/run.json"))
CAMPAIGN = {
    "seed": 2019,
    "blocks": 2,
    "aa": False,
    "datapaths": ["vhost", "qemu"],
    "workloads": [{"name": "tcp_rr", "tool": "netperf", "test": "tcp_rr"}, {"name": "syscalls", "tool": "strace"}],
}


@given(seed=st.integers(0, 2**32 - 1), blocks=st.integers(1, 40), count=st.integers(1, 5))
def test_every_block_has_every_datapath_once_and_pairs_mirror(seed, blocks, count):
    names = [f"d{number}" for number in range(count)]
    order = _plan.orders(names, blocks, seed)
    assert len(order) == blocks
    assert all(sorted(block) == names for block in order)
    assert all(order[at + 1] == order[at][::-1] for at in range(0, blocks - 1, 2))
    assert order == _plan.orders(names, blocks, seed)


def test_another_seed_can_begin_with_another_datapath():
    assert {_plan.orders(["vhost", "qemu"], 1, seed)[0][0] for seed in range(20)} == {"vhost", "qemu"}


def test_runs_have_names_and_places_of_their_own():
    cells = _plan.plan(CAMPAIGN)
    runs = [run["run_id"] for cell in cells for run in cell["runs"]]
    assert len(set(runs)) == len(runs) == 8
    assert [run["order_in_block"] for cell in cells[:2] for run in cell["runs"]] == [1, 2, 3, 4]
    assert [cell["position"] for cell in cells] == [1, 2, 3, 4]


def test_each_number_of_queues_has_a_boot_of_its_own():
    several = [{"name": "s_q1", "queues": 1}, {"name": "s_q4", "queues": 4}, {"name": "t", "queues": 4}]
    workloads = [{"name": "rr"}, *several]
    cells = _plan.plan({**CAMPAIGN, "aa": True, "workloads": workloads})
    boots = [(cell["datapath"], cell["arm"], cell["queues"]) for cell in cells if cell["block"] == 1]
    arms = [("vhost", "a"), ("qemu", "a"), ("vhost", "aa")]
    assert set(boots) == {(*arm, queues) for arm in arms for queues in (None, 1, 4)}
    assert len(boots) == len(set(boots)) == 9
    assert {(cell["queues"], *(run["workload"]["name"] for run in cell["runs"])) for cell in cells} == {
        (None, "rr"), (1, "s_q1"), (4, "s_q4", "t"),
    }  # fmt: skip
    runs = [run["run_id"] for cell in cells for run in cell["runs"]]
    assert len(runs) == len(set(runs)) == 2 * 3 * 4


def test_queues_change_no_order_where_there_are_none():
    """Where no workload names a number the order is drawn from the datapaths alone."""
    drawn = _plan.orders([("vhost", "a"), ("qemu", "a")], 2, 2019)
    cells = _plan.plan(CAMPAIGN)
    assert [(cell["datapath"], cell["arm"]) for cell in cells] == [arm for block in drawn for arm in block]
    assert {cell["queues"] for cell in cells} == {None}


VHOST = {"name": "vhost", "datapath": "vhost"}
TUNED = {"name": "vhost-iommu", "datapath": "vhost", "driver": {"iommu": True}, "queues": 2}


def test_a_plain_name_is_a_variant_of_its_datapath():
    """So a campaign that was begun before there were variants goes on with the same cells."""
    named = {**CAMPAIGN, "datapaths": [{"name": name, "datapath": name} for name in CAMPAIGN["datapaths"]]}
    assert _plan.plan(named) == _plan.plan(CAMPAIGN)
    assert [cell["variant"] for cell in _plan.plan(CAMPAIGN) if cell["datapath"] == "vhost"] == [VHOST] * 2


def test_two_variants_of_one_datapath_are_two_arms():
    campaign = {**CAMPAIGN, "aa": True, "datapaths": [VHOST, TUNED, "e1000"]}
    cells = _plan.plan(campaign)
    first = [cell for cell in cells if cell["block"] == 1]
    assert {(cell["variant"]["name"], cell["datapath"], cell["arm"], cell["queues"]) for cell in first} == {
        ("vhost", "vhost", "a", None), ("vhost", "vhost", "aa", None), ("vhost-iommu", "vhost", "a", 2),
        ("e1000", "e1000", "a", None),
    }  # fmt: skip
    assert all(cell["variant"] == TUNED for cell in cells if cell["variant"]["name"] == "vhost-iommu")
    runs = {run["run_id"] for cell in first for run in cell["runs"]}
    assert {"b01-vhost-iommu-tcp_rr", "b01-vhost-aa-tcp_rr", "b01-e1000-syscalls"} <= runs
    assert "b01-vhost-aa-syscalls" not in runs


def test_a_workload_s_number_of_queues_goes_before_its_variant_s():
    workloads = [{"name": "rr"}, {"name": "s_q2", "queues": 2}, {"name": "s_q4", "queues": 4}]
    cells = _plan.plan({**CAMPAIGN, "blocks": 1, "datapaths": [TUNED], "workloads": workloads})
    assert {(cell["queues"], *(run["workload"]["name"] for run in cell["runs"])) for cell in cells} == {
        (2, "rr", "s_q2"), (4, "s_q4"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("datapaths", "workloads"),
    [([{"name": "x", "datapath": "qemu"}, {"name": "x-y", "datapath": "qemu"}], ["y-z", "z"]),
     ([{"name": "x", "datapath": "qemu"}, {"name": "x-aa", "datapath": "qemu"}], ["z"]),
     (["qemu", "qemu"], ["z"])],
)  # fmt: skip
def test_two_runs_of_one_name_are_refused(datapaths, workloads):
    campaign = {**CAMPAIGN, "aa": True, "datapaths": datapaths, "workloads": [{"name": name} for name in workloads]}
    with pytest.raises(LabError, match=r"two runs would be called b01-.*another name"):
        _plan.plan(campaign)


def test_finished_cells_are_left_out_and_the_others_keep_their_place():
    cells = _plan.plan(CAMPAIGN)
    done = {run["run_id"] for run in cells[0]["runs"]}
    half = {cells[1]["runs"][0]["run_id"]}
    assert _plan.plan(CAMPAIGN, done | half) == cells[1:]


@pytest.mark.parametrize("name", ["datapaths", "workloads", "blocks", "seed"])
def test_a_campaign_without_is_refused(name):
    with pytest.raises(LabError, match=rf"campaign\.{name} is None"):
        _plan.plan({key: value for key, value in CAMPAIGN.items() if key != name})


def test_a_seed_of_zero_is_a_seed():
    assert _plan.plan({**CAMPAIGN, "seed": 0})


@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.parent.name)
def test_recorded_runs_keep_the_contract(path):
    document = json.loads(path.read_text(encoding="utf-8"))
    validate(document)
    nulls = {f"summary.{name}" for name, value in document["summary"].items() if value is None}
    assert set(document["missing"]) == nulls
    with pytest.raises(LabError, match=r"\$.witness"):
        validate({**document, "witness": {}})


def run_of(content: bytes) -> dict:
    raw = [{"path": "out", "sha256": hashlib.sha256(content).hexdigest()}]
    return {"campaign_id": "c", "run_id": "r", "raw": raw}


def test_a_run_is_fetched_once_and_its_record_last(tmp_path):
    def copy(_remote, local):
        assert not (tmp_path / "c" / "r" / "run.json").exists()
        Path(local).write_bytes(b"raw")

    assert fetch(run_of(b"raw"), "/there/c/r/run.json", tmp_path, copy) is True
    assert json.loads((tmp_path / "c" / "r" / "run.json").read_text(encoding="utf-8")) == run_of(b"raw")
    assert fetch(run_of(b"raw"), "/there/c/r/run.json", tmp_path, copy) is False


def test_a_file_that_arrives_broken_leaves_no_record(tmp_path):
    with pytest.raises(LabError, match="another checksum"):
        fetch(run_of(b"raw"), "/there/run.json", tmp_path, lambda _remote, local: Path(local).write_bytes(b"cut"))
    assert not (tmp_path / "c" / "r" / "run.json").exists()


@pytest.mark.parametrize("damage", [lambda file: file.write_bytes(b"cut"), lambda file: file.unlink()])
def test_raw_output_that_was_damaged_is_fetched_again(tmp_path, damage):
    def copy(_remote, local):
        Path(local).write_bytes(b"raw")

    fetch(run_of(b"raw"), "/there/c/r/run.json", tmp_path, copy)
    damage(tmp_path / "c" / "r" / "out")
    assert fetch(run_of(b"raw"), "/there/c/r/run.json", tmp_path, copy) is True
    assert (tmp_path / "c" / "r" / "out").read_bytes() == b"raw"


def test_another_run_under_the_same_name_is_refused(tmp_path):
    fetch({**run_of(b""), "raw": []}, "/there/c/r/run.json", tmp_path, print)
    with pytest.raises(LabError, match=r"is another run than /there/c/r/run.json on the hypervisor"):
        fetch({**run_of(b""), "raw": [], "seed": 2}, "/there/c/r/run.json", tmp_path, print)


def test_a_campaign_is_not_continued_under_another_plan(tmp_path):
    _kept.hold(tmp_path, CAMPAIGN)
    assert campaign_plan(CAMPAIGN, str(tmp_path)) == _plan.plan(CAMPAIGN)
    with pytest.raises(AnsibleFilterError, match=r"seed was .*, now it is 8"):
        campaign_plan({**CAMPAIGN, "seed": 8}, str(tmp_path))

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a campaign in the lab host recorded of the world: run by verify.yml with the campaign's folder in RESULTS."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import jsonschema
import pytest

SCHEMA = Path(__file__).parents[2] / "plugins/plugin_utils/_schema/run-2.json"
RESULTS = Path(os.environ["RESULTS"])
PATHS = sorted(RESULTS.glob("*/*/run.json"))
RUNS = [json.loads(path.read_text(encoding="utf-8")) for path in PATHS]
WORKLOADS = {"tcp_stream_to_guest", "tcp_stream_from_guest", "tcp_rr", "udp_rr", "syscalls", "ioctls"}


def of(datapath: str, workload: str) -> dict:
    (run,) = (run for run in RUNS if cell_of(run) == (datapath, "a", workload))
    return run


def cell_of(run: dict) -> tuple[str, str, str]:
    return run["factor"]["datapath"], run["factor"]["arm"], run["workload"]["name"]


def vhost_ns(witness: dict) -> int:
    return sum(thread["cpu_ns"] for thread in witness["threads"] if thread["class"] == "vhost")


def test_every_cell_was_measured_once():
    once = [(datapath, "a", name) for datapath in ("qemu", "vhost") for name in WORKLOADS]
    again = [("qemu", "aa", name) for name in WORKLOADS - {"syscalls", "ioctls"}]
    assert sorted(cell_of(run) for run in RUNS) == sorted([*once, *again])


def test_the_baseline_was_measured_against_itself_in_another_boot():
    again = [run for run in RUNS if run["factor"]["arm"] == "aa"]
    boots = {run["factor"]["boot_id"] for run in again}
    # A guest that crashes in a run, as it sometimes does under emulation, gets one more.
    assert 1 <= len(boots) <= 1 + sum(len(run["lost"]) for run in again)
    assert boots.isdisjoint(run["factor"]["boot_id"] for run in RUNS if run["factor"]["arm"] == "a")


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run["run_id"])
def test_each_run_is_valid_and_keeps_the_schema(run):
    jsonschema.validate(run, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert run["invalid_reasons"] == []
    assert run["valid"]


@pytest.mark.parametrize("workload", sorted(WORKLOADS))
def test_vhost_had_its_device_and_a_worker_that_worked(workload):
    witness = of("vhost", workload)["witness"]
    assert [witness[when]["fds"]["vhost_net"] for when in ("before", "middle", "after")] == [1, 1, 1]
    assert vhost_ns(witness["after"]) > vhost_ns(witness["before"])


@pytest.mark.parametrize("workload", sorted(WORKLOADS))
def test_qemu_had_neither(workload):
    witness = of("qemu", workload)["witness"]
    for when in ("before", "middle", "after"):
        assert witness[when]["fds"]["vhost_net"] == 0
        assert [thread for thread in witness[when]["threads"] if thread["class"] == "vhost"] == []


def test_traffic_crossed_the_datapath():
    for datapath in ("qemu", "vhost"):
        assert of(datapath, "tcp_stream_to_guest")["summary"]["gbps"] > 0
        assert of(datapath, "tcp_stream_from_guest")["summary"]["gbps"] > 0
        assert of(datapath, "tcp_rr")["summary"]["tps"] > 0
        assert of(datapath, "udp_rr")["summary"]["tps"] > 0


def main_loop_calls_per_packet(run: dict) -> float:
    packets = run["summary"]["pps"] * run["summary"]["window_s"]
    return sum(run["syscalls"]["by_class"]["main"].values()) / packets


def test_system_calls_of_the_main_loop_drop_under_vhost():
    """Under qemu the main loop reads and writes every packet of the TAP; under vhost the kernel does."""
    assert main_loop_calls_per_packet(of("qemu", "ioctls")) > 1
    assert main_loop_calls_per_packet(of("vhost", "ioctls")) < 0.25
    assert of("qemu", "syscalls")["syscalls"]["by_name"]["read"]["calls"] > 0
    assert "writev" not in of("vhost", "syscalls")["syscalls"]["by_name"]


def test_the_emulated_clock_is_owned_up_to():
    """A lab host under KVM would say false, and that would be as true."""
    for run in RUNS:
        emulated = run["manifest"]["hypervisor"]["cpu_model"].startswith("QEMU TCG CPU")
        assert run["manifest"]["software_emulation"]["is"] is emulated
        assert run["manifest"]["accelerator"] == "kvm"


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.parent.name)
def test_raw_output_is_kept_and_unchanged(path):
    run = json.loads(path.read_text(encoding="utf-8"))
    assert run["raw"]
    for raw in run["raw"]:
        assert hashlib.sha256((path.parent / raw["path"]).read_bytes()).hexdigest() == raw["sha256"]


def test_the_report_is_there_whole():
    (folder,) = {path.parents[1] for path in PATHS}
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert "<svg" in html
    assert {"report.md", "report.csv", "comparison.json"} <= {path.name for path in folder.iterdir()}

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A campaign whose controller is killed: run by verify.yml with the lab host's inventory in INVENTORY.

The tests are one story and stand in its order.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PLAYBOOKS = HERE.parents[1] / "playbooks"
INVENTORY = os.environ["INVENTORY"]
RECORD = "/var/lib/virtio-lab/results/molecule/campaign.json"


@pytest.fixture(scope="module", name="results")
def _results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("results")


def playbook(name: str, results: Path) -> list[str]:
    where = ["-i", INVENTORY, "-e", f"lab_file={HERE / 'lab_interrupted.yml'}", "-e", f"lab_results={results}"]
    return [str(Path(sys.executable).parent / "ansible-playbook"), *where, str(PLAYBOOKS / name)]


def on_hypervisor(*argv: str) -> str:
    ansible = str(Path(sys.executable).parent / "ansible")
    where = [ansible, "-i", INVENTORY, "hypervisors", "-b", "-m", "ansible.builtin.command", "-a"]
    plain = {**os.environ, "ANSIBLE_FORCE_COLOR": "false"}  # molecule asks for colours
    said = subprocess.run([*where, " ".join(argv)], check=True, capture_output=True, text=True, env=plain).stdout
    return said.partition("\n")[2]  # the first line is Ansible's own


def configured() -> str:
    xml = on_hypervisor("virsh", "dumpxml", "molecule-a", "--inactive")
    return "qemu" if "<driver name='qemu'" in xml.partition("<interface")[2] else "vhost"


def runs(results: Path) -> dict[Path, dict]:
    return {path: json.loads(path.read_text(encoding="utf-8")) for path in sorted(results.glob("*/*/run.json"))}


def test_a_killed_controller_leaves_whole_runs_and_a_record(results: Path) -> None:
    assert configured() == "vhost"
    with subprocess.Popen(playbook("benchmark.yml", results), stdout=subprocess.DEVNULL, start_new_session=True) as it:
        deadline = time.monotonic() + 240
        while not list(results.glob("*/*-qemu-*/run.json")):
            assert it.poll() is None, "the campaign ended before a run over qemu was recorded"
            assert time.monotonic() < deadline
            time.sleep(0.2)
        os.killpg(it.pid, signal.SIGKILL)
    assert all(run["valid"] for run in runs(results).values())
    assert configured() == "qemu"
    record = json.loads(on_hypervisor("cat", RECORD))
    assert (record["guest"], record["before"], record["queues_before"]) == ("molecule-a", "vhost", 1)
    assert record["restored"] is False


def test_restore_gives_the_guest_its_datapath_back(results: Path) -> None:
    subprocess.run(playbook("restore.yml", results), check=True)
    assert configured() == "vhost"
    assert "vhost-" in on_hypervisor("ps", "-eLo", "comm")
    assert json.loads(on_hypervisor("cat", RECORD))["restored"] is True


def test_a_run_of_another_datapath_than_the_guest_has_is_invalid(results: Path) -> None:
    """The guest has vhost; what is pending is of qemu."""
    subprocess.run(playbook("../tests/integration/lab_host/mistoggled.yml", results), check=True)
    wrong = [run for run in runs(results).values() if not run["valid"]]
    assert [run["factor"]["datapath"] for run in wrong] == ["qemu"]
    assert {wrong[0]["witness"][moment]["effective"] for moment in ("before", "middle", "after")} == {"vhost"}


def test_the_next_start_goes_on_and_counts_no_run_twice(results: Path) -> None:
    before = runs(results)
    subprocess.run(playbook("benchmark.yml", results), check=True)
    after = runs(results)
    assert {path: after[path] for path in before} == before
    assert len({path.parents[1] for path in after}) == 1
    measured = [(run["run_id"], run["campaign_id"]) for run in after.values()]
    assert len(measured) == len(set(measured)) > len(before)
    assert {(run["factor"]["datapath"], run["workload"]["name"]) for run in after.values()} == {
        (datapath, workload) for datapath in ("qemu", "vhost") for workload in ("tcp_rr", "udp_rr")
    }
    assert [run["valid"] for run in after.values()].count(False) == 1
    assert configured() == "vhost"
    assert RECORD not in on_hypervisor("find", "/var/lib/virtio-lab/results")


def test_the_report_shows_the_invalid_run_and_why(results: Path) -> None:
    (campaign,) = results.iterdir()
    subprocess.run([*playbook("report.yml", results), "-e", f"campaign={campaign}"], check=True)
    said = (campaign / "report.md").read_text(encoding="utf-8").replace("\\", "")
    (wrong,) = (run for run in runs(results).values() if not run["valid"])
    assert "6 runs, 5 valid, 1 invalid." in said
    assert wrong["run_id"] in said
    assert wrong["invalid_reasons"][0] in said

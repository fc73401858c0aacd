# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real ansible-playbook goes through the role's cells until its intervals are narrow; runs are copied, not made."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
RECORDED = ROOT / "tests/unit/fixtures/runs"
TASKS = ROOT / "roles/benchmark/tasks"
CAMPAIGN = {
    "seed": 1,
    "blocks": 12,
    "aa": False,
    "stop_at_width": 0.05,
    "datapaths": ["qemu", "vhost"],
    "workloads": [{"name": "tcp_rr", "tool": "netperf", "test": "tcp_rr"}],
}
MEASURE = """
- ansible.builtin.file: {path: "{{ benchmark_records_dir }}/{{ item.run_id }}", state: directory}
  loop: "{{ benchmark_cell.runs }}"
- ansible.builtin.copy:
    content: "{{ run | combine(place, recursive=true) | to_json }}"
    dest: "{{ benchmark_records_dir }}/{{ item.run_id }}/run.json"
  loop: "{{ benchmark_cell.runs }}"
  vars:
    run: "{{ lookup('ansible.builtin.file', recorded ~ '/b01-' ~ benchmark_cell.datapath ~ '-tcp_rr/run.json')
             | from_json }}"
    place: {run_id: "{{ item.run_id }}", block: "{{ benchmark_cell.block | int }}"}
"""


@pytest.fixture(name="played")
def _played(tmp_path: Path) -> str:
    play = [{"hosts": "localhost", "gather_facts": False, "tasks": _loop()}]
    (tmp_path / "play.yml").write_text(json.dumps(play), encoding="utf-8")
    (tmp_path / "measure.yml").write_text(MEASURE, encoding="utf-8")
    _store(tmp_path / "c", blocks=9)
    for name in ("cell.yml", "stopped.yml"):
        shutil.copy(TASKS / name, tmp_path)
    collections = tmp_path / "collections"
    (collections / "ansible_collections/virtio").mkdir(parents=True)
    (collections / "ansible_collections/virtio/lab").symlink_to(ROOT)
    (tmp_path / "ansible.cfg").write_text(
        f"[defaults]\ncollections_path = {collections}\ncallbacks_enabled = virtio.lab.progress\n", encoding="utf-8"
    )
    known = {"benchmark_campaign": CAMPAIGN, "benchmark_records_dir": str(tmp_path / "c"), "recorded": str(RECORDED)}
    known["ansible_python_interpreter"] = sys.executable
    environment = {**os.environ, "ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg")}
    environment.pop("ANSIBLE_COLLECTIONS_PATH", None)
    argv = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", "-c", "local", "play.yml"]
    argv += ["-e", json.dumps(known)]
    said = ""
    for _start in range(2):
        done = subprocess.run(argv, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        said += done.stdout
    return said


def _store(folder: Path, blocks: int) -> None:
    """So many blocks of an earlier start."""
    for block in range(1, blocks + 1):
        for datapath in ("qemu", "vhost"):
            name = f"b{block:02d}-{datapath}-tcp_rr"
            run = json.loads((RECORDED / f"b01-{datapath}-tcp_rr/run.json").read_text(encoding="utf-8"))
            (folder / name).mkdir(parents=True)
            (folder / name / "run.json").write_text(json.dumps({**run, "run_id": name, "block": block}))


def _loop() -> list[dict]:
    """The role's own loop, without the guest around it."""
    tasks = yaml.safe_load((TASKS / "present.yml").read_text(encoding="utf-8"))
    block = next(task["block"] for task in tasks if "block" in task)
    return block[: 1 + next(at for at, task in enumerate(block) if "stopped.yml" in str(task))]


def test_it_stops_records_why_and_stays_stopped(played: str, tmp_path: Path) -> None:
    kept = json.loads((tmp_path / "c" / "stopped.json").read_text(encoding="utf-8"))
    assert (kept["blocks"], kept["of"]) == (10, 12)
    assert sorted(path.name for path in (tmp_path / "c").glob("b*")) == sorted(
        f"b{block:02d}-{datapath}-tcp_rr" for block in range(1, 11) for datapath in ("qemu", "vhost")
    )
    assert "The campaign ends after 10 of 12 blocks" in played
    assert played.count("progress: stopped early after 10 of 12 blocks") == 1

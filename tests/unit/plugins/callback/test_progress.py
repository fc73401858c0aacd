# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real ansible-playbook goes through a campaign's cells; the runs it gets back are recorded ones."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[4]
RECORDED = ROOT / "tests/unit/fixtures/runs"
PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.include_tasks: cell.yml
      loop: "{{ lookup('ansible.builtin.file', 'cells.json') | from_json }}"
      loop_control: {loop_var: benchmark_cell}
    - ansible.builtin.debug: {msg: after the campaign}
"""
CELL = """
- ansible.builtin.debug: {msg: the datapath is switched}
- ansible.builtin.debug: {var: run}
  loop: "{{ benchmark_cell.runs }}"
  loop_control: {loop_var: benchmark_run, label: "{{ benchmark_run.run_id }}"}
  vars:
    run: "{{ lookup('ansible.builtin.file', recorded ~ '/' ~ benchmark_run.run_id ~ '/run.json') | from_json }}"
"""


@pytest.fixture(name="command")
def _command(tmp_path: Path) -> tuple[list[str], dict[str, str], Path]:
    cells = [
        {
            "position": 3,
            "cells": 4,
            "block": 2,
            "variant": {"name": "qemu", "datapath": "qemu"},
            "runs": [{"run_id": "b01-qemu-tcp_rr"}],
        },
        {
            "position": 4,
            "cells": 4,
            "block": 2,
            "variant": {"name": "vhost", "datapath": "vhost"},
            "runs": [{"run_id": "b01-vhost-tcp_rr"}, {"run_id": "b01-vhost-tcp_stream_to_guest"}],
        },
    ]
    (tmp_path / "cells.json").write_text(json.dumps(cells))
    (tmp_path / "play.yml").write_text(PLAY)
    (tmp_path / "cell.yml").write_text(CELL)
    collections = tmp_path / "collections"
    (collections / "ansible_collections/virtio").mkdir(parents=True)
    (collections / "ansible_collections/virtio/lab").symlink_to(ROOT)
    (tmp_path / "ansible.cfg").write_text(
        f"[defaults]\ncollections_path = {collections}\ncallbacks_enabled = virtio.lab.progress\n"
    )
    environment = {**os.environ, "ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"), "TERM": "xterm"}
    for name in ("ANSIBLE_COLLECTIONS_PATH", "LINES", "COLUMNS"):
        environment.pop(name, None)
    argv = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", "-c", "local"]
    return [*argv, "-e", f"recorded={RECORDED}", "play.yml"], environment, tmp_path


def test_plain_lines_where_there_is_no_terminal(command: tuple[list[str], dict[str, str], Path]) -> None:
    argv, environment, folder = command
    done = subprocess.run(argv, env=environment, cwd=folder, capture_output=True, text=True, check=True)
    said = [line for line in done.stdout.splitlines() if line.startswith("progress: ")]
    tps = json.loads((RECORDED / "b01-qemu-tcp_rr/run.json").read_text())["summary"]["tps"]
    assert [re.sub(r" · [^·]* left, until \d\d:\d\d", " · LEFT", line) for line in said[:3]] == [
        "progress: cell 3 of 4 (block 2, qemu) · run 0 of 3",
        f"progress: cell 3 of 4 (block 2, qemu) · run 1 of 3 · LEFT · tcp_rr over qemu: {tps:.0f} transactions/s",
        f"progress: cell 4 of 4 (block 2, vhost) · run 1 of 3 · LEFT · tcp_rr over qemu: {tps:.0f} transactions/s",
    ]
    assert len(said) == 5
    assert "run 3 of 3 · 0 s left" in said[-1]
    assert said[-1].endswith("Gb/s")
    assert "\x1b" not in done.stdout


def test_each_of_several_hosts_has_its_own_count(command: tuple[list[str], dict[str, str], Path]) -> None:
    argv, environment, folder = command
    argv = ["hv1,hv2," if word == "localhost," else word for word in argv]
    done = subprocess.run(argv, env=environment, cwd=folder, capture_output=True, text=True, check=True)
    said = [line.removeprefix("progress: ") for line in done.stdout.splitlines() if line.startswith("progress: ")]
    for host in ("hv1", "hv2"):
        own = [line for line in said if line.startswith(f"{host}: ")]
        assert [re.search(r"cell (\d) .*run (\d) of 3", line).groups() for line in own] == [
            *(("3", "0"), ("3", "1"), ("4", "1"), ("4", "2"), ("4", "3")),
        ]
    assert len(said) == 10


def test_the_last_row_of_a_terminal(command: tuple[list[str], dict[str, str], Path]) -> None:
    argv, environment, folder = command
    leader, follower = pty.openpty()
    subprocess.run(["stty", "rows", "24", "cols", "60"], stdin=follower, check=True)
    with subprocess.Popen(argv, env=environment, cwd=folder, stdin=follower, stdout=follower) as process:
        os.close(follower)
        said = _all(leader)
    assert process.returncode == 0
    shown = re.findall(r"\x1b7\x1b\[24;1H\x1b\[2K\x1b\[7m(.*?)\x1b\[0m\x1b8", said)
    assert len(shown) == 5
    assert max(len(line) for line in shown) == 59
    assert said.count("\x1b[1;23r") == 1
    # The row is given back before anything that is not of the campaign is said.
    assert said.index("\x1b[r") < said.index("after the campaign")
    assert "progress: " not in said


def _all(leader: int) -> str:
    chunks = []
    while True:
        try:
            chunk = os.read(leader, 65536)
        except OSError:  # the last one who had the terminal open is gone
            break
        chunks.append(chunk)
    return b"".join(chunks).decode()

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a lab file is looked for: the current folder comes first."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
HANDS_ON = ROOT / "labs/hands-on.yml"


def found(done):
    assert done.returncode == 0, done.stdout
    return re.search(r'"path": "(.*)"', done.stdout)[1]


@pytest.mark.parametrize("name", ["lab.yml", "check.yml", "my lab's.yml", "łąb.yml", "labs/hands-on.yml"])
def test_the_current_folder_comes_first(play, tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    shutil.copy(HANDS_ON, tmp_path / name)
    done = play("-v", "virtio.lab.check", lab_file=name)
    assert found(done) == str(tmp_path / name)


def test_a_link_there_is_followed(play, tmp_path):
    (tmp_path / "lab.yml").symlink_to(HANDS_ON)
    assert found(play("-v", "virtio.lab.check", lab_file="lab.yml")) == str(HANDS_ON)


def test_the_collections_playbooks_are_no_lab_files(play, tmp_path):
    done = play("virtio.lab.check", lab_file="lab.yml")
    assert done.returncode == 2
    assert f"lab file 'lab.yml' does not exist; looked in {tmp_path}, {ROOT}, {ROOT}/labs" in done.stdout


def test_its_lab_files_are_found_by_name(play):
    assert found(play("-v", "virtio.lab.check", lab_file="hands-on.yml")) == str(HANDS_ON)


def test_beside_the_users_own_playbook_is_a_place_too(play, tmp_path):
    (tmp_path / "mine").mkdir()
    shutil.copy(HANDS_ON, tmp_path / "mine/lab.yml")
    task = "- virtio.lab.lab_file: {path: lab.yml}"
    (tmp_path / "mine/play.yml").write_text(f"- hosts: localhost\n  gather_facts: false\n  tasks:\n    {task}\n")
    assert found(play("-v", "mine/play.yml")) == str(tmp_path / "mine/lab.yml")


def test_none_is_asked_for(play):
    done = play("virtio.lab.check")
    assert done.returncode == 2
    assert "no lab file was named: say -e lab_file=FILE" in done.stdout


def test_check_asks_for_the_packages_and_the_folder_of_the_results(play, tmp_path):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/orjson.py").write_text("raise ImportError('not here')\n")
    (tmp_path / "results").touch()
    done = play("virtio.lab.check", lab_file="hands-on.yml", environment={"PYTHONPATH": str(tmp_path / "broken")})
    assert done.returncode == 2
    assert "orjson (not here)" in done.stdout
    assert f"{sys.executable.rpartition('/')[0]}/python" in done.stdout
    assert f"{tmp_path}/results is no folder" in done.stdout

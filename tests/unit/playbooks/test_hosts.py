# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""On which hosts the playbooks run, and that none of them ends well on none."""

from __future__ import annotations

import json

import pytest

OF_THE_LAB = ["provision", "inspect", "benchmark", "restore", "clean", "lab"]


@pytest.fixture(name="inventory")
def _inventory(tmp_path):
    path = tmp_path / "inventory.yml"
    path.write_text("hypervisors: {hosts: {hv1: , hv2: }}\nweb: {hosts: {web1: }}\n", encoding="ascii")
    return str(path)


@pytest.mark.parametrize("name", OF_THE_LAB)
def test_no_host_is_an_error_that_names_the_inventory(play, tmp_path, name):
    (tmp_path / "others.yml").write_text("web: {hosts: {web1: {ansible_connection: local}}}\n", encoding="ascii")
    done = play("-i", "others.yml", f"virtio.lab.{name}", lab_file="hands-on.yml")
    assert done.returncode not in (0, 2)
    assert f"no host of the inventory ({tmp_path}/others.yml) matches 'hypervisors'" in done.stderr
    assert "PLAY RECAP" not in done.stdout


def test_so_is_a_limit_that_leaves_none(play, inventory):
    done = play("-i", inventory, "--limit", "web1", "virtio.lab.clean", lab_file="hands-on.yml")
    assert done.returncode not in (0, 2)
    assert "--limit web1 leaves no host of 'hypervisors'" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "hosts"),
    [
        ([], ["hv1", "hv2"]),
        (["--limit", "hv2"], ["hv2"]),
        (["--limit", "hv2,localhost"], ["hv2"]),
        (["--limit", "all:!hv1"], ["hv2"]),
        (["-e", "lab_hosts=hv1:web1"], ["hv1", "web1"]),
        (["-e", "lab_hosts=hypervisors:!hv2"], ["hv1"]),
    ],
)
def test_pattern_and_limit_choose_as_ansible_does(play, inventory, arguments, hosts):
    done = play("-i", inventory, "--list-hosts", *arguments, "virtio.lab.lab")
    assert done.returncode == 0, done.stderr
    plays = done.stdout.split("play #")[1:]
    assert len(plays) == 4
    for text in plays:
        assert sorted(line.strip() for line in text.partition("):\n")[2].splitlines() if line.strip()) == hosts


@pytest.mark.parametrize("asked", ["--syntax-check", "--list-tasks", "--list-tags"])
def test_where_nothing_is_run_no_host_is_needed(play, asked):
    done = play(asked, "virtio.lab.lab")
    assert done.returncode == 0, done.stderr


def test_check_runs_where_the_control_node_is_limited_away(play, inventory):
    done = play("-i", inventory, "--limit", "hv2", "virtio.lab.check", lab_file="nosuch.yml")
    assert done.returncode == 2
    assert "fatal: [hv2" in done.stdout
    assert "lab file 'nosuch.yml' does not exist" in done.stdout


def test_what_the_inventory_calls_its_own_things_is_nothing_to_the_playbooks(play, tmp_path):
    mine = dict.fromkeys(("lab", "lab_read", "campaign", "baseline", "candidate", "datapath", "dest", "now"), "berlin")
    (tmp_path / "mine.json").write_text(json.dumps({"all": {"vars": mine, "hosts": {"localhost": None}}}))
    done = play("-i", "mine.json", "virtio.lab.check", lab_file="/nonexistent.yml")
    assert done.returncode == 2
    assert "lab file '/nonexistent.yml' does not exist" in done.stdout
    done = play("-i", "mine.json", "virtio.lab.report")
    assert done.returncode == 2
    assert "Nothing was measured in this run. Which campaign?" in done.stdout
    done = play("-i", "mine.json", "virtio.lab.compare")
    assert done.returncode == 2
    assert "Which campaigns?" in done.stdout

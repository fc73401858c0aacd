# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role benchmark's own tasks that name a campaign, done by Ansible on several hosts at once."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
import yaml

BEGIN = Path(__file__).resolve().parents[3] / "roles/benchmark/tasks/begin.yml"
NAMING = ("Name the campaign", "Refuse two hypervisors in one campaign")
KNOWN = {
    "ansible_python_interpreter": sys.executable,
    "benchmark_lab": "hands-on",
    "benchmark_host": "{{ inventory_hostname }}",
    "benchmark_plan": "p",
    "benchmark_by_interface": False,
    "benchmark_hangs_on": {"network": "default", "bridge": ""},
    "benchmark_guest": {"name": "a"},
    "benchmark_now": {
        "datapaths": [
            {"configured": {"name": "vhost"}, "effective": "vhost", "interface": {"mac": "52:54:00:00:00:01"}}
        ]
    },
}


@pytest.fixture(name="named")
def _named(play, tmp_path):
    """What Ansible said, and the campaign's id of each host."""
    naming = [task for task in yaml.safe_load(BEGIN.read_text(encoding="utf-8")) if task["name"] in NAMING]
    assert [task["name"] for task in naming] == list(NAMING)
    kept = {"content": "{{ benchmark_record.campaign_id }}", "dest": f"{tmp_path}/{{{{ inventory_hostname[-3:] }}}}.id"}
    first = {"ansible.builtin.set_fact": {"benchmark_record": {}}}
    tasks = [first, *naming, {"ansible.builtin.copy": kept}]
    whole = [{"hosts": "all", "connection": "local", "gather_facts": False, "vars": KNOWN, "tasks": tasks}]
    (tmp_path / "play.yml").write_text(json.dumps(whole), encoding="utf-8")

    def run(*hosts, **variables):
        (tmp_path / "hosts.json").write_text(json.dumps({"all": {"hosts": dict.fromkeys(hosts)}}), encoding="utf-8")
        done = play("-i", "hosts.json", "play.yml", **variables)
        return done, {path.stem: path.read_text(encoding="utf-8") for path in tmp_path.glob("*.id")}

    return run


def test_each_hypervisor_has_its_name_in_its_campaign(named):
    done, ids = named("hv1", "hv2", "fd00::hv3")
    assert done.returncode == 0, done.stdout
    time = r"-\d{8}T\d{6}Z\Z"
    assert re.match("hands-on-hv1" + time, ids["hv1"])
    assert re.match("hands-on-hv2" + time, ids["hv2"])
    assert re.match(r"hands-on-fd00-hv3-[0-9a-f]{8}" + time, ids["hv3"])


def test_an_id_that_is_given_is_one_hypervisors(named):
    done, ids = named("hv1", "hv2", benchmark_campaign_id="before")
    assert done.returncode == 2
    assert "The campaign id before is that of hv2 too" in done.stdout
    assert "put {{ inventory_hostname }} into benchmark_campaign_id" in done.stdout
    assert ids == {}


def test_with_the_hosts_name_in_it_it_may_be(named):
    done, ids = named("hv1", "hv2", benchmark_campaign_id="before-{{ inventory_hostname }}")
    assert done.returncode == 0, done.stdout
    assert ids == {"hv1": "before-hv1", "hv2": "before-hv2"}

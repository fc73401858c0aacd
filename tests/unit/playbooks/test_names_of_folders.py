# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that become folders: an empty one, or one that leads up, would have a role remove what is not the lab's."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[3]

BENCHMARK = {"benchmark_lab": "mine", "benchmark_state": "absent"}
GUESTS = {"guests_lab": "mine", "guests_list": [], "guests_state": "absent"}
IMAGE = {"guest_image_lab": "mine", "guest_image_spec": {"name": "i", "kind": "tiny"}, "guest_image_state": "absent"}
CASES = [
    ("benchmark", {**BENCHMARK, "benchmark_lab": ""}, 'benchmark_lab is ""'),
    ("benchmark", {**BENCHMARK, "benchmark_lab": ".."}, 'benchmark_lab is ".."'),
    ("benchmark", {**BENCHMARK, "benchmark_lab": "mine/../others"}, "mine/../others"),
    ("benchmark", {**BENCHMARK, "benchmark_results_dir": ""}, 'benchmark_results_dir ""'),
    ("guests", {**GUESTS, "guests_lab": ".."}, 'guests_lab is ".."'),
    ("guests", {**GUESTS, "guests_list": [{"name": "../others/g"}]}, "../others/g"),
    ("guest_image", {**IMAGE, "guest_image_spec": {"name": "..", "kind": "tiny"}}, 'guest_image_spec.name ".."'),
    ("guest_image", {**IMAGE, "guest_image_lab": "mine\n"}, '"mine\\n"'),
    ("report", {"report_dest": "", "report_state": "absent"}, "report_dest is empty"),
    ("inspect", {"inspect_dest": "", "inspect_state": "absent"}, "inspect_dest is empty"),
]


def test_a_name_that_leads_elsewhere_is_refused_before_anything_is_removed(play, tmp_path):
    records = tmp_path / "records/others/campaign.json"
    records.parent.mkdir(parents=True)
    records.touch()
    tasks = []
    for role, variables, says in CASES:
        include = {"ansible.builtin.include_role": {"name": f"virtio.lab.{role}"}, "vars": variables}
        refused = "ansible_failed_result.msg is defined and says in ansible_failed_result.msg"
        checked = {"ansible.builtin.assert": {"that": refused}, "vars": {"says": says}}
        unrefused = {"ansible.builtin.set_fact": {"unrefused": "{{ unrefused | default([]) + [says] }}"}}
        tasks.append({"block": [include, {**unrefused, "vars": {"says": says}}], "rescue": [checked]})
    tasks.append({"ansible.builtin.assert": {"that": "unrefused is not defined"}})
    dirs = {"benchmark_results_dir": str(tmp_path / "records"), "guests_dir": str(tmp_path / "guests")}
    dirs["guest_image_dir"] = str(tmp_path / "images")
    local = {"hosts": "localhost", "gather_facts": False, "connection": "local", "vars": dirs, "tasks": tasks}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([local]))
    done = play("play.yml")
    assert done.returncode == 0, done.stdout[-3000:]
    assert records.exists()


def test_an_empty_folder_of_results_is_as_unset():
    """Else the results lie in the current folder, whatever else is there."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "playbooks").rglob("*.yml")]
    defaults = [found for text in texts for found in re.findall(r"lab_results \| default\((.*?)\)", text)]
    assert defaults == ["'results', true"] * 3

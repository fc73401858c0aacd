# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module that needs libvirt or lxml, run by a real Python that has neither: which one, is in the message."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[4]
RUN: dict[str, Any] = {
    **dict.fromkeys(("name", "lab", "arm", "campaign_id", "run_id"), "a"),
    **dict.fromkeys(("block", "order_in_block", "seed"), 1),
    "mac": "52:54:00:00:00:01",
    "address": "192.0.2.1",
    "datapath": "qemu",
    "replicate": "boot",
    "workload": {"name": "x", "tool": "iperf3"},
}
ASKED: dict[str, dict[str, Any]] = {
    "benchmark_run": RUN,
    "datapath": {"name": "a", "datapath": "qemu"},
    "datapath_info": {"name": "a"},
    "guest": {"name": "a", "lab": "a", "virt_type": "qemu", "kernel": "/k", "initrd": "/i", "interfaces": []},
    "guest_disk": {"guest": "a", "path": "/a.qcow2", "image": "/i.qcow2"},
    "guest_info": {"name": "a"},
    "inspect_info": {"guests": ["a"]},
    "libvirt_net": {"name": "a", "subnet": "192.0.2.0/24"},
    "libvirt_net_info": {},
    "vhost_toggle": {"name": "a", "driver": {"name": "qemu"}},
}


@pytest.fixture(name="said", scope="module")
def _said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each module said, by name; one play for all, as a play costs a second."""
    folder = tmp_path_factory.mktemp("bare")
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n', encoding="ascii")  # without any site-packages
    python.chmod(0o755)
    tasks: list[dict[str, Any]] = []
    for name, arguments in [*ASKED.items(), ("libvirt_net_xml", {"name": "a", "xml": "<network/>"})]:
        results = {"results_dir": str(folder)} if name == "benchmark_run" else {}
        module = f"virtio.lab.{name.removesuffix('_xml')}"
        tasks.append({module: arguments | results, "ignore_errors": True, "register": f"{name}_said"})
    saying = {task["register"].removesuffix("_said"): f"{{{{ {task['register']}.msg }}}}" for task in tasks}
    keep = {"content": "{{ saying | to_json }}", "dest": f"{folder}/said.json"}
    known_python = {"saying": saying, "ansible_python_interpreter": sys.executable}
    tasks.append({"ansible.builtin.copy": keep, "vars": known_python})
    play = {"hosts": "all", "gather_facts": False, "vars": {"ansible_python_interpreter": str(python)}, "tasks": tasks}
    (folder / "play.yml").write_text(json.dumps([play]), encoding="ascii")
    (folder / "ansible_collections/virtio").mkdir(parents=True)
    (folder / "ansible_collections/virtio/lab").symlink_to(ROOT)
    program = str(Path(sys.executable).parent / "ansible-playbook")
    known = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(folder), "ANSIBLE_CONFIG": f"{folder}/ansible.cfg"}
    (folder / "ansible.cfg").write_text("[defaults]\n", encoding="ascii")
    argv = [program, "-i", "hv1,", "-c", "local", "play.yml"]
    subprocess.run(argv, cwd=folder, env=known, check=True, capture_output=True)
    return json.loads((folder / "said.json").read_text(encoding="utf-8"))


def test_every_module_of_libvirt_is_asked():
    group = yaml.safe_load((ROOT / "meta/runtime.yml").read_text(encoding="utf-8"))["action_groups"]["libvirt"]
    assert sorted(ASKED) == sorted(group)


@pytest.mark.parametrize("name", sorted(ASKED))
def test_the_interpreter_that_has_no_libvirt_is_named(said, name):
    assert "the Python library libvirt cannot be imported on " in said[name]
    assert f"by {os.path.realpath(sys.executable)} (No module named 'libvirt')" in said[name].replace(
        sys.executable, os.path.realpath(sys.executable)
    )
    assert "install the package python3-libvirt" in said[name]
    assert "let ansible_python_interpreter be the Python that has it, /usr/bin/python3" in said[name]


def test_so_is_the_one_that_has_no_lxml(said):
    assert "the Python library lxml cannot be imported on " in said["libvirt_net_xml"]
    assert "install the package python3-lxml" in said["libvirt_net_xml"]

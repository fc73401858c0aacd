# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lab file of a stranger: refused before it takes time, memory or the place of somebody's host."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._read import read_lab
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._yaml import DEEPEST, LARGEST, MOST_NODES

ROOT = Path(__file__).parents[5]
LAB = """name: a
networks: [{name: n, subnet: 10.9.0.0/24}]
images: [{name: t, kind: tiny}]
guests: [{name: %s, image: t, interfaces: [{network: n}]}]
"""


def bomb(levels: int) -> str:
    """The bomb of nine aliases of nine aliases of …"""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines) + f"\nname: *a{levels - 1}\n"


def merged(levels: int) -> str:
    """The same of merge keys, which PyYAML writes out as it reads."""
    lines = ["a0: &a0 {k: v}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("text", [bomb(10), merged(8), bomb(200)], ids=["lists", "merge keys", "very deep"])
def test_an_alias_bomb_is_refused_by_its_number_of_values(text):
    """In a process that may use so much CPU time and memory, and no more: the bomb would take 28 s and 3 GiB."""
    code = f"""
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_CPU, (8, 8))
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
runpy.run_path({str(ROOT / "tests/unit/conftest.py")!r})
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._read import read_lab
try:
    read_lab(sys.stdin.read(), "bomb.yml")
except LabError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    assert f"with its aliases written out this is more than {MOST_NODES} values" in done.stdout
    assert len(done.stdout) < 300


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, f"nested deeper than {DEEPEST} levels"),
        ("{a: " * 5000, f"nested deeper than {DEEPEST} levels"),
        ("- " * 5000 + "x", f"nested deeper than {DEEPEST} levels"),
        ("a: &a [*a]\n", "this anchor holds itself"),
        ("a: &a {b: {c: *a}}\n", "this anchor holds itself"),
        ("#" * (LARGEST + 1), f"a lab file of at most {LARGEST} is read"),
        (f"name: {'9' * 50_000}\n", "this is no YAML"),
        ("name: 2024-99-99\n", "this is no YAML"),
        ("name: 1:99:99999999999999999999e\n", "name: "),
        ("name: !!binary x\n", "this is no YAML"),
        ("name: !!python/object/apply:os.system [id]\n", "this is no YAML"),
        ("? {a: b}\n: c\n", "this is no YAML"),
        ("name: .inf\n", "name: "),
        ("name: x\nnetworks: []\nimages: [{kind: tiny}]\nguests: [{name: a}]\n", "guests[0].image: is missing"),
    ],
)
def test_what_is_too_much_or_no_value_is_one_sentence(text, said):
    with pytest.raises(LabError) as refused:
        read_lab(text, "lab.yml")
    assert said in str(refused.value)
    assert len(str(refused.value)) < 2000


def test_an_alias_that_saves_a_few_lines_is_read():
    text = LAB % "g" + "campaign: {workloads: [{name: x, tool: hping3}, {name: y, tool: hping3}]}\n"
    assert read_lab(text.replace("[{network: n}]", "&i [{network: n}]"), "lab.yml")["name"] == "a"


INVENTORY = """
production: {hosts: {web1: {ansible_host: 10.0.0.1}}}
hypervisors: {hosts: {localhost: {ansible_connection: local}}}
"""
PLAY = """
- hosts: localhost
  gather_facts: false
  tasks:
    - virtio.lab.lab_file: {path: lab.yml}
      register: read
    - ansible.builtin.command: {argv: [grep, -r, 'HORSEBATTER[Y]', '{{ playbook_dir }}', --exclude-dir=collections]}
      register: found
      failed_when: found.rc != 1
"""


@pytest.fixture(name="play")
def _play(tmp_path):
    """Return a function that has ansible-playbook read a lab file and then look for a secret below its own folders."""
    for name, text in (("inventory.yml", INVENTORY), ("play.yml", PLAY), ("password", "x\n")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    collections = tmp_path / "collections" / "ansible_collections" / "virtio"
    collections.mkdir(parents=True)
    (collections / "lab").symlink_to(ROOT)
    places = {name: str(tmp_path / name) for name in ("local", "home", "tmp")}
    (tmp_path / "tmp").mkdir()
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(tmp_path / "collections"),
        "ANSIBLE_LOCAL_TEMP": places["local"],
        "ANSIBLE_HOME": places["home"],
        "ANSIBLE_REMOTE_TMP": places["tmp"],
        "ANSIBLE_VAULT_PASSWORD_FILE": str(tmp_path / "password"),
        "TMPDIR": places["tmp"],
    }

    def run(program: str, *argv: str) -> subprocess.CompletedProcess:
        command = [str(Path(sys.executable).parent / program), *argv]
        command += ["-e", f"ansible_python_interpreter={sys.executable}"] if program == "ansible-playbook" else []
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    return run


def test_a_guest_named_like_a_host_is_refused_where_the_lab_file_is_read(play, tmp_path):
    """Before anything is made: web1 is a host of the inventory, and would become the lab's guest."""
    (tmp_path / "lab.yml").write_text(LAB % "web1", encoding="utf-8")
    done = play("ansible-playbook", "-i", "inventory.yml", "play.yml")
    assert done.returncode != 0
    said = " ".join((done.stdout + done.stderr).split())
    assert "the inventory has a host or a group 'web1' already; give the guest of the lab another name" in said


def test_a_vaulted_lab_file_lies_decrypted_on_no_disk(play, tmp_path):
    """The play itself looks, while it has the lab, below every folder that it may write temporary files to."""
    (tmp_path / "lab.yml").write_text(LAB % "g" + "description: HORSEBATTERY\n", encoding="utf-8")
    assert play("ansible-vault", "encrypt", "lab.yml").returncode == 0
    assert b"HORSEBATTERY" not in (tmp_path / "lab.yml").read_bytes()
    done = play("ansible-playbook", "-i", "inventory.yml", "play.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok=2" in done.stdout

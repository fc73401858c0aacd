# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `make lab` and `make clean-lab` make of LAB, HOST and INVENTORY."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
GONE = "The lab is gone"


def lab(*arguments: str, **asked: str) -> subprocess.CompletedProcess[str]:
    """Run the script with these variables, as make hands them on."""
    known = {name: value for name, value in os.environ.items() if name not in ("LAB", "HOST", "INVENTORY")}
    known["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    known["ANSIBLE_CONFIG"] = str(ROOT / "ansible.cfg")
    known["ANSIBLE_COLLECTIONS_PATH"] = str(ROOT / ".venv/collections")
    script = ROOT / "scripts/lab.sh"
    return subprocess.run([script, *arguments], env=known | asked, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"LAB": "nosuch.yml"}, "LAB=nosuch.yml: there is no such lab file, seen from "),
        ({"INVENTORY": "nosuch.yml"}, "INVENTORY=nosuch.yml: there is no such inventory, seen from "),
        ({"HOST": "a", "INVENTORY": "b"}, "HOST=a and INVENTORY=b: give one of them"),
        ({"HOST": "hv1:ssh"}, "HOST=hv1:ssh: 'ssh' is no port"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_else(asked, says):
    for what in ("asked", "run", "clean"):
        done = lab(what, **asked)
        assert done.returncode != 0
        assert done.stderr.startswith("make: ")
        assert says in done.stderr
        assert done.stdout == ""


def test_an_inventory_without_hypervisors_ends_no_lab(tmp_path):
    inventory = tmp_path / "my hosts.yml"
    inventory.write_text("web: {hosts: {web1: }}\n", encoding="ascii")
    done = lab("clean", INVENTORY=str(inventory))
    assert done.returncode != 0
    assert f"no host of the inventory ({inventory}) matches 'hypervisors'" in done.stderr
    assert GONE not in done.stdout


def test_a_lab_file_with_blanks_and_quotes_is_one_file(tmp_path):
    path = tmp_path / "my lab's.yml"
    shutil.copy(ROOT / "labs/hands-on.yml", path)
    done = lab("run", "-v", LAB=str(path), INVENTORY="web1,")
    assert f"path: {path}" in " ".join(done.stdout.split())  # a long path is wrapped at its blanks
    assert "no host of the inventory (web1,)" in done.stderr


@pytest.mark.parametrize("asked", ["--list-hosts", "--syntax-check"])
def test_what_only_asks_takes_no_lab_away(asked):
    done = lab("clean", asked, HOST="me@hv1:2222")
    assert done.returncode == 0, done.stderr
    assert GONE not in done.stdout
    if asked == "--list-hosts":
        assert "hv1-2222" in done.stdout


@pytest.mark.parametrize("folder", ["a b", "a:b", "a,b", "a'b", "a$b", "a#b"])
def test_a_checkout_at_a_path_that_tools_take_apart_is_refused(tmp_path, folder):
    there = tmp_path / folder
    there.mkdir()
    shutil.copy(ROOT / "Makefile", there)
    done = subprocess.run(["make", "lab"], cwd=there, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"'{there}': the checkout must lie at a path of letters, digits" in done.stderr
    assert [path.name for path in there.iterdir()] == ["Makefile"]


def test_one_with_other_letters_is_not(tmp_path):
    there = tmp_path / "łąb+1.0_x-y"
    there.mkdir()
    shutil.copy(ROOT / "Makefile", there)
    subprocess.run(["make", "help"], cwd=there, capture_output=True, check=True)

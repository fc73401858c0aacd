# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A newcomer adds a datapath by docs/architecture.md alone: a file, its value, a captured guest, a generated row.

All of it happens in a copy of the tree, by the tree's own script and its own test. fixtures/newcomer/toy.json was
captured by fixtures/datapaths/capture.py, of a real QEMU with an e1000 on a TAP made beforehand.
"""

from __future__ import annotations

import filecmp
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CAPTURE = ROOT / "tests" / "unit" / "fixtures" / "newcomer" / "toy.json"
NEEDED = (
    "plugins",
    "scripts/datapaths_page.py",
    "docs/datapaths.md",
    "pyproject.toml",
    "tests/unit/conftest.py",
    "tests/unit/fixtures/datapaths",
    "tests/unit/plugins/module_utils/_datapaths",
)
REGISTRY = "plugins/module_utils/_datapaths/_registry.py"
ROOM = "ansible_collections.virtio.lab.plugins.module_utils._datapaths"
TOY = f'''"""An emulated NIC on a TAP made beforehand."""

from __future__ import annotations

from {ROOM} import _attachments, _backends, _frontends
from {ROOM}._datapath import Datapath

TOY = Datapath(
    "toy",
    "a toy over a TAP made beforehand",
    _frontends.E1000,
    _backends.QEMU,
    _attachments.ETHERNET,
    "The TAP belongs to QEMU's user.",
)
'''
# All that knows a datapath, asked in the copy.
ASKED = """
import json, runpy, sys
import yaml
runpy.run_path("tests/unit/conftest.py")
from ansible_collections.virtio.lab.plugins.module_utils._measure._argument_spec import BENCHMARK_RUN
from ansible_collections.virtio.lab.plugins.modules import benchmark_run, datapath
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._read import read_lab
from ansible_collections.virtio.lab.plugins.plugin_utils._report._words import _titles
LAB = '''name: newcomer
networks: [{name: lab, subnet: 192.168.99.0/24}]
images: [{name: tiny, kind: tiny}]
guests: [{name: g, image: tiny, interfaces: [{network: lab}]}]
campaign:
  guest: g
  datapaths: [qemu, toy, {name: toy-model, datapath: toy, model: e1000}]
'''
json.dump({
    "lab": read_lab(LAB, "lab.yml")["campaign"]["datapaths"],
    "choices": [
        yaml.safe_load(module.DOCUMENTATION)["options"]["datapath"]["choices"] for module in (benchmark_run, datapath)
    ],
    "spec": BENCHMARK_RUN["datapath"]["choices"],
    "title": _titles.title("toy"),
}, sys.stdout)
"""


@pytest.fixture(name="tree", scope="module")
def _tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = tmp_path_factory.mktemp("newcomer")
    for name in NEEDED:
        source, copy = ROOT / name, tree / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, copy)
    (tree / "plugins/module_utils/_datapaths/_toy.py").write_text(TOY, encoding="utf-8")
    registry = (tree / REGISTRY).read_text(encoding="utf-8")
    head, names = registry.split("DATAPATHS: tuple[Datapath, ...] = (")
    head += f"from {ROOM}._toy import TOY\n\nDATAPATHS: tuple[Datapath, ...] = (TOY, "
    (tree / REGISTRY).write_text(head + names, encoding="utf-8")
    shutil.copy2(CAPTURE, tree / "tests/unit/fixtures/datapaths")
    return tree


def told(tree: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-B", *argv], cwd=tree, capture_output=True, text=True, check=False)


def differing(tree: Path) -> set[str]:
    """Files of the copy that are not as they are in this tree, or not there."""
    files = [path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()]
    return {
        name
        for name in files
        if not (ROOT / name).is_file() or not filecmp.cmp(ROOT / name, tree / name, shallow=False)
    }


def test_by_the_files_that_the_page_names_and_no_other_one(tree: Path) -> None:
    by_hand = {
        "plugins/module_utils/_datapaths/_toy.py",
        "plugins/module_utils/_datapaths/_registry.py",
        "tests/unit/fixtures/datapaths/toy.json",
    }
    assert differing(tree) == by_hand
    before = told(tree, "scripts/datapaths_page.py", "--check")
    assert (before.returncode, before.stdout.count("run scripts/datapaths_page.py")) == (1, 3), before
    assert told(tree, "scripts/datapaths_page.py").returncode == 0
    after = told(tree, "scripts/datapaths_page.py", "--check")
    assert (after.returncode, after.stdout, after.stderr) == (0, "", "")
    written = {"docs/datapaths.md", "plugins/modules/benchmark_run.py", "plugins/modules/datapath.py"}
    assert differing(tree) == by_hand | written
    old, new = ((folder / "docs/datapaths.md").read_text(encoding="utf-8").splitlines() for folder in (ROOT, tree))
    (row,) = (line for line in new if line not in old)
    assert row.startswith(
        "| `toy` | a toy over a TAP made beforehand. The TAP belongs to QEMU's user. | emulated Intel"
    )
    assert [line for line in old if line not in new] == []

    asked = told(tree, "-c", ASKED)
    assert asked.returncode == 0, asked.stderr
    found = json.loads(asked.stdout)
    assert [found["lab"][0], found["lab"][1], found["lab"][2]["datapath"]] == ["qemu", "toy", "toy"]
    assert all("toy" in choices for choices in (*found["choices"], found["spec"]))
    assert found["title"] == "a toy over a TAP made beforehand"

    options = ("-q", "-p", "no:cacheprovider", "-rA", "-k", "toy or no_two")
    tested = told(tree, "-m", "pytest", *options, "tests/unit/plugins/module_utils/_datapaths")
    assert tested.returncode == 0, tested.stdout
    assert "test_the_signs_of_a_real_guest_name_its_datapath_and_no_other[False-toy]" in tested.stdout
    assert differing(tree) == by_hand | written


def test_the_page_names_the_files() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    part = page.split("**A datapath:**")[1].split("**A tool**")[0]
    for name in ("_datapaths/_NAME.py", REGISTRY, "fixtures/datapaths/NAME.json", "docs/datapaths.md"):
        assert name in part

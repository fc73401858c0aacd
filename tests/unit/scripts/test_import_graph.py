# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What scripts/import_graph.py says of made-up trees, and of this one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "scripts" / "import_graph.py"
FROM = "from ansible_collections.virtio.lab.plugins."
MARKS = "# Rooms\n<!-- rooms: scripts/import_graph.py --write -->\n<!-- rooms end -->\nMore.\n"


def asked(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, *argv], capture_output=True, text=True, check=False)


def tree(folder: Path, files: dict[str, str]) -> str:
    for name, source in files.items():
        path = folder / "plugins" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    (folder / "docs").mkdir()
    (folder / "docs" / "architecture.md").write_text(MARKS, encoding="utf-8")
    return str(folder)


def test_the_house_itself_has_no_circle_and_is_drawn_as_it_is():
    said = asked("--check")
    assert said.returncode == 0, said.stdout
    assert "no circle" in said.stdout


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {
                "module_utils/_a/_one.py": f"{FROM}module_utils._b import _two\n",
                "module_utils/_b/_two.py": "",
                "module_utils/_b/_three.py": f"{FROM}module_utils._a._one import name\n",
            },
            "these rooms import each other in a circle: module_utils/_a, module_utils/_b",
        ),
        (
            {
                "plugin_utils/_a/_one.py": f"def late():\n    {FROM}plugin_utils._a._two import name\n",
                "plugin_utils/_a/_two.py": f"if TYPE_CHECKING:\n    {FROM}plugin_utils._a import _one\n",
            },
            "these files import each other in a circle: plugin_utils/_a/_one.py, plugin_utils/_a/_two.py",
        ),
        (
            {
                "module_utils/_one.py": f"{FROM}plugin_utils._a._two import name\n",
                "plugin_utils/_a/_two.py": "",
            },
            "module_utils is shipped without plugin_utils: module_utils/_one.py -> plugin_utils/_a",
        ),
        ({"module_utils/_a/_one.py": ""}, "docs/architecture.md draws other rooms"),
    ],
)
def test_what_is_wrong_is_said_and_fails(tmp_path, files, said):
    checked = asked("--tree", tree(tmp_path, files), "--check")
    assert checked.returncode == 1
    assert said in checked.stdout


def test_a_drawing_leaves_out_what_others_say_already(tmp_path):
    here = tree(
        tmp_path,
        {
            "module_utils/_a/__init__.py": "name = 1\n",
            "module_utils/_b/_two.py": f"{FROM}module_utils._a import name\n{FROM}module_utils._loose import name\n",
            "module_utils/_loose.py": "",
            "plugin_utils/_c/_three.py": f"{FROM}module_utils import _a\n{FROM}module_utils._b._two import name\n",
        },
    )
    assert asked("--tree", here, "--write").returncode == 0
    page = (tmp_path / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = [line.split() for line in page.splitlines() if line.startswith("    ")]
    assert rooms == [["plugin_utils"], ["_c", "→", "_b"], ["module_utils"], ["_b", "→", "_a"], ["_a"]]
    assert page.startswith("# Rooms\n")
    assert page.endswith("\nMore.\n")
    assert asked("--tree", here, "--check").returncode == 0


def test_figures_of_a_tree(tmp_path):
    here = tree(
        tmp_path,
        {
            "module_utils/_a/_one.py": f"{FROM}module_utils._loose import name\n",
            "module_utils/_a/_two.py": "",
            "module_utils/_loose.py": "",
        },
    )
    lines = asked("--tree", here).stdout.splitlines()
    assert lines[0] == "3 files in 1 rooms; loose among them: 1 (1 in module_utils, 0 in plugin_utils)"
    assert lines[1:4] == [
        "largest room: module_utils/_a, 2 files",
        "arrows between rooms: 1",
        "circles of rooms: 0; of files: 0",
    ]

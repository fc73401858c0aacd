# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs and their libraries in a tree that is not '/'."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._guest import _tree
from ansible_collections.virtio.lab.plugins.module_utils._runner import run


@pytest.fixture(name="tree")
def tree_with_env(tmp_path: Path) -> Path:
    """Return a tree with the program env, its libraries and its loader, in the places they have here."""
    for path in ("/usr/bin/env", *_tree.libraries("/", "/usr/bin/env", run)):
        place = tmp_path / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)
    return tmp_path


def test_absolute_links_stay_inside_the_tree(tmp_path: Path) -> None:
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "bin").symlink_to("/usr/bin")
    tool = tmp_path / "usr/bin/real"
    tool.write_bytes(b"")
    tool.chmod(0o755)
    (tmp_path / "usr/bin/tool").symlink_to("/bin/real")
    assert _tree.resolve(str(tmp_path), "/bin/tool") == str(tool)
    assert _tree.find_program(str(tmp_path), "tool") == "/usr/bin/tool"


def test_a_link_that_climbs_out_ends_at_the_root(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/link").symlink_to("../../../../file")
    assert _tree.resolve(str(tmp_path), "/folder/link") == str(tmp_path / "file")


def test_a_loop_of_links_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert _tree.resolve(str(tmp_path), "/a") is None


def test_a_file_that_may_not_be_run_is_no_program(tmp_path: Path) -> None:
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "usr/bin/tool").write_bytes(b"")
    assert _tree.find_program(str(tmp_path), "tool") is None


def test_libraries_of_a_real_program():
    listed = _tree.libraries("/", "/usr/bin/env", run)
    assert any("libc.so" in path for path in listed)
    assert _tree.interpreter("/usr/bin/env") in listed


def test_libraries_are_found_inside_the_tree_by_its_own_loader(tree: Path) -> None:
    # Where the folders of libraries are links, the paths of the tree are the ones that they lead to.
    inside = {Path(path).name for path in _tree.libraries("/", "/usr/bin/env", run)}
    listed = _tree.libraries(str(tree), "/usr/bin/env", run)
    assert {Path(path).name for path in listed} == inside
    assert all(_tree.resolve(str(tree), path) for path in listed)
    assert _tree.read_bytes(str(tree), listed[0])


def test_a_program_of_the_tree_runs_by_the_trees_own_loader(tree: Path) -> None:
    argv = _tree.argv_in(str(tree), "/usr/bin/env", "--version")
    assert argv[0].startswith(str(tree))
    assert run(argv).stdout == run(["/usr/bin/env", "--version"]).stdout


def test_a_static_elf_program_has_no_interpreter(tmp_path: Path) -> None:
    program = bytearray(Path("/usr/bin/env").read_bytes())
    program[56:58] = b"\0\0"  # e_phnum: no program headers
    (tmp_path / "static").write_bytes(program)
    assert _tree.interpreter(str(tmp_path / "static")) is None


def test_a_script_has_no_libraries(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(f"#!{sys.executable}\n")
    assert _tree.interpreter(str(script)) is None
    assert _tree.libraries(str(tmp_path), "/script", run) == []

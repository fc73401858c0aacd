# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection says of itself: action groups, requirements of the control node."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
GROUPS = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))["action_groups"]


def documented(module: str) -> dict:
    """DOCUMENTATION of a module."""
    tree = ast.parse((ROOT / "plugins" / "modules" / f"{module}.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DOCUMENTATION":
            return yaml.safe_load(ast.literal_eval(node.value))
    raise AssertionError(f"{module} has no DOCUMENTATION")


def option_names(module: str) -> set[str]:
    """Options and their aliases, those of the fragments too."""
    names = set()
    documents = [documented(module)]
    for fragment in documents[0].get("extends_documentation_fragment", []):
        name = fragment.removeprefix("virtio.lab.").partition(".")[0]
        source = (ROOT / "plugins" / "doc_fragments" / f"{name}.py").read_text(encoding="utf-8")
        texts = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assign)]
        documents += [yaml.safe_load(ast.literal_eval(node.value)) for node in texts]
    for document in documents:
        for name, option in document.get("options", {}).items():
            names |= {name, *option.get("aliases", [])}
    return names


@pytest.mark.parametrize(("group", "shared"), [("libvirt", {"uri"}), ("links", {"netns", "state", "force"})])
def test_every_module_of_a_group_takes_what_the_group_sets(group: str, shared: set[str]) -> None:
    """Ansible hands the defaults of a group to each of its modules, and a module refuses what it does not know."""
    assert {module: shared - option_names(module) for module in GROUPS[group]} == {
        module: set() for module in GROUPS[group]
    }


@pytest.mark.parametrize(("group", "fragment"), [("libvirt", "virtio.lab._libvirt"), ("links", "virtio.lab._links")])
def test_a_group_has_the_modules_that_document_it_and_no_other(group: str, fragment: str) -> None:
    modules = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
    assert GROUPS[group] == [
        module for module in modules if fragment in documented(module).get("extends_documentation_fragment", [])
    ]


def test_an_execution_environment_gets_what_the_control_node_needs() -> None:
    def needed(path: str) -> list[str]:
        lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
        return [line for line in lines if line and not line.startswith(("#", "ansible-core"))]

    assert needed("meta/ee-requirements.txt") == needed("requirements.txt")


def test_every_locked_package_has_hashes() -> None:
    for name in ("requirements.lock", "requirements-test.lock", "requirements-importer.lock"):
        text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
        pinned = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
        assert pinned
        assert [line for line in pinned if "==" not in line or "--hash=sha256:" not in line] == []


def test_the_lock_has_what_is_required() -> None:
    def names(path: str) -> set[str]:
        lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
        return {
            line.split("=")[0].split(">")[0].split("<")[0].split("~")[0].lower() for line in lines if line[:1].isalpha()
        }

    assert names("requirements.txt") <= names("requirements.lock")
    assert names("requirements-test.txt") <= names("requirements-test.lock")

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that playbooks, roles and tests give to variables: none is Ansible's own, none a user's inventory may have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.vars.reserved import get_reserved_names
from jinja2.defaults import DEFAULT_NAMESPACE

ROOT = Path(__file__).resolve().parents[2]
# Ansible's, Jinja's, and the variables that Ansible sets by itself.
RESERVED = {*get_reserved_names(), *DEFAULT_NAMESPACE, "now", "undef", "query", "q", "lookup", "omit"} | {
    *("groups", "group_names", "hostvars", "inventory_hostname", "inventory_hostname_short", "inventory_dir"),
    *("inventory_file", "play_hosts", "playbook_dir", "role_name", "role_names", "role_path", "environment", "vars"),
}
# What a playbook is asked by name on the command line; each play that has one shadows what the inventory calls so.
ASKED = {"campaign", "baseline", "candidate", "datapath", "dest", "allowed_signers", "require", "fail_on"}
FOLDERS = ("playbooks", "roles", "molecule", "tests/integration", "benchmarks")
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.yml"))


def defined(node: Any) -> Iterator[str]:
    """The variables that tasks and plays below node define."""
    if isinstance(node, list):
        for each in node:
            yield from defined(each)
    if not isinstance(node, dict):
        return
    if isinstance(node.get("register"), str):
        yield node["register"]
    for key in ("vars", "ansible.builtin.set_fact"):
        if isinstance(node.get(key), dict):
            yield from node[key]
    for key in ("loop_var", "index_var"):
        if isinstance(node.get(key), str):
            yield node[key]
    for value in node.values():
        yield from defined(value)


def names_of(path: Path) -> set[str]:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    found = set(defined(content))
    if path.parent.name in ("defaults", "vars") or path.parent.parent.name == "vars":
        found |= set(content)
    return found - {"cacheable"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_name_is_reserved(path: Path) -> None:
    assert names_of(path) & RESERVED == set()


@pytest.mark.parametrize("path", sorted((ROOT / "playbooks").rglob("*.yml")), ids=lambda path: path.name)
def test_names_of_playbooks_are_the_collections_own(path: Path) -> None:
    roles = tuple(f"{role.name}_" for role in (ROOT / "roles").iterdir())
    foreign = {name for name in names_of(path) if not name.startswith(("virtio_lab_", *roles))}
    assert foreign - ASKED == set()


@pytest.mark.parametrize("role", sorted((ROOT / "roles").iterdir()), ids=lambda role: role.name)
def test_names_of_a_role_have_its_name(role: Path) -> None:
    names = set().union(*(names_of(path) for path in role.rglob("*.yml") if path.parent.name != "meta"))
    assert {name for name in names if not name.startswith(f"{role.name}_")} == set()


def roles_of(node: Any) -> Iterator[str]:
    """The roles that plays and tasks below node name."""
    for each in node if isinstance(node, list) else []:
        yield from roles_of(each)
    for key, value in node.items() if isinstance(node, dict) else []:
        if key in ("ansible.builtin.include_role", "ansible.builtin.import_role"):
            yield value["name"]
        elif key == "roles":
            yield from (role["role"] for role in value)
        else:
            yield from roles_of(value)


@pytest.mark.parametrize("path", sorted((ROOT / "playbooks").glob("*.yml")), ids=lambda path: path.name)
def test_every_role_of_a_playbook_is_there(path: Path) -> None:
    ours = {f"virtio.lab.{role.name}" for role in (ROOT / "roles").iterdir()}
    assert set(roles_of(yaml.safe_load(path.read_text(encoding="utf-8")))) <= ours

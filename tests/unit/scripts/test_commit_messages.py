# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What scripts/commit_messages.py says of messages, and of the commits of made-up repositories."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ..conftest import loaded

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "commit_messages.py"


MESSAGES = loaded(SCRIPT)


@pytest.mark.parametrize(
    "message",
    [
        "Refuse VLANs that bridge cannot print",
        "links: refuse VLANs that bridge cannot print",
        "tests/unit: hold the report",
        "sriov_vf: need no root to look",
        "Process each run once",
        "Focus on what is measured",
        "Embed the fonts",
        "compare: bring both campaigns together",
        "x" * 72,
        "Merge branch 'main' into work",
        "links: pass MTU and VLAN: both at once",
    ],
)
def test_a_good_subject(message):
    assert list(MESSAGES.faults(message, 1)) == []


@pytest.mark.parametrize(
    ("message", "changed", "fault"),
    [
        ("x" * 73, 1, "the subject has 73 characters; 72 at most"),
        ("Refuse it.", 1, "the subject ends with a full stop; leave it out"),
        ("", 1, "the subject says nothing"),
        ("links: ", 1, "the subject says nothing"),
        ("Refused it", 1, "the subject begins with 'Refused'; say what to do"),
        ("links: refusing it", 1, "the subject begins with 'refusing'; say what to do"),
        ("links: refuses it", 1, "the subject begins with 'refuses'; say what to do"),
        ("links: a VLAN is refused", 1, "the subject begins with 'a'; say what to do"),
        ("The VLAN is refused", 1, "the subject begins with 'The'; say what to do"),
        ("Refuse it\nas it is wrong", 1, "the line after the subject is not empty"),
        ("Refuse it", 31, "no body, and 31 lines are changed; say why from 31 lines on"),
        ("Refuse it\n\n \n", 31, "no body, and 31 lines are changed"),
    ],
)
def test_what_is_wrong_is_said(message, changed, fault):
    (said,) = MESSAGES.faults(message, changed)
    assert said.startswith(fault)


def test_a_reason_makes_a_large_commit_right():
    assert list(MESSAGES.faults("Refuse it\n\nNobody planned it.\n", 5000)) == []
    assert list(MESSAGES.faults("Refuse it", 30)) == []


ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    **{f"GIT_{who}_{what}": "t@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


def git(tree: Path, *argv: str) -> None:
    subprocess.run(["git", *argv], cwd=tree, env=ENVIRONMENT, check=True, capture_output=True)


def asked(tree: Path, *argv: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, tree / "scripts" / SCRIPT.name, *argv],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def with_script(tree: Path) -> Path:
    (tree / "scripts").mkdir(parents=True)
    shutil.copy(SCRIPT, tree / "scripts")
    return tree


def commit(tree: Path, subject: str) -> None:
    with (tree / "file").open("a") as file:
        file.write(f"{subject}\n")
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "--message", subject)


@pytest.fixture(name="tree")
def _tree(tmp_path: Path) -> Path:
    """A repository with a commit from before the rule, and the one that the rule came with."""
    tree = tmp_path / "tree"
    tree.mkdir()
    git(tree, "init", "--quiet", "--initial-branch", "main")
    commit(tree, "the old way.")
    with_script(tree)
    commit(tree, "what came with the rule")
    return tree


def test_old_commits_are_left_in_peace_and_new_ones_are_held_to_the_rule(tree):
    assert asked(tree) == (0, "0 commits\n")
    commit(tree, "Refuse it")
    assert asked(tree) == (0, "1 commits\n")
    commit(tree, "refused it.")
    code, said = asked(tree)
    assert code == 1
    assert "the subject ends with a full stop" in said
    assert "begins with 'refused'" in said
    assert said.endswith("2 commits, 2 faults\n")


def test_a_change_of_the_rule_holds_nobody_to_it_afterwards(tree):
    commit(tree, "refused it.")
    with (tree / "scripts" / SCRIPT.name).open("a") as script:
        script.write("# stricter\n")
    commit(tree, "what the rule was changed by")
    assert asked(tree) == (0, "0 commits\n")


def test_a_range_can_be_asked_for(tree):
    assert asked(tree, "HEAD~1..HEAD")[0] == 1
    assert asked(tree, "nowhere..HEAD")[0] == 1


def test_what_is_released_or_published_is_not_new(tree):
    commit(tree, "refused it.")
    git(tree, "tag", "v1")
    assert asked(tree) == (0, "0 commits\n")
    commit(tree, "refused it again.")
    assert asked(tree)[0] == 1
    git(tree, "update-ref", "refs/remotes/origin/main", "HEAD")
    assert asked(tree) == (0, "0 commits\n")


def test_a_shallow_clone_is_looked_at_from_its_oldest_commit_on(tree, tmp_path):
    commit(tree, "refused it.")
    commit(tree, "Refuse more")
    git(tmp_path, "clone", "--quiet", "--depth", "2", tree.as_uri(), "shallow")
    git(tmp_path / "shallow", "remote", "remove", "origin")
    assert asked(tmp_path / "shallow") == (0, "1 commits\n")


def test_a_tarball_has_no_commits_and_a_tree_in_another_repository_neither(tree, tmp_path):
    inside = with_script(tree / "vendored")
    outside = with_script(tmp_path / "tarball")
    for folder in (inside, outside):
        code, said = asked(folder)
        assert code == 0
        assert said.startswith("no commits of this tree to look at: ")


def test_a_rule_that_is_not_committed_yet_holds_nobody(tmp_path):
    tree = tmp_path / "new"
    tree.mkdir()
    git(tree, "init", "--quiet")
    commit(tree, "the old way.")
    with_script(tree)
    assert asked(tree) == (0, "0 commits\n")

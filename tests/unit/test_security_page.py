# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/security.md promises nothing without a test: each row of a table names one, and it exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = re.compile(r"((?:tests|molecule)/[\w/-]+\.[a-z]+)(?:::(\w+))?")
OPEN = re.compile(r"\*open: [A-Z][0-9]+\*")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith(("| it must not be able to |", "| promise |"))
]


def test_there_are_promises():
    assert len(ROWS) > 40


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:60])
def test_each_promise_has_its_test(row):
    assert len(row) == 2
    assert NAMED.search(row[1]) or OPEN.fullmatch(row[1]), row


@pytest.mark.parametrize(("path", "name"), sorted({match.groups() for match in NAMED.finditer(PAGE)}))
def test_each_test_exists(path, name):
    """A function of that name in a file of Python, the name in another file, the file alone where no name is given."""
    file = ROOT / path
    assert file.is_file(), path
    if name and file.suffix == ".py":
        tree = ast.parse(file.read_text(encoding="utf-8"))
        assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, f"{path}::{name}"
    elif name:
        assert name in file.read_text(encoding="utf-8"), f"{path}::{name}"

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML with the lines kept: a mapping that says the same key twice is an error, and a problem can name its line."""

from __future__ import annotations

from typing import Any

import yaml

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._problem import Problem, join


def load(text: str) -> tuple[Any, dict[str, int], list[Problem]]:
    """The document, the line (from 1) of each path in it, and a problem for each key that comes twice.

    Raises LabError with the line when the text is no YAML.
    """
    lines: dict[str, int] = {"": 1}
    problems: list[Problem] = []
    try:
        root = yaml.compose(text, yaml.SafeLoader)
        if root is not None:
            _walk(root, "", lines, problems, set())
        return yaml.safe_load(text), lines, problems
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise LabError(f"{where}this is no YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise LabError(f"this is no YAML: {error}") from None


def line_of(path: str, lines: dict[str, int]) -> int:
    """The line of path, or of the nearest thing around it that is in the file."""
    while path not in lines:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return lines[path]


def _walk(node: yaml.Node, path: str, lines: dict[str, int], problems: list[Problem], seen: set[int]) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if id(node) in seen:  # an alias: its lines are those of the anchor
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, f"{path}[{index}]", lines, problems, seen)
    elif isinstance(node, yaml.MappingNode):
        first: dict[str, int] = {}
        for key, content in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            line = key.start_mark.line + 1
            at = join(path, key.value)
            if key.value in first:
                problems.append(Problem(at, f"is there twice, first in line {first[key.value]}; keep one"))
            first[key.value] = line
            lines[at] = line
            _walk(content, at, lines, problems, seen)

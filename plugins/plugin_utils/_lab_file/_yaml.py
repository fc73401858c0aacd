# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML with the lines kept: a mapping that says the same key twice is an error, and a problem can name its line."""

from __future__ import annotations

from typing import Any

import yaml

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._text import plain
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._problem import Problem, join

LARGEST = 1 << 19
DEEPEST = 40
MOST_NODES = 100_000
# What PyYAML raises for a scalar that looks like a number or a day and is none.
_NO_VALUE = (ValueError, TypeError, OverflowError, AttributeError, KeyError, IndexError)


def load(text: str) -> tuple[Any, dict[str, int], list[Problem]]:
    """The document, the line (from 1) of each path in it, and a problem for each key that comes twice.

    Raises LabError with the line when the text is no YAML.
    """
    if len(text) > LARGEST:
        raise LabError(f"this has {len(text)} characters; a lab file of at most {LARGEST} is read")
    lines: dict[str, int] = {"": 1}
    problems: list[Problem] = []
    try:
        loader = _Bounded(text)
        root = loader.get_single_node()
        if root is None:
            return None, lines, problems
        _expanded(root, {})
        _walk(root, "", lines, problems, set())
        return loader.construct_document(root), lines, problems
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise LabError(f"{where}this is no YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, *_NO_VALUE) as error:
        raise LabError(f"this is no YAML: {plain(error, 300)}") from None


class _Bounded(yaml.SafeLoader):
    """PyYAML goes one call deeper for each level of the text, so their number is bounded while it is read."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self._depth += 1
        if self._depth > DEEPEST:
            raise LabError(f"line {self.line + 1}: this is nested deeper than {DEEPEST} levels; no lab file needs that")
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


def _expanded(node: yaml.Node, known: dict[int, int | None]) -> int:
    """How many nodes there are with every alias written out: nine aliases of nine aliases of … are a billion."""
    size = known.get(id(node), 0)
    if size is None:
        raise LabError(f"line {node.start_mark.line + 1}: this anchor holds itself; write it out")
    if size:
        return size
    known[id(node)] = None
    inner = node.value if isinstance(node, yaml.CollectionNode) else []
    nodes = [each for pair in inner for each in (pair if isinstance(pair, tuple) else (pair,))]
    size = 1 + sum(_expanded(each, known) for each in nodes)
    if size > MOST_NODES:
        raise LabError(
            f"line {node.start_mark.line + 1}: with its aliases written out this is more than {MOST_NODES} values"
        )
    known[id(node)] = size
    return size


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

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every regular expression of the plugins: none takes time that grows with the square of what a guest prints.

A pattern is found in the sources, so a new one is looked at as soon as it is there. What is counted is not time but
steps: a pattern that may begin anywhere has no repetition without a bound, for each of the beginnings could run to the
end. Those that begin at one place only, where text was bounded before, are named with the reason.
"""

from __future__ import annotations

import ast
import re
import re._constants as constants  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

PLUGINS = Path(__file__).parents[3] / "plugins"
FUNCTIONS = ("compile", "search", "match", "fullmatch", "findall", "finditer", "sub", "split")
# One beginning alone: what follows is looked at once.
ANCHORED = ("match", "fullmatch")
# Patterns that are put together as the code runs, and why that is no matter.
MADE = {"module_utils/_libvirt/_networks/_values.py": "of the name of a bridge, 15 characters at most"}
REPEATS = (constants.MAX_REPEAT, constants.MIN_REPEAT, getattr(constants, "POSSESSIVE_REPEAT", constants.MAX_REPEAT))


class Pattern(NamedTuple):
    """Where it stands, the text (what is put into it is a letter), and which functions it is used with."""

    where: str
    text: str
    uses: frozenset[str]

    @property
    def is_anchored(self) -> bool:
        return self.uses <= set(ANCHORED) and bool(self.uses)


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value.decode("latin-1") if isinstance(node.value, bytes) else str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "x" for part in node.values)
    return None


def _in(path: Path) -> Iterator[Pattern]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    methods: dict[str, set[str]] = {}
    for call in calls:
        if isinstance(call.func.value, ast.Name) and call.func.attr in FUNCTIONS[1:]:
            methods.setdefault(call.func.value.id, set()).add(call.func.attr)
    values = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    names = {
        id(node.value): target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for call in calls:
        module = call.func.value
        if not (isinstance(module, ast.Name) and module.id == "re" and call.func.attr in FUNCTIONS):
            continue
        given = call.args[0]
        text = _text(values.get(given.id, given) if isinstance(given, ast.Name) else given)
        if str(path.relative_to(PLUGINS)) in MADE:
            continue
        assert text is not None, f"{path}:{call.lineno}: a pattern that cannot be read from the source"
        uses = methods.get(names.get(id(call), ""), set()) if call.func.attr == "compile" else {call.func.attr}
        yield Pattern(f"{path.relative_to(PLUGINS)}:{call.lineno}", text, frozenset(uses))


PATTERNS = [pattern for path in sorted(PLUGINS.rglob("*.py")) for pattern in _in(path)]


def steps(parsed: Any) -> float:
    """The most ways in which one beginning can be tried: of what is repeated all counts, infinite without a bound."""
    product = 1.0
    for operation, argument in parsed:
        if operation in REPEATS:
            _least, most, inner = argument
            within = steps(inner)
            last = float("inf") if most is constants.MAXREPEAT else float(most)
            product *= max(1.0, last) if within <= 1 else max(1.0, last * within)
        elif operation is constants.SUBPATTERN:
            product *= steps(argument[-1])
        elif operation is constants.BRANCH:
            product *= sum(steps(branch) for branch in argument[1])
        elif operation in (constants.ASSERT, constants.ASSERT_NOT):
            product *= steps(argument[1])
    return product


def test_the_patterns_are_found():
    assert len(PATTERNS) > 40
    assert {"module_utils/_measure/_window/_counters.py", "plugin_utils/_report/_words/_tables.py"} <= {
        p.where.split(":")[0] for p in PATTERNS
    }


@pytest.mark.parametrize("pattern", [p for p in PATTERNS if not p.is_anchored], ids=lambda p: p.where)
def test_what_begins_anywhere_repeats_nothing_without_a_bound(pattern):
    found = steps(parser.parse(pattern.text, re.MULTILINE))
    assert found < float("inf"), f"{pattern.text!r} repeats something without a bound"


@pytest.mark.parametrize("pattern", [p for p in PATTERNS if p.is_anchored], ids=lambda p: p.where)
def test_what_begins_once_has_no_repetition_in_a_repetition(pattern):
    def nested(parsed: Any, inside: bool = False) -> bool:
        for operation, argument in parsed:
            unbounded = operation in REPEATS and argument[1] is constants.MAXREPEAT
            if unbounded and inside:
                return True
            parts = argument if isinstance(argument, (tuple, list)) else ()
            if any(nested(part, inside or unbounded) for part in _inner(parts)):
                return True
        return False

    assert not nested(parser.parse(pattern.text)), f"{pattern.text!r} repeats what is repeated"


def test_no_end_of_a_text_is_before_its_last_line_break():
    r"""$ matches before a last newline too, \Z does not. With MULTILINE the end of each line is meant."""
    for pattern in PATTERNS:
        path, line = pattern.where.split(":")
        said = "".join((PLUGINS / path).read_text(encoding="utf-8").splitlines()[int(line) - 1 : int(line) + 5])
        if "MULTILINE" not in said:
            assert not _ends(parser.parse(pattern.text)), f"{pattern.where}: {pattern.text!r}"


def _ends(parsed: Any) -> bool:
    """Whether it has a $ somewhere."""
    return any(
        argument is constants.AT_END or (isinstance(argument, (tuple, list)) and any(map(_ends, _inner(argument))))
        for _operation, argument in parsed
    )


def _inner(argument: Any) -> Iterator[Any]:
    for part in argument:
        if isinstance(part, parser.SubPattern):
            yield part
        elif isinstance(part, list):
            yield from _inner(part)


UNITS = [
    "\n",
    " ",
    "0",
    "a",
    "A_",
    "=",
    "0.",
    "\n0",
    "rx",
    "icmp_seq=",
    "x: on",
    "Combined: 0",
    "\n\n1 packets",
    "www.",
]


def _cost(pattern: re.Pattern[str], text: str) -> float:
    began = time.process_time()
    for _found in pattern.finditer(text):
        pass
    return time.process_time() - began


def test_sixteen_times_the_text_takes_no_hundred_times_the_time():
    """CPU time of this process, where it is enough to be measured at all: of a square it would be 256 times as much."""
    for pattern in PATTERNS:
        if pattern.is_anchored:
            continue
        compiled = re.compile(pattern.text, re.MULTILINE)
        for unit in UNITS:
            small, large = (unit * (size // len(unit)) for size in (1 << 10, 1 << 14))
            cost = _cost(compiled, large)
            if cost > 0.02:
                assert cost < 100 * max(min(_cost(compiled, small) for _try in range(3)), 1e-4), (pattern, unit)

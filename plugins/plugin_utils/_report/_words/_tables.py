# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables in Markdown and on a terminal, and the door by which text of others gets into them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._text import lines, plain

CELL = 1000
COLUMN = 120
FENCED = 20_000
# What begins markup, an entity or a link of CommonMark, of GitHub's and GitLab's dialects, anywhere in a line.
_LIVE = re.compile(r"[\\`*\[\]<>|~&#$!{}]")
_EDGE = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_LINK = re.compile(r"(?i)(?<=www)\.|:(?=//)|(?<=mailto):|(?<=xmpp):")
# What begins a block at the start of a line.
_BLOCK = re.compile(r"^(?:[-+](?= |\Z|-)|=|:(?=-)|[0-9]{1,9}(?=[.)](?: |\Z)))")


class Markup(str):
    """Markdown that was made here, of parts that went through escaped(): it is not escaped again."""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table in Markdown; nothing where there is no row."""
    if rows:
        yield "| " + " | ".join(head) + " |"
        yield "|" + "---|" * len(head)
        for row in rows:
            yield "| " + " | ".join(escaped(cell) for cell in row) + " |"
        yield ""


def escaped(value: Any) -> str:
    """Names and reasons are data: no table break, no markup, no link, no mention, no raw HTML out of them."""
    if isinstance(value, Markup):
        return value
    line = _LIVE.sub(r"\\\g<0>", plain(value, CELL))
    line = _LINK.sub(r"\\\g<0>", _EDGE.sub(r"\\_", line))
    # An address of mail is found after the escapes are gone, and a code span is not looked into.
    return re.sub("@", "`@`", _BLOCK.sub(_before_last, line))


def fenced(text: Any, language: str = "") -> str:
    """A block of code that holds text as it is: its fence is longer than any in the text."""
    shown = lines(text, FENCED).strip("\n")
    longest = _longest_run(shown)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{shown}\n{fence}"


def code(text: Any) -> str:
    """A span of code that holds text as it is, also in a cell of a table."""
    shown = plain(text, CELL)
    fence = "`" * (1 + _longest_run(shown))
    pad = " " if shown[:1] in ("`", "") or shown[-1:] == "`" else ""
    return f"{fence}{pad}{shown}{pad}{fence}".replace("|", "\\|")


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """A table for a terminal: the first row is its head."""
    clean = [[plain(cell, COLUMN) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in clean) for column in range(len(clean[0]))]
    shown = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in clean]
    return [shown[0], "  ".join("─" * width for width in widths), *shown[1:]]


def _longest_run(text: str) -> int:
    """How many ticks or tildes stand side by side at the most."""
    return max((len(list(run)) for each, run in itertools.groupby(text) if each in "`~"), default=0)


def _before_last(found: re.Match[str]) -> str:
    """A digit cannot be escaped, the dot after it can: "1." becomes "1\\."."""
    return f"{found.group(0)}\\" if found.group(0).isdigit() else f"\\{found.group(0)}"

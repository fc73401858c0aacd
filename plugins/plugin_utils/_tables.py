# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables in Markdown and on a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table in Markdown; nothing where there is no row."""
    if rows:
        yield "| " + " | ".join(head) + " |"
        yield "|" + "---|" * len(head)
        for row in rows:
            yield "| " + " | ".join(escaped(cell) for cell in row) + " |"
        yield ""


def escaped(value: Any) -> str:
    """Names and reasons are data: no table break, no markup, no raw HTML out of them."""
    line = " ".join(str(value).split(" ")).replace("\r", " ").replace("\n", " ")
    return re.sub(r"([\\`|<>])", r"\\\1", line)


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """A table for a terminal: the first row is its head."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [lines[0], "  ".join("─" * width for width in widths), *lines[1:]]

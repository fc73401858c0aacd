# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a picture is, and what stands in its place where there is no data for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Spec = dict[str, Any]
ROWS_SHOWN = 100


@dataclass(frozen=True)
class Table:
    """The figures of a picture; the first cell of a row names it. Numbers are formatted by the page, None is a dash."""

    head: Sequence[str]
    rows: Sequence[Sequence[str | float | None]]

    @property
    def shown(self) -> Sequence[Sequence[str | float | None]]:
        """As many rows as a reader can use; comparison.json has them all."""
        return self.rows[:ROWS_SHOWN]


@dataclass(frozen=True)
class Key:
    """An entry of a legend: what stands for ``name`` in the picture. ``line``: a dash pattern in place of a shape."""

    name: str
    colour: str
    shape: str = "circle"
    hollow: bool = False
    line: str | None = None


@dataclass(frozen=True)
class Chart:
    """``name`` is the id in the page; ``label`` what a reader who cannot see the picture is told.

    A ``spec`` of several panels is drawn panel by panel, so that they flow as the page is wide. ``legend``: theirs.
    ``narrow``: another drawing of the same for a narrow screen, where the panels alone would not do.
    """

    name: str
    title: str
    label: str
    caption: str
    spec: Spec
    table: Table
    legend: Sequence[Key] = ()
    narrow: Spec | None = None


@dataclass(frozen=True)
class Absent:
    """A picture that is not drawn, and one sentence why."""

    name: str
    title: str
    why: str

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All comparisons of a report together: corrected for their number, then judged one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._holm import holm
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._interval import Ratio
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._rules import BLOCKS_FOR_VERDICT
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._verdict import DETAIL, Judgement, judge


@dataclass(frozen=True)
class Compared:
    """One comparison: its ratio (None where there is none), and the A/A contrasts that must stand beside a claim.

    A contrast that was not measured is None. What is no ``headline`` figure is shown and never judged.
    """

    ratio: Ratio | None
    floors: Sequence[Ratio | None] = (None,)
    headline: bool = True


def family(compared: Sequence[Compared]) -> int:
    """How many of the comparisons may end in a verdict: the number that the correction is made for."""
    return sum(_counts(entry) for entry in compared)


def judge_all(
    compared: Sequence[Compared], obstacles: Sequence[str] = ()
) -> list[tuple[float | None, Judgement | None]]:
    """(adjusted p, judgement) for each; both None where a headline figure has no ratio.

    ``obstacles``: why the campaign is unfit for claims, if it is.
    """
    size = family(compared)
    p = [entry.ratio.p for entry in compared if entry.ratio and _counts(entry)]
    adjusted = iter(holm(p).tolist() if p else [])
    found: list[tuple[float | None, Judgement | None]] = []
    for entry in compared:
        if not entry.headline:
            found.append((None, DETAIL))
            continue
        mine = next(adjusted) if _counts(entry) else None
        found.append((mine, judge(entry.ratio, mine, size, entry.floors, obstacles) if entry.ratio else None))
    return found


def _counts(entry: Compared) -> bool:
    ratio = entry.ratio
    return entry.headline and ratio is not None and ratio.blocks >= BLOCKS_FOR_VERDICT and ratio.p is not None

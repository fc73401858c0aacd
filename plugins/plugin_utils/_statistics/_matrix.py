# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All comparisons of a report together: corrected for their number, then judged one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._holm import holm
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._interval import Ratio
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._rules import BLOCKS_FOR_VERDICT
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._verdict import Judgement, judge


@dataclass(frozen=True)
class Compared:
    """One comparison: its ratio (None where there is none), the A/A arms beside it."""

    ratio: Ratio | None
    floors: Sequence[Ratio] = field(default=())


def family(compared: Sequence[Compared]) -> int:
    """How many of the comparisons may end in a verdict: the number that the correction is made for."""
    return sum(_counts(entry.ratio) for entry in compared)


def judge_all(compared: Sequence[Compared]) -> list[tuple[float | None, Judgement | None]]:
    """(adjusted p, judgement) for each; both None where there is no ratio."""
    size = family(compared)
    p = [entry.ratio.p for entry in compared if entry.ratio and _counts(entry.ratio)]
    adjusted = iter(holm(p).tolist() if p else [])
    found = []
    for entry in compared:
        mine = next(adjusted) if _counts(entry.ratio) else None
        found.append((mine, judge(entry.ratio, mine, size, entry.floors) if entry.ratio else None))
    return found


def _counts(ratio: Ratio | None) -> bool:
    return ratio is not None and ratio.blocks >= BLOCKS_FOR_VERDICT and ratio.p is not None

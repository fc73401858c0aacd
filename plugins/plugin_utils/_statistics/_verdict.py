# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is claimed of a ratio, what stands against the claim, and why, in plain words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._interval import Ratio
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._rules import (
    ALPHA,
    BLOCKS_FOR_VERDICT,
    EQUIVALENCE,
)

NOT_AGAINST_CHANCE = "no A/A arm stands beside it, so how large a difference of nothing looks is not known"


@dataclass(frozen=True)
class Judgement:
    """``word``: higher, lower, equivalent, inconclusive, or none where there are too few blocks to say.

    ``claim`` is what the ratio alone would say; a refused claim is inconclusive. ``reasons`` are whole phrases.
    """

    word: str
    claim: str
    reasons: tuple[str, ...]

    @property
    def refused(self) -> bool:
        return self.word != self.claim


def judge(ratio: Ratio, adjusted_p: float | None, family: int, floors: Sequence[Ratio] = ()) -> Judgement:
    """The verdict on a ratio.

    ``adjusted_p``: its p after Holm's correction over ``family`` comparisons. ``floors``: the A/A arms that stand
    beside it, each a ratio of the same figure of one datapath to itself.
    """
    if ratio.blocks < BLOCKS_FOR_VERDICT or ratio.low is None or ratio.high is None or adjusted_p is None:
        return Judgement("none", "none", (f"{ratio.blocks} of the {BLOCKS_FOR_VERDICT} blocks that a verdict needs",))
    claim, reason = _claim(ratio.low, ratio.high, adjusted_p, family)
    if claim == "inconclusive":
        return Judgement(claim, claim, (reason,))
    refusals = [refusal for floor in floors if (refusal := _refusal(ratio, claim, floor))]
    if refusals:
        return Judgement("inconclusive", claim, (*refusals, reason))
    return Judgement(claim, claim, (reason,) if floors else (reason, NOT_AGAINST_CHANCE))


def _claim(low: float, high: float, adjusted_p: float, family: int) -> tuple[str, str]:
    band = f"±{(EQUIVALENCE - 1) * 100:.0f} %"
    if low >= 1 / EQUIVALENCE and high <= EQUIVALENCE:
        return "equivalent", f"the whole interval lies within {band}"
    p = f"p = {adjusted_p:.2g}" if adjusted_p >= 0.001 else "p < 0.001"
    corrected = f"{p} after Holm's correction for {family} comparisons"
    if low <= 1 <= high:
        return "inconclusive", f"the interval holds 1 and reaches beyond {band}: more blocks would narrow it"
    if adjusted_p >= ALPHA:
        return "inconclusive", f"the interval excludes 1, but that may be chance among many: {corrected}"
    return ("higher" if low > 1 else "lower"), f"the interval excludes 1, {corrected}"


def _refusal(ratio: Ratio, claim: str, floor: Ratio) -> str | None:
    """Why the A/A arm forbids the claim; None where it does not."""
    if floor.low is None or floor.high is None:
        return f"refused: the A/A arm has {floor.blocks} block, too few to stand against"
    shown = f"{floor.ratio:.3g}× [{floor.low:.3g}, {floor.high:.3g}]"
    if floor.low > 1 or floor.high < 1:
        return f"refused: the A/A arm finds {shown} where there is no difference"
    claimed = 2 * math.log(EQUIVALENCE) if claim == "equivalent" else abs(math.log(ratio.ratio))
    if floor.width() > claimed:
        what = "the band of equivalence" if claim == "equivalent" else "the claimed effect"
        return (
            f"refused: the A/A interval {shown} is wider ({_percent(floor.width())}) than {what} ({_percent(claimed)})"
        )
    return None


def _percent(log: float) -> str:
    """A width in logarithms as the percent it is of the lower bound."""
    if log >= math.log(100):
        return "over a hundredfold"
    percent = 100 * math.expm1(log)
    return f"{percent:.2g} %" if percent < 100 else f"{percent:.0f} %"

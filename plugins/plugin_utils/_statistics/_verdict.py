# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is claimed of a ratio, what stands against the claim, and why, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._fitness import stands
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._interval import Ratio
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._rules import (
    ALPHA,
    BLOCKS_FOR_VERDICT,
    EQUIVALENCE,
)


@dataclass(frozen=True)
class Judgement:
    """``word``: higher, lower, equivalent, inconclusive; none of too few blocks; detail of what is not judged.

    ``claim`` is what the ratio alone would say; a refused claim is inconclusive. ``reasons`` are whole phrases.
    ``lacks``: what was not measured and had to stand beside the claim, in a word or two.
    """

    word: str
    claim: str
    reasons: tuple[str, ...]
    lacks: str = ""

    @property
    def refused(self) -> bool:
        return self.word != self.claim


DETAIL = Judgement("detail", "detail", ("a detail: only the headline figures are judged",))


def judge(
    ratio: Ratio,
    adjusted_p: float | None,
    family: int,
    floors: Sequence[Ratio | None],
    obstacles: Sequence[str] = (),
) -> Judgement:
    """The verdict on a ratio: what its interval and the corrected p say, where the A/A arm lets it be said.

    ``adjusted_p``: its p after Holm's correction over ``family`` comparisons. ``floors``: the A/A contrasts of the same
    figure, one of each campaign; a claim needs each of them. ``obstacles``: why the whole campaign is unfit, if it is.
    """
    if ratio.blocks < BLOCKS_FOR_VERDICT or ratio.low is None or ratio.high is None or adjusted_p is None:
        return Judgement("none", "none", (f"{ratio.blocks} of the {BLOCKS_FOR_VERDICT} blocks that a verdict needs",))
    claim, reason = _claim(ratio.low, ratio.high, adjusted_p, family)
    if claim == "inconclusive":
        return Judgement(claim, claim, (reason,))
    lacks = next((lack for floor in (floors or (None,)) if (lack := _lack(floor))), "")
    refusals = [f"refused: {lacks}, so how large a difference of nothing looks is not known"] if lacks else []
    refusals += [f"refused: {obstacle}" for obstacle in obstacles[:1]]
    if refusals:
        return Judgement("inconclusive", claim, (*refusals, reason), lacks)
    return Judgement(claim, claim, (reason,))


def _lack(floor: Ratio | None) -> str:
    """What the A/A contrast lacks to let a claim stand; nothing where it has it."""
    if stands(floor):
        return ""
    blocks = floor.blocks if floor else 0
    return f"A/A in {blocks} of {BLOCKS_FOR_VERDICT} blocks" if blocks else "no A/A"


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

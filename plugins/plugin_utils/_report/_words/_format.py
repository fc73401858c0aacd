# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a figure is written: the same digits in the page, the Markdown and on the terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

DASH = "–"


def number(value: float | None) -> str:
    """Three significant digits, counts and anything from 100 on whole, thousands apart; None is a dash, never 0."""
    if value is None:
        return DASH
    if value == 0 or isinstance(value, int) or abs(float(f"{value:.3g}")) >= 100:
        return f"{value:,.0f}".replace(",", "\u202f")
    decimals = 2 - math.floor(math.log10(abs(float(f"{value:.3g}"))))
    return f"{value:.{min(decimals, 9)}f}"


def ratio(found: Mapping[str, Any]) -> str:
    """``1.18× [1.12, 1.24]``; without an interval ``1.18×``; a dash when there is no ratio."""
    if found["ratio"] is None:
        return DASH
    if found["low"] is None:
        return f"{_times(found['ratio'])}×"
    return f"{_times(found['ratio'])}× [{_times(found['low'])}, {_times(found['high'])}]"


def interval(bounds: Mapping[str, float] | None) -> str:
    """``[1.12, 1.24]``, or a dash."""
    return f"[{_times(bounds['low'])}, {_times(bounds['high'])}]" if bounds else DASH


def p_value(value: float | None) -> str:
    """Two significant digits; what is very small is said as such."""
    if value is None:
        return DASH
    return "<0.001" if value < 0.001 else f"{min(value, 1):.2g}"


NO_P = "p is given where a ratio has the blocks that a verdict needs"


def block_ratios(ratio: Mapping[str, Any], most: int = 12) -> str:
    """Every block's own ratio in the order of the blocks; of more than most only how far they reach."""
    found = [row["ratio"] for row in ratio["per_block"] if row["ratio"] is not None]
    if not found:
        return DASH
    if len(found) > most:
        return f"{_times(min(found))} to {_times(max(found))} in {len(found)} blocks"
    return " ".join(map(_times, found))


def _times(value: float) -> str:
    """Two decimals, two digits below 0.1; what two blocks leave wide open is said as such, not with many digits."""
    if value < 0.001:
        return "<0.001"
    if value > 1000:
        return ">1000"
    return f"{value:.2f}" if value >= 0.0995 else f"{value:.2g}"


class Footnotes:
    """Reasons by number: the same reason is noted once."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def mark(self, reason: str) -> int:
        """The number of the reason, from 1."""
        if reason not in self.reasons:
            self.reasons.append(reason)
        return self.reasons.index(reason) + 1


def headline(workload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The figures that a workload is about, such as its rate and its CPU cost; they always stand together."""
    return [figure for figure in workload["figures"] if figure["headline"]]


def remarks(figure: Mapping[str, Any]) -> list[str]:
    """Why the verdict is what it is, and what a reader should know besides; the count of blocks says itself."""
    verdict = figure["verdict"]
    reasons = [] if verdict["word"] in ("none", "detail") else verdict["reasons"]
    return [*reasons, *(f"flag: {flag['text']}" for flag in figure["flags"])]


def sides(comparison: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of what is compared: what is divided by, and what is divided, if there is such."""
    return (comparison["baseline"], *comparison["candidates"])


def quotient(comparison: Mapping[str, Any]) -> str:
    """What a ratio is of: ``candidate ÷ baseline``, or nothing in particular where one variant is all there is."""
    names = sides(comparison)
    if len(names) == 2:
        return f"{names[1]} ÷ {names[0]}"
    return f"variant ÷ {names[0]}" if len(names) > 2 else "ratio"


def title(comparison: Mapping[str, Any]) -> str:
    names = sides(comparison)
    return " beside ".join(reversed(names)) if len(names) < 3 else f"{len(names) - 1} variants beside {names[0]}"


def cells_sentence(comparison: Mapping[str, Any]) -> str:
    """How many cells, each a variant in a block, were planned, have all of their runs, and count."""
    found = comparison["cells"]
    said = f"{found['complete']} complete, {found['valid']} of these with valid runs alone"
    if found["planned"] is None:
        return f"Cells: how many were planned is not known, {said}."
    lacking = f"; {found['lacking']} runs are missing or refused: {some(found['missing'])}" if found["lacking"] else ""
    return f"Cells: {found['planned']} planned, {said}{lacking}."


def unfit_sentence(comparison: Mapping[str, Any]) -> str | None:
    """Why nothing is claimed of a campaign: its A/A arm failed."""
    found = comparison["aa"]["unfit"]
    if not found:
        return None
    more = f"; and in {len(found) - 1} more" if len(found) > 1 else ""
    return f"Nothing is claimed here: {found[0]}{more}."


def emulation_sentence(comparison: Mapping[str, Any]) -> str | None:
    """The plain sentence above everything else when figures come from software emulation."""
    found = comparison["emulation"]
    if not found["is"]:
        return None
    why = "; ".join(found["why"])
    return (
        f"Absolute figures mean nothing here, and ratios are only indicative: {found['runs']} of "
        f"{comparison['runs']['total']} runs were made under software emulation ({why})."
    )


def overhead_sentence(overhead: Mapping[str, Any]) -> str:
    """How much of the campaign's time was measured, and what the samplers took of it."""
    share = f"{100 * overhead['share']:.0f} %" if overhead["share"] is not None else DASH
    said = (
        f"{share} of {duration(overhead['wall_s'])} lay in measured windows; {duration(overhead['between_s'])} between "
        f"runs, at most {duration(overhead['longest_between_s'])} at a stretch"
    )
    if overhead["sampler"] is None:
        return f"{said}."
    mean, most = (100 * overhead["sampler"][name] for name in ("mean", "max"))
    return f"{said}; reading the counters took {mean:.2g} % of a core, at most {most:.2g} %."


def duration(seconds: float) -> str:
    """``40 s``, ``12 min``, ``2 h 5 min``."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def stopped_sentence(comparison: Mapping[str, Any]) -> str | None:
    """Why the campaign has fewer blocks than it was to have, where a rule declared beforehand ended it."""
    found = comparison["stopped"]
    if not found:
        return None
    return (
        f"Stopped early, after {found['blocks']} of {found['of']} blocks, by the rule declared before the first: "
        f"{found['rule']}. Where the intervals lie played no part."
    )


def verification_sentence(comparison: Mapping[str, Any]) -> str | None:
    """How much of the campaign was checked against its evidence and found to be so; None where nothing was."""
    found = comparison.get("verification")
    return f"{found['sentence'][:1].upper()}{found['sentence'][1:]}." if found else None


def missing(comparison: Mapping[str, Any]) -> list[str]:
    """What was planned or recorded and is not there."""
    found = comparison.get("verification") or {"findings": []}
    return [finding["what"] for finding in found["findings"] if finding["severity"] == "missing"]


def not_counted(comparison: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(path, what it is, why) of each file that enters no figure."""
    return [
        *((entry["path"], "not a run document", entry["reason"]) for entry in comparison["unreadable"]),
        *((entry["path"], "not verified", entry["reason"]) for entry in comparison.get("refused", ())),
    ]


LOST = (
    "A guest was reset, or client and server lost each other, before the run was recorded. It was begun anew; what had "
    "been measured until then was not looked at."
)

PERTURBING = (
    "Made under strace, which slows every call: the counts are of use, the seconds are not and are not shown. "
    "These runs enter no rate, latency or CPU figure."
)


def effective(row: Mapping[str, Any]) -> str:
    """What the witness saw before, in the middle and after: one word when they agree, all three otherwise."""
    seen = [name or DASH for name in row["effective"].values()]
    return seen[0] if len(set(seen)) == 1 else " → ".join(seen)


def switch(value: bool | None) -> str:
    """QEMU's ``vhost=`` in words."""
    return DASH if value is None else ("on" if value else "off")


def fds(row: Mapping[str, Any]) -> str:
    """The device files QEMU holds, those it holds none of left out."""
    return ", ".join(f"{name.replace('_', '-')} {count}" for name, count in row["fds"].items() if count) or "none"


def percent(share: float | None) -> str:
    """A share as per cent, three digits."""
    return DASH if share is None else f"{number(100 * share)} %"


def some(names: Sequence[str], shown: int = 3) -> str:
    """A long list of runs as its first few and a count."""
    rest = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {rest} more" if rest > 0 else "")

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two campaigns compared: as Markdown and as lines for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._text import plain
from ansible_collections.virtio.lab.plugins.plugin_utils._report._words import _format
from ansible_collections.virtio.lab.plugins.plugin_utils._report._words._tables import Markup, columns, escaped, table

SIDES = ("baseline", "candidate")
HEAD = ["workload", "variant", "figure", *SIDES, "ratio [95 %]", "blocks", "verdict"]
OUTCOME = {
    "regression": "A headline figure became worse.",
    "undecided": "Nothing is known to have become worse, but not every headline figure is known to be as good.",
    "none": "Every headline figure is at least as good as before, or within the band of equivalence.",
}
_WIDTH = 100
_ENTRIES = 20


def markdown(compared: Mapping[str, Any]) -> str:
    notes = _format.Footnotes()
    lines = [
        *_head(compared),
        *table(
            [*HEAD, "A/A baseline", "A/A candidate"], [_row(figure, notes, whole=True) for figure in every(compared)]
        ),
        *_why(compared),
        *_refused(compared),
        *_differences(compared),
        *(f"[^{index}]: {escaped(reason)}" for index, reason in enumerate(notes.reasons, 1)),
    ]
    return "\n".join(lines).rstrip() + "\n"


def terminal(compared: Mapping[str, Any]) -> list[str]:
    """The rate and the CPU cost of every workload on every variant; regressions; what else changed."""
    notes = _format.Footnotes()
    shown = [figure for figure in every(compared) if figure["headline"]]
    changed = [
        f"changed: {entry['path']}: {values(entry['baseline'])} → {values(entry['candidate'])}"
        for entry in compared["differences"]
    ]
    refused = [
        f"{name(figure)}: {text}" for figure in shown for text in _format.remarks(figure) if text.startswith("refused")
    ]
    emulated = _format.emulation_sentence(compared)
    lines = [
        *textwrap.wrap(emulated or "", _WIDTH),
        *columns([HEAD, *(_row(figure, notes) for figure in shown)]),
        *(line for text in refused for line in textwrap.wrap(text, _WIDTH, subsequent_indent="  ")),
        *(line for said in verified(compared) for line in textwrap.wrap(said, _WIDTH, subsequent_indent="  ")),
        *(f"refused: {entry['side']}: {entry['path']}: {entry['reason']}" for entry in compared["refused"][:_ENTRIES]),
        *changed,
        *(f"regression: {name(entry)}: {entry['verdict']}" for entry in compared["regressions"]),
        *(f"undecided: {name(entry)}: {entry['verdict']}" for entry in compared["undecided"]),
        f"outcome: {compared['outcome']}",
    ]
    return [plain(line) for line in lines]


def name(figure: Mapping[str, Any]) -> str:
    """``tcp_rr on vhost, transactions``; less where all of a variant or of a workload is meant."""
    of = " on ".join(figure[part] for part in ("workload", "variant") if figure[part])
    return ", ".join(filter(None, (of, figure["label"])))


def verified(compared: Mapping[str, Any]) -> list[str]:
    """How much of each campaign was checked against its evidence; nothing where none was."""
    return [f"{side.capitalize()}: {found['sentence']}." for side, found in compared["verification"].items()]


def every(compared: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """All figures, workload by workload."""
    for workload in compared["workloads"]:
        yield from workload["figures"]


def _head(compared: Mapping[str, Any]) -> Iterator[str]:
    ids = [escaped(compared[side]["campaign_id"]) for side in SIDES]
    yield f"# {ids[1]} beside {ids[0]}"
    yield ""
    sentence = _format.emulation_sentence(compared)
    if sentence:
        yield f"> **{escaped(sentence)}**"
        yield ""
    for side in SIDES:
        found = compared[side]
        runs = f"{found['runs']} runs, {found['valid']} valid"
        yield f"{side.capitalize()}: {escaped(found['started_at'])} to {escaped(found['ended_at'])}, {runs}."
    yield ""
    for sentence in verified(compared):
        yield escaped(sentence)
        yield ""
    yield f"**Outcome**: {compared['outcome']}. {OUTCOME[compared['outcome']]}"
    yield ""
    for what in ("regressions", "undecided"):
        said = [f"{escaped(name(entry))}: {escaped(entry['verdict'])}{_of_all(entry)}" for entry in compared[what]]
        yield f"**{what.capitalize()}**: {'; '.join(said) or 'none'}."
        yield ""


def _of_all(entry: Mapping[str, Any]) -> str:
    """Why nothing is known of a whole campaign: no row of the table says so."""
    return "" if entry["metric"] or "why" not in entry else f" ({escaped(entry['why'])})"


def _row(figure: Mapping[str, Any], notes: _format.Footnotes, whole: bool = False) -> list[str]:
    """A line of the table; with ``whole`` the A/A arms too, and why a figure is missing."""
    arms = [figure["arms"][side] for side in SIDES]
    cells = [
        figure["workload"],
        figure["variant"],
        f"{figure['label']} ({figure['unit']})",
        *(_noted(_format.number(arm["level"]), arm["missing"], notes, whole) for arm in arms),
        _noted(_format.ratio(figure["ratio"]), figure["ratio"]["missing"], notes, whole),
        str(figure["ratio"]["blocks"]),
        figure["verdict"]["text"],
    ]
    floors = [figure["aa"][side] for side in SIDES]
    return cells + [_noted(_format.ratio(floor), floor["missing"], notes, True) for floor in floors if whole]


def _noted(text: str, reason: str | None, notes: _format.Footnotes, wanted: bool) -> str:
    return Markup(f"{escaped(text)}[^{notes.mark(reason)}]") if reason and wanted else text


def _why(compared: Mapping[str, Any]) -> Iterator[str]:
    rows = [
        [name(figure), figure["verdict"]["text"], "; ".join(said)]
        for figure in every(compared)
        if (said := _format.remarks(figure))
    ]
    if rows:
        yield "## Why"
        yield ""
        yield from table(["figure", "verdict", "reasons"], rows)


def _refused(compared: Mapping[str, Any]) -> Iterator[str]:
    rows = [[entry["side"], entry["path"], entry["reason"]] for entry in compared["refused"]]
    if rows:
        yield "## Runs that count for nothing"
        yield ""
        yield from table(["campaign", "run", "why"], rows)


def _differences(compared: Mapping[str, Any]) -> Iterator[str]:
    yield "## What changed in between"
    yield ""
    rows = [[entry["path"], values(entry["baseline"]), values(entry["candidate"])] for entry in compared["differences"]]
    yield from table(["setting", *SIDES], rows) if rows else iter(["Nothing that the manifests know of.", ""])
    for side, names in compared["only_in"].items():
        if names:
            yield f"Only in the {side}: {escaped(', '.join(names))}."
            yield ""


def values(found: Sequence[str]) -> str:
    """What a setting was in a campaign."""
    return " and ".join(value or _format.DASH for value in found) or "not recorded"

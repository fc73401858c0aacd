# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The answer of a comparison in a few sentences, and why it is no other: what a reader in a hurry reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._report._words import _format

CLAIMS = ("faster", "cheaper", "slower", "dearer", "equivalent")
_LISTED = 4


def answer(comparison: Mapping[str, Any]) -> tuple[str, str]:
    """What may be claimed at all, in one sentence, and the reason for it in another."""
    every = [row for workload in comparison["workloads"] for row in _format.headline(workload)]
    judged = [row for row in every if not row.get("not_judged")]
    if not comparison["candidates"]:
        only = f"{comparison['baseline']} is the only variant here, so there is nothing to compare."
        return only, "A comparison needs a second variant in the same blocks."
    if not judged:
        return "No valid run carries a figure, so nothing can be said.", "The runs and what was wrong are listed below."
    claims = [row for row in judged if row["verdict"]["word"] in CLAIMS]
    refused = [row for row in judged if row["verdict"]["refused"]]
    if claims:
        said = f"Claimed of {len(judged)} headline figures: {_counted(claims)}."
        return said, _rest(len(judged) - len(claims) - len(refused), len(refused), len(every) - len(judged))
    if refused:
        return f"Nothing is claimed: {_many(len(refused), 'claim')} refused.", _reason(refused[0])
    needed = comparison["rules"]["blocks"]
    if all(row["ratio"]["blocks"] < needed for row in judged):
        most = max(row["ratio"]["blocks"] for row in judged)
        return (
            f"There is no verdict: {most} of the {needed} blocks that one needs.",
            "The figures stand for themselves.",
        )
    return "Nothing is claimed: every headline figure is inconclusive.", _reason(judged[0])


def _rest(undecided: int, refused: int, not_judged: int) -> str:
    """What became of the others."""
    said = [
        f"{count} {what}"
        for count, what in (
            (undecided, "undecided"),
            (refused, "refused"),
            (not_judged, "not judged, as most was lost or stood still"),
        )
        if count
    ]
    return f"Of the others {', '.join(said)}." if said else "None is undecided, and no claim was refused."


def by_workload(workload: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(figure, what is said of every candidate in it), the rate first and its CPU cost beside it."""
    rows = _format.headline(workload)
    for metric in dict.fromkeys(row["metric"] for row in rows):
        mine = [row for row in rows if row["metric"] == metric]
        words = dict.fromkeys(row["verdict"]["text"] for row in mine)
        yield mine[0]["label"], "; ".join(_said(word, [row for row in mine if row["verdict"]["text"] == word])
                                          for word in words)  # fmt: skip


def _said(word: str, rows: Sequence[Mapping[str, Any]]) -> str:
    shown = ", ".join(f"{row['candidate'] or row['baseline']} {_format.ratio(row['ratio'])}" for row in rows[:_LISTED])
    more = f" and {len(rows) - _LISTED} more" if len(rows) > _LISTED else ""
    return f"{word}: {shown}{more}"


def _counted(rows: Sequence[Mapping[str, Any]]) -> str:
    words = [row["verdict"]["word"] for row in rows]
    return ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'} {'was' if count == 1 else 'were'}"


def _reason(row: Mapping[str, Any]) -> str:
    said = row["verdict"]["reasons"][0] if row["verdict"]["reasons"] else row["verdict"]["text"]
    return f"{said[0].upper()}{said[1:]}."

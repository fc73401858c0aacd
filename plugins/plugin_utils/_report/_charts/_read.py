# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What pictures read out of a comparison."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Comparison = Mapping[str, Any]
Figure = Mapping[str, Any]


def figures(comparison: Comparison, *groups: str) -> Iterator[tuple[str, Figure]]:
    """(workload's name, figure) of the groups asked for, one a candidate."""
    for workload in comparison["workloads"]:
        for figure in workload["figures"]:
            if figure["group"] in groups:
                yield workload["name"], figure


def together(rows: Iterable[Figure]) -> list[Figure]:
    """One figure a metric with the arms of all candidates; ``pairs`` are the candidates' own, each beside the baseline.

    The baseline's mean is that of its first candidate, whose blocks it was taken over.
    """
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        mine = found.setdefault(row["metric"], {**row, "arms": {}, "pairs": []})
        for name, arm in row["arms"].items():
            mine["arms"].setdefault(name, arm)
        mine["pairs"].append(row)
    return list(found.values())


def first(workload: Mapping[str, Any], group: str) -> Figure | None:
    """The workload's own rate, or cost, with all arms: the headline of the group, else its first."""
    mine = [figure for figure in workload["figures"] if figure["group"] == group]
    metric = next((figure["metric"] for figure in mine if figure["headline"]), mine[0]["metric"] if mine else None)
    found = together(figure for figure in mine if figure["metric"] == metric)
    return found[0] if found else None


def medians(rows: Sequence[tuple[str, Figure]]) -> str:
    """The medians in words."""
    return _in_words(rows, "median")


def means(rows: Sequence[tuple[str, Figure]]) -> str:
    """The means that the tables show, in words."""
    return _in_words(rows, "level")


def _in_words(rows: Sequence[tuple[str, Figure]], which: str) -> str:
    said = []
    for row, figure in rows:
        found = {name: arm[which] for name, arm in figure["arms"].items()}
        each = [f"{name} {value:.3g}" for name, value in found.items() if value is not None]
        said.append(f"{row}: {', '.join(each) or 'no figure'} {figure['unit']}.".replace(" .", "."))
    return " ".join(said)


def some_of(counts: Iterable[int], drawn: int, what: str = "runs of a variant") -> str:
    """A sentence for the caption where more were measured than are drawn, else nothing."""
    most = max(counts, default=0)
    return f" Of up to {most} {what} {drawn} are drawn, evenly chosen." if most > drawn else ""

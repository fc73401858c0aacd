# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where most was lost, or a load stood still for most of its window, what is left says nothing.

What the rest cost in CPU was spent on what never arrived. Round trips that were answered are those that were not lost:
their latency tells nothing of the ones that were waited for in vain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._figures import Figure

MOST = 0.5
# A share of the window that a reader should know of.
STILL = 0.05
Arms = Mapping[str, Mapping[str, Any]]
# Figure → in which words it speaks against the others, and against which groups of them.
_AGAINST = {
    "loss": ("most was lost: {}", ("cost",)),
    "stalled": ("it stood still for most of the window: {}", ("cost", "latency")),
}


def not_to_be_judged(figures: Sequence[Figure]) -> dict[str, str]:
    """Group of figures → why none of it is judged on this pair of variants, in words."""
    arms = {one.metric.key: one.document["arms"] for one in figures}
    found = against(lambda key: arms.get(key, {}))
    return {group: text for group, (text, _names) in found.items()}


def against(arms_of: Callable[[str], Arms], where: str = "on {}") -> dict[str, tuple[str, list[str]]]:
    """Group of figures → why none of it is judged, and the arms that it is so of; ``arms_of``: figure → its arms."""
    found: dict[str, tuple[str, list[str]]] = {}
    for key, (words, groups) in _AGAINST.items():
        shares = most(arms_of(key))
        if shares:
            said = ", ".join(f"{100 * share:.0f} % {where.format(name)}" for name, share in shares.items())
            for group in groups:
                found.setdefault(group, (words.format(said), list(shares)))
    return found


def most(loss: Arms) -> dict[str, float]:
    """The arms of the figure that are above MOST, and how much."""
    return {name: arm["median"] for name, arm in loss.items() if arm["median"] is not None and arm["median"] > MOST}


def dismissed(figure: Figure, why: str) -> Figure:
    """The figure as one that is not judged, for that reason."""
    return replace(figure, headline=False, document={**figure.document, "not_judged": why})


def still_flags(stalled: Arms) -> Iterator[dict[str, str]]:
    """A flag for each arm that stood still for more than STILL of its window in some of its runs."""
    for name, arm in stalled.items():
        above = [entry for entry in arm["values"] if entry["value"] > STILL]
        if above:
            worst = max(above, key=lambda entry: entry["value"])
            often = f"{len(above)} of {len(arm['values'])} runs, {100 * worst['value']:.0f} % in {worst['run_id']}"
            text = f"{name} stood still for more than {100 * STILL:.0f} % of the window in {often}: "
            text += "packets were lost, or nobody moved them"
            yield {"kind": "stalled", "of": name, "text": text}

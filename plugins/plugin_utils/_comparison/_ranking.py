# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variants of a workload in the order of what they did: the fastest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

RATE = "rate"


def ranking(figures: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    """The names by their headline rate, best first; those without a rate last, in the campaign's order.

    The order is that of the ratios to the baseline, which itself stands at 1: what a reader sees beside each other is
    what was compared. It is no verdict: two neighbours need not differ.
    """
    rates = [row for row in figures if row["headline"] and row["group"] == RATE]
    if not rates:
        return list(names)
    ratios: dict[str, float] = {names[0]: 1.0 if rates[0]["arms"][names[0]]["values"] else -1.0}
    for row in rates:
        if row["candidate"] is not None:
            found = row["ratio"]["ratio"]
            ratios[row["candidate"]] = -1.0 if found is None else found
    return sorted(names, key=lambda name: -ratios.get(name, -1.0))

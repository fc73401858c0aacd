# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the runs do not know, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._measure._record._nulls import nulls
from ansible_collections.virtio.lab.plugins.module_utils._text import plain

Document = Mapping[str, Any]
Reason = tuple[str, str]
NOT_RECORDED = "not recorded"
MOST = 200
_LONGEST = 300
# Of documents that do not explain all their nulls these parts are looked at; the figures say why they are missing.
_CONDITIONS = ("manifest", "workload", "factor", "bracket")


def null_rows(runs: Sequence[Document]) -> list[dict[str, Any]]:
    """``[{place, why, runs}]`` by place, for so many runs; at most MOST of them, those of most runs."""
    counted: Counter[Reason] = Counter()
    by_text: dict[int, tuple[Document, int]] = {}  # by identity: most runs share the very object
    shared: dict[int, set[str]] = {}
    for run in runs:
        missing = run["missing"]
        by_text[id(missing)] = (missing, by_text.get(id(missing), (missing, 0))[1] + 1)
        if not run.get("explained"):
            counted.update((place, NOT_RECORDED) for place in _unexplained(run, shared))
    for missing, number in by_text.values():
        for reason in _reasons(missing):
            counted[reason] += number
    kept = sorted(counted.most_common(MOST))
    return [{"place": place, "why": why, "runs": number} for (place, why), number in kept]


def _reasons(missing: Mapping[str, str]) -> Iterator[Reason]:
    return ((plain(place, _LONGEST), plain(why, _LONGEST)) for place, why in missing.items())


def _unexplained(run: Document, shared: dict[int, set[str]]) -> Iterator[str]:
    """``shared``: the nulls of parts by identity."""
    for part in _CONDITIONS:
        if (value := run.get(part)) is None:
            continue
        found = shared.get(id(value))
        if found is None:
            found = shared[id(value)] = nulls({part: value})
        yield from (plain(place, _LONGEST) for place in found if not run["missing"].get(place))

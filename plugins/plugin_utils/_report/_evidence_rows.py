# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows of evidence as a table shows them: of many runs, one row for all that saw the same."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._report._words import _format

ROWS_SHOWN = 150


def shown(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a table that can be read: each run's own or, of many runs, one for all that saw the same.

    They have ``runs``, how many they stand for, and ``blocks`` as text; CPU times are medians, and only some of the
    workers and of what disagreed are named.
    """
    if len(rows) <= ROWS_SHOWN:
        return [{**row, "runs": 1, "blocks": str(row["block"])} for row in rows]
    alike: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        saw = [row[key] for key in ("workload", "asked", "arm", "effective", "fds", "argv_vhost", "agree", "valid")]
        alike.setdefault(json.dumps(saw), []).append(row)
    return [_together(mine) for mine in alike.values()]


def _together(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    first, last = (end(row["block"] for row in rows) for end in (min, max))
    workers = list(dict.fromkeys(worker for row in rows for worker in row["workers"]))
    return {
        **rows[0],
        "runs": len(rows),
        "blocks": str(first) if first == last else f"{first}–{last}",
        "workers": [_format.some(workers)] if workers else [],
        "cpu_ms": {name: _median([row["cpu_ms"][name] for row in rows]) for name in rows[0]["cpu_ms"]},
        "disagreements": [_format.some(list(dict.fromkeys("; ".join(row["disagreements"]) for row in rows)))],
    }


def _median(values: Sequence[float | None]) -> float | None:
    found = [value for value in values if value is not None]
    return statistics.median(found) if found else None

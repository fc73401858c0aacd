# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows of evidence as a table shows them: what disagrees first and apart, one row for all that saw the same."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._registry import DATAPATHS
from ansible_collections.virtio.lab.plugins.plugin_utils._report._words import _format

_SERVED = frozenset(one.name for one in DATAPATHS if "vhost" in one.backend.movers)
APART = 100  # of what disagrees so many rows are shown one by one
_SAW = ("variant", "asked", "arm", "effective", "fds", "argv_vhost", "agree", "valid")
_GUEST = "vcpu"


def shown(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a table that can be read: those that disagree first, each its own while they are few.

    Those that saw the same are folded into one. They have ``runs``, how many they stand for, ``workloads`` and
    ``blocks`` as text, and ``cpu``: [(class, least, most)] in ms of the threads that are not the guest's.
    """
    apart = [row for row in rows if not row["agree"]]
    alike: dict[str, list[Mapping[str, Any]]] = {}
    for at, row in enumerate(apart):
        alike.setdefault(str(at) if len(apart) <= APART else _key(row), []).append(row)
    for row in sorted((row for row in rows if row["agree"]), key=lambda row: bool(row["valid"])):
        alike.setdefault(_key(row), []).append(row)
    return [_together(mine) for mine in alike.values()]


def knows_vhost(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether vhost-net was asked for or seen anywhere: else there is nothing to say of its argument and workers."""
    return any(
        row["asked"] in _SERVED or row["argv_vhost"] or row["workers"] or row["fds"].get("vhost_net") for row in rows
    )


def _key(row: Mapping[str, Any]) -> str:
    return json.dumps([row[key] for key in _SAW])


def _together(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    first, last = (end(row["block"] for row in rows) for end in (min, max))
    workers = list(dict.fromkeys(worker for row in rows for worker in row["workers"]))
    return {
        **rows[0],
        "runs": len(rows),
        "workloads": _format.some(list(dict.fromkeys(row["workload"] for row in rows))),
        "blocks": str(first) if first == last else f"{first}–{last}",
        "workers": [_format.some(workers)] if workers else [],
        "cpu": list(_spent(rows)),
        "disagreements": [_format.some(list(dict.fromkeys("; ".join(row["disagreements"]) for row in rows)))],
    }


def _spent(rows: Sequence[Mapping[str, Any]]) -> Any:
    """Of every class that did anything, or could not be read, the least and the most."""
    for name in dict.fromkeys(name for row in rows for name in row["cpu_ms"] if name != _GUEST):
        found = [row["cpu_ms"][name] for row in rows if row["cpu_ms"].get(name) is not None]
        if not found or any(found):
            yield name, min(found, default=None), max(found, default=None)


def spent(row: Mapping[str, Any]) -> str:
    """``vhost 2 900 to 3 100, main 2``."""
    return ", ".join(f"{name} {_reach(least, most)}" for name, least, most in row["cpu"]) or _format.DASH


def _reach(least: float | None, most: float | None) -> str:
    low, high = _format.number(least), _format.number(most)
    return low if low == high else f"{low} to {high}"

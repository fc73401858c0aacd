# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings that differ between runs, as a reader sees them: those that differ in the same runs share a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def folded(differences: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """``[{paths, values}]``: each NIC has dozens of features, which all change where another NIC comes."""
    rows: dict[Any, dict[str, Any]] = {}
    for entry in differences:
        key = tuple(sorted((value["value"], tuple(value["runs"])) for value in entry["values"]))
        row = rows.setdefault(key, {"paths": [], "values": entry["values"]})
        row["paths"].append(entry["path"])
    return list(rows.values())

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the runs were made on: the settings they share, and those that changed between them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Document = Mapping[str, Any]


def compare_manifests(runs: Sequence[Document]) -> dict[str, Any]:
    """``common``: dotted path → value; ``differences``: path and every value with the runs that had it.

    A run says nothing about what its manifest does not name, such as the version of a tool it did not use.
    """
    common, differences = {}, []
    manifests = _distinct(runs)
    for path in dict.fromkeys(path for flat, _runs in manifests for path in flat):
        values: dict[str, list[int]] = {}
        for flat, numbers in manifests:
            if path in flat:
                values.setdefault(flat[path], []).extend(numbers)
        if len(values) == 1:
            common[path] = next(iter(values))
        else:
            found = [(value, [runs[number]["run_id"] for number in sorted(mine)]) for value, mine in values.items()]
            differences.append({"path": path, "values": [{"value": value, "runs": ids} for value, ids in found]})
    return {"common": common, "differences": differences}


def _distinct(runs: Sequence[Document]) -> list[tuple[dict[str, str], list[int]]]:
    """(setting → value as text, numbers of the runs that had it all so): thousands of runs share a few manifests."""
    found: dict[str, list[int]] = {}
    texts: dict[int, str] = {}  # by identity: most runs share the very object
    for number, run in enumerate(runs):
        text = texts.get(id(run["manifest"])) or json.dumps(run["manifest"], sort_keys=True)
        texts[id(run["manifest"])] = text
        found.setdefault(text, []).append(number)
    return [
        ({path: as_text(value) for path, value in flatten(runs[numbers[0]]["manifest"])}, numbers)
        for numbers in found.values()
    ]


def emulation(runs: Sequence[Document]) -> dict[str, Any]:
    """Whether any run came from software emulation, and the distinct reasons."""
    found = [run["manifest"].get("software_emulation") or {} for run in runs]
    reasons = [str(entry.get("why") or "the run gives no reason") for entry in found if entry.get("is")]
    return {"is": bool(reasons), "runs": len(reasons), "why": list(dict.fromkeys(reasons))}


def flatten(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted path, value) of everything inside."""
    for key, inner in value.items():
        path = f"{prefix}{key}"
        if isinstance(inner, Mapping):
            yield from flatten(inner, f"{path}.")
        else:
            yield path, inner


def as_text(value: Any) -> str:
    """A value as one line of text; None is the empty string, which the report shows as a dash."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)

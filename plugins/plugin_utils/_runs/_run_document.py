# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check run documents against their JSON Schema, and what a schema cannot say."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._nulls import nulls
from ansible_collections.virtio.lab.plugins.module_utils._text import plain
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._requirements import require

NEWEST = "virtio.lab/run/2"
_FOLDER = Path(__file__).parents[1] / "_schema"
SCHEMAS = {"virtio.lab/run/1": _FOLDER / "run-1.json", NEWEST: _FOLDER / "run-2.json"}
_LONGEST = 300


def validate(document: Any) -> None:
    """LabError naming the place and what is wrong there, for the first fault that matters most.

    A document is held against the version that it names, or against the newest where it names none that there is.
    What the schema refuses is refused, whether or not words are found for it.
    """
    version = _version(document)
    try:
        fault = None if _validator(version).is_valid(document) else _fault(document, version)
        fault = fault or next(_faults(document), None)
    except (ValueError, RecursionError) as unfit:  # a text that is no Unicode, a value that no JSON has
        fault = plain(unfit, _LONGEST)
    if fault:
        raise LabError(f"not a {version} document: {fault}")


def _version(document: Any) -> str:
    named = document.get("schema") if isinstance(document, dict) else None
    return named if isinstance(named, str) and named in SCHEMAS else NEWEST


def _fault(document: Any, version: str) -> str:
    """The fault nearest to the document's root; the compiled schema is asked for words only where it refuses."""
    found = min(_validator(version).iter_errors(document), key=lambda error: len(error.instance_path), default=None)
    if found is None:
        return "its schema refuses it"
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in found.instance_path)
    return f"{plain(f'${place}', _LONGEST)}: {plain(found.message, _LONGEST)}"


def _faults(document: Any) -> Iterator[str]:
    """What no schema can say: one part of a document against another."""
    for key in ("started_at", "ended_at"):
        try:
            datetime.fromisoformat(document[key])
        except ValueError:
            yield f"$.{key}: {document[key]!r} is no moment"
    histogram = document.get("latency_histogram")
    if histogram:
        bounds, counts = histogram["bounds_us"], histogram["counts"]
        if len(counts) != len(bounds) - 1:
            yield f"$.latency_histogram: {len(counts)} counts for {len(bounds)} bounds; one fewer would be right"
        if any(low >= high for low, high in itertools.pairwise(bounds)):
            yield "$.latency_histogram: its bounds do not rise"
    if document.get("explained"):
        found, reasons = nulls(document), document["missing"]
        for place in sorted(found - reasons.keys()):
            yield f"$.{plain(place, _LONGEST)} is null, and missing has no reason for it"
        for place in sorted(reasons.keys() - found):
            yield f"$.missing has a reason for {plain(place, _LONGEST)}, which is not null"
        for place in sorted(place for place, why in reasons.items() if not why.strip()):
            yield f"$.missing: the reason for {plain(place, _LONGEST)} is blank"
    names = [entry["path"] for entry in document["raw"]]
    if len(set(names)) < len(names):
        yield "$.raw: a file is named twice"


@functools.cache
def _validator(version: str) -> Any:
    return require("jsonschema_rs").Draft202012Validator(json.loads(SCHEMAS[version].read_text(encoding="utf-8")))

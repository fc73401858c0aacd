# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run document against all that lies beside it and all that stands in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign._reads import reads
from ansible_collections.virtio.lab.plugins.module_utils._foreign._shape import optional
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._found import Found
from ansible_collections.virtio.lab.plugins.plugin_utils._verify import (
    _raw,
    _recompute,
    _settings,
    _times,
    _validity,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._finding import FALSE, UNPROVED, Finding

Told = tuple[Any, ...]
# More of the same says nothing new.
_MOST = 8


def of_run(results: Path, one: Found, queues: int | None = None) -> tuple[list[Finding], Told | None]:
    """What is wrong with a run by itself, and what its load told, which no other can have told in the same words.

    ``queues``: the queue pairs that it was to have, 0 where the plan names no number, None where there is no plan.
    """
    raw = _raw.read_raw(results, one.names[:-1], one.document)
    try:
        false = [*raw.false, *_false(one.document, raw, queues)]
    except LabError as unfit:
        false = [*raw.false, str(unfit)]
    unproved = raw.unproved or (() if one.document["raw"] or false else ("it names no raw output",))
    unproved = (*unproved, *_uncounted(one.document), *_times.undated(raw.starts))
    findings = [
        *(Finding(one.path, what, FALSE) for what in false[:_MOST]),
        *(Finding(one.path, what, UNPROVED) for what in unproved[:_MOST]),
    ]
    return findings, _told(raw)


def _uncounted(document: Any) -> Iterator[str]:
    """A load of which no count of packets proves that it crossed the NIC: none was read, or it was left out."""
    summary, bracket = document["summary"], optional(document.get("bracket"))
    if not document["valid"] or (summary["gbps"] is None and summary["tps"] is None) or summary["pps"] is not None:
        return
    if bracket.get("packets") is not None:
        yield "summary.pps is not known, and the packets around the load are"
    elif bracket.get("guest_packets") is None:
        yield "no packets of its NIC were counted, on the host or in the guest: its load may not have crossed it"


def _told(raw: _raw.Raw) -> Told | None:
    """None where it would be nothing of its own: hping3 tells few and round figures."""
    told, start = raw.figures, raw.starts[0] if raw.starts else {}
    if told is None or not (told.bits_per_second or told.transactions_per_second):
        return None
    latency = tuple((told.latency_us or {}).values())
    cookie = start.get("cookie") if isinstance(start.get("cookie"), str) else None
    return (cookie, told.seconds, told.bits_per_second, told.transactions_per_second, *latency, *told.intervals_bps)


@reads("the run document")
def _false(document: Any, raw: _raw.Raw, queues: int | None) -> list[str]:
    return list(_contradictions(document, raw, queues))


def _contradictions(document: Any, raw: _raw.Raw, queues: int | None) -> Iterator[str]:
    for start in raw.starts:
        yield from _times.of_output(document, start)
    yield from _times.of_witness(document)
    yield from _validity.contradictions(document, queues)
    yield from _settings.contradictions(document, raw.figures, raw.starts)
    yield from _recompute.differences(document, raw.figures, raw.syscalls)

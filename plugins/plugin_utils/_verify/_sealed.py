# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Does the seal of a campaign hold? Each document against campaign.json, and against the one recorded before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _seal
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._campaign import KEPT, Kept, Recorded
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._found import Found
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._finding import (
    FALSE,
    MISSING,
    UNPROVED,
    Finding,
)


def is_sealed(kept: Kept | None, found: Sequence[Found]) -> bool:
    """Whether there is a seal to check: a campaign.json that has one, or documents that are links of a chain."""
    return bool((kept and kept.is_sealed) or any(_seal.LINK in one.document for one in found))


def broken(kept: Kept | None, found: Sequence[Found]) -> Iterator[Finding]:
    """Where the seal does not hold; nothing where there is none."""
    if not is_sealed(kept, found):
        return
    if kept is None or not kept.is_sealed:
        yield Finding(KEPT, "the documents are links of a chain, and there is no seal beside them", FALSE)
        return
    last = {entry.run_id: entry for entry in kept.recorded}
    by_number = {entry.number: entry for entry in kept.recorded}
    yield from _gaps(kept)
    places = {one.run_id: one.path for one in found}
    for one in found:
        yield from _of(one, kept, last.get(one.run_id), by_number, places)
    for run_id, entry in last.items():
        if run_id not in places:
            yield Finding(KEPT, f"run {run_id} was recorded as number {entry.number}; its document is gone", MISSING)


def _of(
    one: Found, kept: Kept, entry: Recorded | None, by_number: dict[int, Recorded], places: dict[str, str]
) -> Iterator[Finding]:
    link = one.document.get(_seal.LINK)
    if entry is None:
        yield Finding(one.path, "the seal of its campaign does not name it", FALSE)
        return
    if one.sha256 != entry.sha256:
        yield Finding(one.path, "its SHA-256 is not the one that it was recorded with", FALSE)
    if link is None or link["number"] != entry.number:
        says = "no place" if link is None else f"place {link['number']}"
        yield Finding(one.path, f"it claims {says} in the chain, its seal says {entry.number}", FALSE)
        return
    if entry.number == 1:
        if link["previous"] != _seal.of_plan(kept):
            yield Finding(KEPT, "the plan is not the one that the first run was recorded under", FALSE)
            yield Finding(one.path, "the plan is not the one that it was recorded under", FALSE)
        return
    before = by_number.get(entry.number - 1)
    if before and link["previous"] != before.sha256:
        yield Finding(one.path, f"it was recorded after another document than {before.run_id} is now", FALSE)
        if before.run_id in places:
            yield Finding(places[before.run_id], f"{one.run_id} was recorded after another document than this", FALSE)


def _gaps(kept: Kept) -> Iterator[Finding]:
    numbers = {entry.number for entry in kept.recorded}
    lacking = [number for number in range(1, max(numbers, default=0) + 1) if number not in numbers]
    if lacking:
        some = ", ".join(map(str, lacking[:20]))
        yield Finding(KEPT, f"the seal does not name what was recorded as number {some}", MISSING)
    for run_id, times in Counter(entry.run_id for entry in kept.recorded).items():
        if times > 1:
            what = f"run {run_id} was recorded {times} times; what the earlier ones said is not there any more"
            yield Finding(f"{run_id}/run.json", what, UNPROVED)

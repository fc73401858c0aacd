# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every run counts once: which of several records of it, and is any output that of two runs?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._runs._found import Found
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._finding import FALSE, Finding

# What they print of two measured loads is never the same; hping3's whole answer may be, and so may a warm-up's.
_TELLING = re.compile(r"(?:iperf3|netperf)(?:-[0-9]{1,4})?[.]stdout")


def counted(found: Sequence[Found]) -> tuple[list[Found], list[Finding]]:
    """The records that count, and why the others do not.

    Of several records of a run the one in the folder of its name counts; of equal ones any; else none.
    """
    by_run: dict[str, list[Found]] = {}
    for one in found:
        by_run.setdefault(one.run_id, []).append(one)
    kept: dict[str, Found | None] = {run_id: _the_one(records) for run_id, records in by_run.items()}
    findings = [
        Finding(one.path, _second(one, kept[one.run_id], by_run[one.run_id]), FALSE)
        for one in found
        if kept[one.run_id] is not one
    ]
    return [one for one in kept.values() if one is not None], findings


def _the_one(records: Sequence[Found]) -> Found | None:
    in_place = [one for one in records if one.is_in_place]
    if in_place:
        return in_place[0]
    return records[0] if len({one.sha256 for one in records}) == 1 else None


def _second(one: Found, kept: Found | None, records: Sequence[Found]) -> str:
    if kept is None:
        others = ", ".join(other.path for other in records if other is not one)
        return f"run {one.run_id} has another record too, {others}, and neither lies in a folder of its name"
    return f"run {one.run_id} is recorded in {kept.path}, which counts; this one does not"


def shared_output(found: Sequence[Found], told: Mapping[str, Any]) -> Iterator[Finding]:
    """Output of a load that several runs name as theirs: it was measured once.

    ``told``: path → what the load told in it, which is the same whatever spaces are put into a file.
    """
    owners: dict[Any, list[Found]] = {}
    for one in found:
        for entry in one.document["raw"]:
            if _TELLING.fullmatch(entry["path"]):
                owners.setdefault(entry["sha256"], []).append(one)
        if one.path in told:
            owners.setdefault(told[one.path], []).append(one)
    for mine in owners.values():
        runs = sorted({one.run_id for one in mine})
        if len(runs) > 1:
            for one in mine:
                others = ", ".join(run for run in runs if run != one.run_id)
                yield Finding(one.path, f"its raw output is that of {others} too", FALSE)

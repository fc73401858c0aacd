# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When was a run measured? One at a time, in the order of the plan, and its tools and its QEMU tell the same."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._foreign._shape import optional
from ansible_collections.virtio.lab.plugins.module_utils._text import plain
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._found import Found
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._finding import FALSE, UNPROVED, Finding

Document = Mapping[str, Any]
# A clock is set by so much while a campaign is measured, and iperf3 tells whole seconds.
_SLACK_S = 2.0
_LASTING = ("main", "vcpu")
# Ticks of /proc/PID/stat a second; 2^64 of them have 20 digits.
_TICKS, _DIGITS = 100, 20
# A host may begin with a clock that is hours off, and a virtual one stands still for as long as its own host lets it.
_SET_S = 4 * 3600.0


def of_output(document: Document, start: Mapping[str, Any]) -> Iterator[str]:
    """When iperf3 says that it began, where it ran on the machine whose clock the document has."""
    told = _began(start)
    if told is None:
        return
    if isinstance(told, bool) or not isinstance(told, int):
        yield f"iperf3 began at timesecs {plain(repr(told), 80)}, and it writes whole seconds"
        return
    if document["workload"].get("peer"):
        return
    began, ended = (datetime.fromisoformat(document[name]) for name in ("started_at", "ended_at"))
    if not began.timestamp() - _SLACK_S <= told <= ended.timestamp() + _SLACK_S:
        when = datetime.fromtimestamp(min(max(told, 0), 2**33), tz=began.tzinfo)
        lasted = f"the run lasted from {document['started_at']} to {document['ended_at']}"
        yield f"iperf3 began at {when:%Y-%m-%dT%H:%M:%SZ}, {lasted}"


def undated(starts: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Output of iperf3 that does not say when it was made, as all of its versions do."""
    if any(_began(start) is None for start in starts):
        yield "its raw output does not say when iperf3 began: it may be that of another time"


def _began(start: Mapping[str, Any]) -> Any:
    return optional(start.get("timestamp")).get("timesecs")


def of_witness(document: Document) -> Iterator[str]:
    """No thread has used less CPU time at a later moment."""
    seen: dict[int, int] = {}
    for moment in ("before", "middle", "after"):
        now = {thread["tid"]: thread["cpu_ns"] for thread in document["witness"][moment]["threads"]}
        for tid, spent in now.items():
            if spent < seen.get(tid, 0):
                yield f"{moment}: thread {tid} of QEMU used {spent} ns so far, and {seen[tid]} ns earlier in the run"
                return
        seen = now


def overlaps(found: Sequence[Found]) -> Iterator[Finding]:
    """Runs of a campaign that were measured at the same time, by their own words: there is one guest under test."""
    runs = sorted((_moment(one, "started_at"), _moment(one, "ended_at"), one.path, one) for one in found)
    last: tuple[float, Found] | None = None  # the latest end so far: a long run hides the ends of those inside of it
    for began, ended, _path, one in runs:
        if last and began + _SLACK_S < last[0]:
            for mine, theirs in ((last[1], one), (one, last[1])):
                yield Finding(mine.path, f"it was measured while {theirs.run_id} was, by what both say", FALSE)
        if last is None or ended > last[0]:
            last = (ended, one)


def out_of_order(plan: Sequence[str], found: Sequence[Found]) -> Iterator[Finding]:
    """Runs that were not measured when the plan had them measured: it is told which run is to be believed least.

    A campaign that is continued goes on in its order. Of the runs those are named without which all others are in it;
    invalid ones count for nothing, wherever they stand.
    """
    places = {run_id: place for place, run_id in enumerate(plan)}
    counted = [one for one in found if one.run_id in places and one.document["valid"]]
    runs = sorted(counted, key=lambda one: str(one.document["started_at"]))
    kept = _longest_rise([places[one.run_id] for one in runs])
    for number, one in enumerate(runs):
        if number not in kept:
            yield Finding(one.path, "it was not measured in its place of the plan, and may be another try", UNPROVED)


def backwards(found: Sequence[Found]) -> Iterator[Finding]:
    """Runs of one start of QEMU whose threads had used more CPU time in the run before."""
    boots: dict[str, list[Found]] = {}
    for one in sorted(found, key=lambda one: str(one.document["started_at"])):
        boots.setdefault(str(one.document["factor"]["boot_id"]), []).append(one)
    for runs in boots.values():
        for earlier, later in itertools.pairwise(runs):
            before, after = _spent(later, "before"), _spent(earlier, "after")
            fell = [tid for tid, spent in before.items() if spent < after.get(tid, 0)]
            if fell:
                what = (
                    f"thread {fell[0]} of QEMU had used {before[fell[0]]} ns before it, and {after[fell[0]]} ns after"
                )
                yield Finding(later.path, f"{what} {earlier.run_id}, which was measured earlier", FALSE)


def invented(found: Sequence[Found]) -> Iterator[Finding]:
    """Runs whose times cannot be those of one host's clock, by when their QEMU started: its boot_id tells the ticks
    that the host had been up for.

    QEMU was started before its own first run, and after the last run of the QEMU before it. Each of the two bounds the
    moment at which the host was booted. Where ticks fall, it was booted again. A clock may be set by a lot.
    """
    for starts in _uptimes(found):
        latest = max((ended - up, number) for number, (up, ended, _began, _runs) in enumerate(starts))
        earliest = min((began - up, number) for number, (up, _ended, began, _runs) in enumerate(starts))
        apart = latest[0] - earliest[0]
        if apart > _SET_S:
            for number in sorted({latest[1], earliest[1]}):
                what = f"its QEMU was started {apart / 3600:.1f} h away from where the clocks of the other runs put it"
                yield from (Finding(one.path, what, UNPROVED) for one in starts[number][3])


def _uptimes(found: Sequence[Found]) -> Iterator[list[tuple[float, float, float, list[Found]]]]:
    """For each boot of the host, as far as that can be told: (seconds it was up when a QEMU was started, end of the run
    before, begin of its own first run, its runs), in their order.
    """
    boots: dict[str, list[Found]] = {}
    for one in sorted(found, key=lambda one: _moment(one, "started_at")):
        boots.setdefault(str(one.document["factor"]["boot_id"]), []).append(one)
    now: list[tuple[float, float, float, list[Found]]] = []
    ended = -math.inf
    for boot, runs in boots.items():
        ticks = boot.rpartition("-")[2]
        if not (ticks.isascii() and ticks.isdigit() and len(ticks) < _DIGITS):
            continue
        up = int(ticks) / _TICKS
        if now and up < now[-1][0]:
            yield now
            now, ended = [], -math.inf
        now.append((up, ended, _moment(runs[0], "started_at"), runs))
        ended = max(_moment(one, "ended_at") for one in runs)
    if now:
        yield now


def _spent(one: Found, moment: str) -> dict[int, int]:
    threads = one.document["witness"][moment]["threads"]
    return {thread["tid"]: thread["cpu_ns"] for thread in threads if thread["class"] in _LASTING}


def _moment(one: Found, name: str) -> float:
    return datetime.fromisoformat(one.document[name]).timestamp()


def _longest_rise(numbers: Sequence[int]) -> set[int]:
    """The indices of a longest part of the numbers that rises."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for index, number in enumerate(numbers):
        place = bisect.bisect_left(tails, number)
        tails[place : place + 1], ends[place : place + 1] = [number], [index]
        before.append(ends[place - 1] if place else -1)
    kept: set[int] = set()
    at = ends[-1] if ends else -1
    while at >= 0:
        kept.add(at)
        at = before[at]
    return kept

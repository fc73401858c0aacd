# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Was a run made with the settings that it says? Its command line, its tool's output and its clock can tell."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._foreign._reads import reads
from ansible_collections.virtio.lab.plugins.module_utils._foreign._shape import optional
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._iperf3 import is_reverse
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._load import Figures
from ansible_collections.virtio.lab.plugins.module_utils._text import plain
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._load import is_traced

Document = Mapping[str, Any]
# A clock may be set in a run, and a load may be late on a starved machine; ten times too short is neither.
_SLACK = 0.5
_NAMED = ("iperf3", "netperf")  # begin with their names, whatever runs them


@reads("its settings")
def contradictions(document: Document, figures: Figures | None, starts: Sequence[Mapping[str, Any]]) -> list[str]:
    """``figures``: what the load told, None where that is not known; ``starts``: what each iperf3 was told to do."""
    workload = document["workload"]
    found = [*_of_time(document, figures)]
    if not is_traced(workload):
        found += _differing(_asked(workload), _on_the_command_line(workload), "its command line has")
        program = workload["argv"][0] if workload["argv"] else None
        if workload["tool"] in _NAMED and program != workload["tool"]:
            found.append(f"workload.tool is {workload['tool']}; its command line is of {plain(repr(program), 80)}")
    for start in starts:
        found += _differing(_asked(workload), _of_iperf3(workload, start), "iperf3 was told")
    return list(dict.fromkeys(found))


def _asked(workload: Mapping[str, Any]) -> dict[str, Any]:
    streams = workload["streams"]
    return {
        "test": workload.get("test"),
        **{name: workload[name] for name in ("proto", "direction", "warmup_s", "duration_s", "message_bytes")},
        "streams": 1 if (workload.get("processes") or 1) > 1 else streams,
        "version": workload["version"],
    }


def _differing(written: Mapping[str, Any], seen: Mapping[str, Any], by: str) -> Iterator[str]:
    for name, value in seen.items():
        if written[name] is not None and written[name] != value:
            yield f"workload.{name} is {written[name]!r}; {by} {value!r}"


def _on_the_command_line(workload: Mapping[str, Any]) -> dict[str, Any]:
    """Settings that the recorded command line names."""
    argv = workload["argv"]
    options = dict(itertools.pairwise(argv))
    if argv[:1] == ["iperf3"]:
        return {
            "proto": "udp" if "-u" in argv else "tcp",
            **_numbers(options, {"-t": "duration_s", "-O": "warmup_s", "-P": "streams", "-l": "message_bytes"}),
            **_way(workload, "-R" in argv),
        }
    if argv[:1] == ["netperf"]:
        sizes = options.get("-r", "").partition(",")[0]
        return {
            **({"proto": options["-T"]} if "-T" in options else {}),
            "test": f"{options.get('-T', workload['proto'])}_{'crr' if '-c' in argv else 'rr'}",
            **_numbers({**options, "-r": sizes}, {"-l": "duration_s", "-r": "message_bytes"}),
        }
    return {}


def _way(workload: Mapping[str, Any], reverse: bool) -> dict[str, str]:
    """The direction by whether the client received; documents of before it was recorded have it on the host."""
    client = workload.get("client", "host")
    if is_reverse(workload["direction"], client) == reverse:
        return {}
    return {"direction": "guest_to_host" if reverse == (client == "host") else "host_to_guest"}


def _numbers(options: Mapping[str, str], names: Mapping[str, str]) -> dict[str, int]:
    return {
        name: int(options[option])
        for option, name in names.items()
        if options.get(option, "").isascii() and options.get(option, "").isdigit() and len(options[option]) < 16
    }


def _of_iperf3(workload: Mapping[str, Any], start: Mapping[str, Any]) -> dict[str, Any]:
    test, version = optional(start.get("test_start")), start.get("version")
    found = {
        "proto": str(test.get("protocol", workload["proto"])).lower(),
        "message_bytes": test.get("blksize"),
        "streams": test.get("num_streams"),
        "warmup_s": test.get("omit"),
        # A traced load goes on until its tracer has let go.
        "duration_s": None if is_traced(workload) else test.get("duration"),
    }
    if test.get("reverse") in (0, 1):
        wanted = is_reverse(workload["direction"], workload.get("client", "host"))
        found["direction"] = workload["direction"] if test["reverse"] == wanted else f"reverse: {test['reverse']}"
    if isinstance(version, str) and not is_traced(workload):
        found["version"] = version.removeprefix("iperf ")
    return {name: value for name, value in found.items() if value is not None}


def _of_time(document: Document, figures: Figures | None) -> Iterator[str]:
    workload, window_s = document["workload"], document["summary"]["window_s"]
    duration_s = workload["duration_s"]
    least = _SLACK * duration_s
    if window_s is not None and not least <= window_s <= 2 * duration_s + 2:
        yield f"its window was {window_s:.3f} s long, {duration_s} s were to be measured"
    if figures and not least <= figures.seconds <= 2 * duration_s + 2:
        yield f"its load tells of {figures.seconds:.3f} s, {duration_s} s were to be measured"
    lasted = (_moment(document["ended_at"]) - _moment(document["started_at"])).total_seconds()
    if lasted < _SLACK * (duration_s + workload["warmup_s"]):
        yield f"it began at {document['started_at']} and ended at {document['ended_at']}, too soon for its load"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)

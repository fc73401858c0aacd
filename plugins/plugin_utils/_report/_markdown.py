# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The comparison as Markdown, for a terminal, a merge request or a mail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._report._evidence_rows import shown
from ansible_collections.virtio.lab.plugins.plugin_utils._report._words import _format
from ansible_collections.virtio.lab.plugins.plugin_utils._report._words._tables import Markup, escaped, table

_HEAD = ("ratio [95 %]", "bootstrap [95 %]", "blocks", "p, Holm", "A/A [95 %]", "verdict")


def render(comparison: Mapping[str, Any]) -> str:
    notes = _format.Footnotes()
    lines = [
        *_head(comparison),
        *_verdicts(comparison, notes),
        *_remarks(comparison),
        *_blocks(comparison),
        *_witnesses(comparison, notes),
        *_figures(comparison, notes),
        *_for_teaching(comparison),
        *_syscalls(comparison, notes),
        *_overhead(comparison),
        *_invalid(comparison),
        *_lost(comparison),
        *_manifest(comparison),
        *(f"[^{index}]: {escaped(reason)}" for index, reason in enumerate(notes.reasons, 1)),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _head(comparison: Mapping[str, Any]) -> Iterator[str]:
    runs = comparison["runs"]
    yield f"# {escaped(_format.title(comparison))}: {escaped(comparison['campaign_id'])}"
    yield ""
    sentence = _format.emulation_sentence(comparison)
    if sentence:
        yield f"> **{escaped(sentence)}**"
        yield ""
    began, ended = escaped(comparison["started_at"]), escaped(comparison["ended_at"])
    yield f"Lab {escaped(comparison['lab'])}, {began} to {ended}: "
    yield f"{runs['total']} runs, {runs['valid']} valid, {runs['invalid']} invalid."
    yield ""
    stopped = _format.stopped_sentence(comparison)
    if stopped:
        yield escaped(stopped)
        yield ""
    for said in (_format.unfit_sentence(comparison), _format.not_compared_sentence(comparison)):
        if said:
            yield escaped(said)
            yield ""


def _verdicts(comparison: Mapping[str, Any], notes: _format.Footnotes) -> Iterator[str]:
    rows = []
    names = _format.sides(comparison)
    for workload in comparison["workloads"]:
        rows += [[workload["name"], *_cells(figure, names, notes)] for figure in _format.headline(workload)]
    yield f"## {escaped(_format.quotient(comparison))}"
    yield ""
    yield from table(["workload", "figure", *names, *_HEAD], rows)
    if comparison["aa"]["missing"]:
        yield f"A/A arm: {escaped(comparison['aa']['missing'])}."
        yield ""


def _remarks(comparison: Mapping[str, Any]) -> Iterator[str]:
    """Why the verdicts are what they are, figure by figure."""
    rows = [
        [workload["name"], figure["label"], figure["verdict"]["text"], "; ".join(said)]
        for workload in comparison["workloads"]
        for figure in workload["figures"]
        if (said := _format.remarks(figure))
    ]
    if rows:
        yield "## Why"
        yield ""
        yield from table(["workload", "figure", "verdict", "reasons and flags"], rows)


def _blocks(comparison: Mapping[str, Any]) -> Iterator[str]:
    """What the page draws as slopes: the ratio of every block, and of the A/A arm beside it."""
    rows = [
        [workload["name"], figure["label"], _format.block_ratios(figure["ratio"]), _format.block_ratios(figure["aa"])]
        for workload in comparison["workloads"]
        for figure in _format.headline(workload)
        if figure["ratio"]["blocks"]
    ]
    if rows:
        yield "## Block by block"
        yield ""
        yield from table(["workload", "figure", _format.quotient(comparison), "A/A"], rows)


def _figures(comparison: Mapping[str, Any], notes: _format.Footnotes) -> Iterator[str]:
    names = _format.sides(comparison)
    yield "## Every figure"
    yield ""
    for workload in comparison["workloads"]:
        yield f"### {escaped(workload['name'])}"
        yield ""
        rows = [_cells(figure, names, notes) for figure in workload["figures"]]
        yield from table(["figure", *names, *_HEAD], rows)
        yield from _latency(workload)


def _latency(workload: Mapping[str, Any]) -> Iterator[str]:
    """Percentiles of all runs together, where the tool gave histograms."""
    for name, found in (workload["latency"] or {}).items():
        if found["percentiles"]:
            said = ", ".join(f"{key} {_format.number(value)}" for key, value in found["percentiles"].items())
            yield f"Latency of all {found['runs']} runs on {name} together, µs: {said}."
            yield ""


def _for_teaching(comparison: Mapping[str, Any]) -> Iterator[str]:
    for workload in comparison["for_teaching"]:
        yield f"## Single packets: {escaped(workload['name'])}"
        yield ""
        yield f"Timed by {workload['tool']} in steps of 100 µs: for learning, compared with nothing."
        yield ""
        yield from _latency(workload)


def _cells(figure: Mapping[str, Any], names: Sequence[str], notes: _format.Footnotes) -> list[str]:
    found, floor, p_holm = figure["ratio"], figure["aa"], figure["verdict"]["p_holm"]
    arms = [figure["arms"][name] for name in names]
    return [
        f"{figure['label']} ({figure['unit']})",
        *(_noted(_format.number(arm["level"]), arm["missing"], notes) for arm in arms),
        _noted(_format.ratio(found), found["missing"], notes),
        _format.interval(found["bootstrap"]),
        str(found["blocks"]),
        _noted(_format.p_value(p_holm), _format.NO_P if p_holm is None else None, notes),
        _noted(_format.ratio(floor), floor["missing"], notes),
        figure["verdict"]["text"],
    ]


def _noted(text: str, reason: str | None, notes: _format.Footnotes) -> str:
    return Markup(f"{escaped(text)}[^{notes.mark(reason)}]") if reason else text


def _witnesses(comparison: Mapping[str, Any], notes: _format.Footnotes) -> Iterator[str]:
    yield "## Was it really that datapath?"
    yield ""
    rows = []
    found = shown(comparison["witnesses"])
    for row in found:
        cpu = {
            name: _noted(_format.number(spent), None if spent is not None else "the witness is incomplete", notes)
            for name, spent in row["cpu_ms"].items()
        }
        rows.append(
            [
                row["workload"],
                row["blocks"],
                f"{row['asked']}, A/A" if row["arm"] == "aa" else row["asked"],
                _format.effective(row),
                _format.switch(row["argv_vhost"]),
                _format.fds(row),
                ", ".join(row["workers"]) or "none",
                cpu["vhost"],
                cpu["main"],
                "yes" if row["agree"] else Markup("**no**"),
                *([_format.number(row["runs"])] if len(found) < len(comparison["witnesses"]) else []),
            ]
        )
    head = [
        "workload",
        "block",
        "asked",
        "effective",
        "argv vhost",
        "fds",
        "worker",
        "worker CPU ms",
        "main loop CPU ms",
    ]
    yield from table([*head, "agree", "runs"][: len(rows[0])], rows)


def _syscalls(comparison: Mapping[str, Any], notes: _format.Footnotes) -> Iterator[str]:
    arms = _format.sides(comparison)
    for counted in comparison["syscalls"]:
        yield f"## System calls: {escaped(counted['workload'])} ({counted['source']})"
        yield ""
        for what, title in (("syscalls", "Calls"), ("exits", "KVM exits")):
            found = counted["per_packet"][what]
            said = (
                f"{arm} {_noted(_format.number(found[arm]['median']), found[arm]['missing'], notes)}" for arm in arms
            )
            yield f"{title} per packet: {', '.join(said)}."
            yield ""
        if counted["perturbing"]:
            yield _format.PERTURBING
            yield ""
        groups = {"call": counted["by_name"], "ioctl request": counted["ioctls"]}
        groups |= {f"call in {name} threads": rows for name, rows in counted["by_class"].items()}
        for title, rows in groups.items():
            if rows:
                cells = [[row["name"], *(_format.number(row[arm]) for arm in arms)] for row in rows]
                yield from table([title, *arms], cells)


def _overhead(comparison: Mapping[str, Any]) -> Iterator[str]:
    overhead = comparison["overhead"]
    yield "## What measuring cost"
    yield ""
    yield _format.overhead_sentence(overhead)
    yield ""
    rows = [
        [row["workload"], row["without"], row["datapath"], row["label"], _format.ratio(row["ratio"]),
         _format.ratio(row["aa"])]
        for row in overhead["sampled_or_not"]
    ]  # fmt: skip
    if rows:
        yield "With samplers ÷ without, beside the A/A arm: inside of its interval nothing could be seen."
        yield ""
        yield from table(["with", "without", "datapath", "figure", "ratio [95 %]", "A/A [95 %]"], rows)


def _invalid(comparison: Mapping[str, Any]) -> Iterator[str]:
    rows = [
        [run["run_id"], run["workload"], run["datapath"], str(run["block"]), "; ".join(run["reasons"])]
        for run in comparison["invalid"]
    ]
    rows += [[entry["path"], "", "", "", entry["reason"]] for entry in comparison["unreadable"]]
    if rows:
        yield "## Runs that count for nothing"
        yield ""
        yield from table(["run", "workload", "datapath", "block", "why"], rows)


def _lost(comparison: Mapping[str, Any]) -> Iterator[str]:
    shown = ("run_id", "workload", "datapath", "block", "at", "why")
    rows = [[str(attempt[key]) for key in shown] for attempt in comparison["lost"]]
    if rows:
        yield "## Attempts that were lost"
        yield ""
        yield _format.LOST
        yield ""
        yield from table(["run", "workload", "datapath", "block", "lost at", "why"], rows)


def _manifest(comparison: Mapping[str, Any]) -> Iterator[str]:
    manifest = comparison["manifest"]
    yield "## The machine"
    yield ""
    if manifest["differences"]:
        yield "Not the same in all runs:"
        yield ""
        rows = [
            [entry["path"], value["value"] or _format.DASH, _format.some(value["runs"])]
            for entry in manifest["differences"]
            for value in entry["values"]
        ]
        yield from table(["setting", "value", "runs"], rows)
    else:
        yield "All runs had the same settings."
        yield ""
    yield from table(
        ["setting", "value"], [[path, value or _format.DASH] for path, value in manifest["common"].items()]
    )

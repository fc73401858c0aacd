# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The comparison as Markdown, for a terminal, a merge request or a mail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._report._evidence_rows import knows_vhost, shown, spent
from ansible_collections.virtio.lab.plugins.plugin_utils._report._manifest_rows import folded
from ansible_collections.virtio.lab.plugins.plugin_utils._report._words import _answer, _format, _host_words, _ranked
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
        *_host(comparison),
        *_invalid(comparison),
        *_lost(comparison),
        *_manifest(comparison),
        *_nulls(comparison),
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
    for sentence in (_format.verification_sentence(comparison), _format.stopped_sentence(comparison)):
        if sentence:
            yield escaped(sentence)
            yield ""
    missing = _format.missing(comparison)
    yield from (f"- missing: {escaped(what)}" for what in missing)
    if missing:
        yield ""
    yield escaped(_format.cells_sentence(comparison))
    yield ""
    unfit = _format.unfit_sentence(comparison)
    if unfit:
        yield escaped(unfit)
        yield ""


def _verdicts(comparison: Mapping[str, Any], notes: _format.Footnotes) -> Iterator[str]:
    rows = [
        [workload["name"], *_cells(figure, comparison, notes)]
        for workload in comparison["workloads"]
        for figure in _format.headline(workload)
    ]
    yield f"## {escaped(_format.quotient(comparison))}"
    yield ""
    for sentence in _answer.answer(comparison):
        yield escaped(sentence)
    yield ""
    yield from table(["workload", *_names(comparison), *_HEAD], rows)
    yield from _beside(comparison)
    if comparison["aa"]["missing"]:
        yield f"A/A arm: {escaped(comparison['aa']['missing'])}."
        yield ""


def _beside(comparison: Mapping[str, Any]) -> Iterator[str]:
    """What the rates hide: loss, packets, jitter, what was sent again."""
    rows = [
        [workload["name"], row["name"], ", ".join(row["beside"])]
        for workload in comparison["workloads"]
        for row in _ranked.ranked(workload)["rows"]
        if row["beside"]
    ]
    if rows:
        yield "Beside the rates, medians of the runs:"
        yield ""
        yield from table(["workload", "variant", "beside"], rows)


def _names(comparison: Mapping[str, Any]) -> list[str]:
    """The head of the columns that _cells begins with."""
    names = _format.sides(comparison)
    return ["figure", *names] if len(names) < 3 else ["figure", "variant", names[0], "variant's"]


def _remarks(comparison: Mapping[str, Any]) -> Iterator[str]:
    """Why the verdicts are what they are, figure by figure."""
    rows = [
        [workload["name"], _label(figure, comparison), figure["verdict"]["text"], "; ".join(said)]
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
        [workload["name"], _label(figure, comparison), _format.block_ratios(figure["ratio"]),
         _format.block_ratios(figure["aa"])]
        for workload in comparison["workloads"]
        for figure in _format.headline(workload)
        if figure["ratio"]["blocks"]
    ]  # fmt: skip
    if rows:
        yield "## Block by block"
        yield ""
        yield from table(["workload", "figure", _format.quotient(comparison), "A/A"], rows)


def _figures(comparison: Mapping[str, Any], notes: _format.Footnotes) -> Iterator[str]:
    yield "## Every figure"
    yield ""
    for workload in comparison["workloads"]:
        yield f"### {escaped(workload['name'])}"
        yield ""
        rows = [_cells(figure, comparison, notes) for figure in workload["figures"]]
        yield from table([*_names(comparison), *_HEAD], rows)
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


def _label(figure: Mapping[str, Any], comparison: Mapping[str, Any]) -> str:
    """The figure's label, with the variant where there are several."""
    return f"{figure['label']}, {figure['candidate']}" if len(comparison["candidates"]) > 1 else str(figure["label"])


def _cells(figure: Mapping[str, Any], comparison: Mapping[str, Any], notes: _format.Footnotes) -> list[str]:
    found, floor, p_holm = figure["ratio"], figure["aa"], figure["verdict"]["p_holm"]
    arms = [figure["arms"][name] for name in (figure["baseline"], figure["candidate"]) if name]
    return [
        f"{figure['label']} ({figure['unit']})" if figure["unit"] else figure["label"],
        *([figure["candidate"]] if len(comparison["candidates"]) > 1 else []),
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
    vhost = knows_vhost(comparison["witnesses"])
    rows = [
        [
            row["workloads"],
            row["blocks"],
            f"{row['variant']}, A/A" if row["arm"] == "aa" else row["variant"],
            _format.effective(row),
            *([_format.switch(row["argv_vhost"])] if vhost else []),
            _format.fds(row),
            *([", ".join(row["workers"]) or "none"] if vhost else []),
            _noted(spent(row), None if _was_seen(row) else "the witness is incomplete", notes),
            "yes" if row["agree"] else Markup("**no**"),
            _format.number(row["runs"]),
        ]
        for row in shown(comparison["witnesses"])
    ]
    head = ["workload", "block", "variant", "effective", "argv vhost", "fds", "worker", "CPU ms", "agree", "runs"]
    yield from table([name for name in head if vhost or name not in ("argv vhost", "worker")], rows)


def _was_seen(row: Mapping[str, Any]) -> bool:
    return all(least is not None for _name, least, _most in row["cpu"])


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
        [row["workload"], row["without"], row["variant"], row["label"], _format.ratio(row["ratio"]),
         _format.ratio(row["aa"])]
        for row in overhead["sampled_or_not"]
    ]  # fmt: skip
    if rows:
        yield "With samplers ÷ without, beside the A/A arm: inside of its interval nothing could be seen."
        yield ""
        yield from table(["with", "without", "variant", "figure", "ratio [95 %]", "A/A [95 %]"], rows)


def _host(comparison: Mapping[str, Any]) -> Iterator[str]:
    yield "## What else the host did"
    yield ""
    yield escaped(_host_words.sentence(comparison["host"]))
    yield ""
    yield from table(["variant", *_host_words.HEADS, "above a bound"], _host_words.rows(comparison["host"]))


def _invalid(comparison: Mapping[str, Any]) -> Iterator[str]:
    rows = [
        [run["run_id"], run["workload"], run["variant"], str(run["block"]), "; ".join(run["reasons"])]
        for run in comparison["invalid"]
    ]
    rows += [[path, what, "", "", why] for path, what, why in _format.not_counted(comparison)]
    if rows:
        yield "## Runs that count for nothing"
        yield ""
        yield from table(["run", "workload", "variant", "block", "why"], rows)


def _lost(comparison: Mapping[str, Any]) -> Iterator[str]:
    shown = ("run_id", "workload", "variant", "block", "at", "why")
    rows = [[str(attempt[key]) for key in shown] for attempt in comparison["lost"]]
    if rows:
        yield "## Attempts that were lost"
        yield ""
        yield _format.LOST
        yield ""
        yield from table(["run", "workload", "variant", "block", "lost at", "why"], rows)


def _manifest(comparison: Mapping[str, Any]) -> Iterator[str]:
    manifest = comparison["manifest"]
    yield "## The machine"
    yield ""
    if manifest["differences"]:
        yield "Not the same in all runs:"
        yield ""
        rows = [
            [", ".join(entry["paths"]), value["value"] or _format.DASH, _format.some(value["runs"])]
            for entry in folded(manifest["differences"])
            for value in entry["values"]
        ]
        yield from table(["setting", "value", "runs"], rows)
    else:
        yield "All runs had the same settings."
        yield ""
    yield from table(
        ["setting", "value"], [[path, value or _format.DASH] for path, value in manifest["common"].items()]
    )


def _nulls(comparison: Mapping[str, Any]) -> Iterator[str]:
    rows = [[row["place"], row["why"], row["runs"]] for row in comparison["nulls"]]
    if rows:
        yield "## What is null, and why"
        yield ""
        yield from table(["place in the run document", "why", "runs"], rows)

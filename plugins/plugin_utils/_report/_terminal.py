# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The comparison as a few lines for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._text import plain
from ansible_collections.virtio.lab.plugins.plugin_utils._report._words import _answer, _format
from ansible_collections.virtio.lab.plugins.plugin_utils._report._words._tables import columns

_WIDTH = 100
_ENTRIES = 20


def render(comparison: Mapping[str, Any]) -> list[str]:
    """Throughput with its CPU cost under it, for each workload; what stands against; then what counted for nothing."""
    names = _format.sides(comparison)
    many = len(names) > 2
    shown = [
        (workload["name"], figure) for workload in comparison["workloads"] for figure in _format.headline(workload)
    ]
    heads = ["variant", names[0], "variant's"] if many else list(names)
    rows = [["workload", "figure", *heads, _format.quotient(comparison), "A/A", "verdict"]]
    last = None
    for name, figure in shown:
        rows.append(["" if name == last else name, *_cells(figure, many)])
        last = name
    runs = comparison["runs"]
    lines = [
        *textwrap.wrap(_format.emulation_sentence(comparison) or "", _WIDTH),
        *textwrap.wrap(_format.stopped_sentence(comparison) or "", _WIDTH),
        *textwrap.wrap(_format.unfit_sentence(comparison) or "", _WIDTH),
        *textwrap.wrap(" ".join(_answer.answer(comparison)), _WIDTH),
        *textwrap.wrap(_format.verification_sentence(comparison) or "", _WIDTH),
        *columns(rows),
        *_remarks(shown, many),
        *([f"A/A: {comparison['aa']['missing']}."] if comparison["aa"]["missing"] else []),
        _format.cells_sentence(comparison),
        f"{runs['total']} runs: {runs['valid']} valid, {runs['invalid']} invalid.",
        *textwrap.wrap(_format.overhead_sentence(comparison["overhead"]), _WIDTH),
    ]
    invalid = [f"{run['run_id']}: {'; '.join(run['reasons'])}" for run in comparison["invalid"]]
    unreadable = [f"{entry['path']}: {entry['reason']}" for entry in comparison["unreadable"]]
    refused = [f"{entry['path']}: {entry['reason']}" for entry in comparison.get("refused", ())]
    lost = [f"{attempt['run_id']} at {attempt['at']}: {attempt['why']}" for attempt in comparison["lost"]]
    entries = [*_first("invalid", invalid), *_first("unreadable", unreadable), *_first("lost", lost)]
    entries += [*_first("refused", refused), *_first("missing", _format.missing(comparison))]
    return [plain(line) for line in (*lines, *entries)]


def _first(what: str, entries: Sequence[str]) -> list[str]:
    more = len(entries) - _ENTRIES
    return [f"{what}: {entry}" for entry in [*entries[:_ENTRIES], *([f"{more} more"] if more > 0 else [])]]


def _cells(figure: Mapping[str, Any], many: bool) -> list[str]:
    names = [name for name in (figure["baseline"], figure["candidate"]) if name]
    levels = [_format.number(figure["arms"][name]["level"]) for name in names]
    label = f"{figure['label']} {figure['unit']}"
    ratios = [_format.ratio(figure[part]) for part in ("ratio", "aa")]
    return [label, *(names[1:] if many else []), *levels, *ratios, figure["verdict"]["text"]]


def _remarks(shown: Sequence[tuple[str, Mapping[str, Any]]], many: bool) -> list[str]:
    """Refusals and flags of the figures above; that a verdict stands needs no more words here."""
    lines = []
    for name, figure in shown:
        against = [text for text in _format.remarks(figure) if text.startswith(("refused", "flag"))]
        of = f", {figure['candidate']}" if many else ""
        said = [flag["text"] for flag in figure["flags"] if flag["kind"] == "host"]
        lines += [f"{name}{of}: flag: {text}" for text in said]
        lines += [
            f"{name}, {figure['label']}{of}: {text}" for text in against if text.removeprefix("flag: ") not in said
        ]
    return [line for text in dict.fromkeys(lines) for line in textwrap.wrap(text, _WIDTH, subsequent_indent="  ")]

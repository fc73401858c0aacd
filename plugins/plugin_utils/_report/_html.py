# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The comparison as one HTML file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._thinned import thinned
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts import Arms, charts
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._style import series
from ansible_collections.virtio.lab.plugins.plugin_utils._report._evidence_rows import knows_vhost, shown, spent
from ansible_collections.virtio.lab.plugins.plugin_utils._report._manifest_rows import folded
from ansible_collections.virtio.lab.plugins.plugin_utils._report._page import page
from ansible_collections.virtio.lab.plugins.plugin_utils._report._words import (
    _answer,
    _format,
    _host_words,
    _ranked,
    _titles,
)

LINKED = 12  # run documents of a variant and workload


def render(comparison: Mapping[str, Any]) -> str:
    pairs = [
        {**workload, "name": name, "figures": figures}
        for workload in comparison["workloads"]
        for name, figures in _by_candidate(workload)
    ]
    return page(
        "report.html.j2",
        comparison,
        charts(comparison),
        _format.sides(comparison),
        lambda figure: [figure["aa"]],
        looks={look.name: look for look in Arms.of(comparison).keys(_format.sides(comparison))},
        floors_name="A/A",
        quotient=_format.quotient(comparison),
        title=_format.title(comparison),
        answer=_answer.answer(comparison),
        by_workload=_answer.by_workload,
        ranked=_ranked.ranked,
        pairs=pairs,
        names_of=_names_of,
        quotient_of=lambda names: " ÷ ".join(reversed(names)) if len(names) > 1 else "ratio",
        records=_records,
        datapath_title=_titles.title,
        axes=_titles.axes,
        options=_titles.options,
        spent=spent,
        cells_said=_format.cells_sentence(comparison),
        unfit=_format.unfit_sentence(comparison),
        host_said=_host_words.sentence(comparison["host"]),
        host_heads=_host_words.HEADS,
        host_rows=_host_words.rows(comparison["host"]),
        whole="comparison.json",
        stopped=_format.stopped_sentence(comparison),
        verified=_format.verification_sentence(comparison),
        missing=_format.missing(comparison),
        not_counted=_format.not_counted(comparison),
        witnesses=shown(comparison["witnesses"]),
        differences=folded(comparison["manifest"]["differences"]),
        vhost=knows_vhost(comparison["witnesses"]),
        perturbing=_format.PERTURBING,
        lost_means=_format.LOST,
    )


def _names_of(workload: Mapping[str, Any]) -> list[str]:
    """The two that a group of figures is about."""
    figure = workload["figures"][0]
    return [name for name in (figure["baseline"], figure["candidate"]) if name]


def _records(workload: Mapping[str, Any]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """(variant, {block, run_id} of some of its runs), evenly chosen over the blocks."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for figure in workload["figures"]:
        for name, arm in figure["arms"].items():
            if arm["values"]:
                found.setdefault(name, arm["values"])
        if figure["aa"]["values"]:
            found.setdefault(series(figure["baseline"], "aa"), figure["aa"]["values"])
    return [(name, thinned(values, LINKED)) for name, values in found.items()]


def _by_candidate(workload: Mapping[str, Any]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """The figures of each candidate beside the baseline, under the name of the two."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for figure in workload["figures"]:
        of = f": {figure['candidate']} beside {figure['baseline']}" if figure["candidate"] else ""
        found.setdefault(f"{workload['name']}{of}", []).append(figure)
    return list(found.items())

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What else went on on the hypervisor, as a sentence and as rows of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._report._words._format import DASH, percent

_COLUMNS = {
    "foreign_cpu": "CPU of others",
    "steal": "steal",
    "cpu_pressure": "waiting for a CPU",
    "io_pressure": "waiting for I/O",
    "memory_pressure": "waiting for memory",
}
HEADS = tuple(_COLUMNS.values())


def sentence(host: Mapping[str, Any]) -> str:
    """How many runs were disturbed, and by which bounds."""
    runs, known, above = (sum(row[name] for row in host["rows"]) for name in ("runs", "known", "above"))
    if not known:
        return "What else the host did was not recorded in these runs."
    said = ", ".join(f"{head} {percent(host['bounds'][name])}" for name, head in _COLUMNS.items())
    unknown = f" {runs - known} runs do not say." if runs > known else ""
    return f"{above} of {known} runs were above one of the bounds of this campaign ({said}).{unknown}"


def rows(host: Mapping[str, Any]) -> list[list[str]]:
    """One row a variant: medians of its runs, and the most of one."""
    return [
        [row["variant"], *(_shown(row[name]) for name in _COLUMNS), f"{row['above']} of {row['known']}"]
        for row in host["rows"]
        if row["known"]
    ]


def _shown(found: Mapping[str, float] | None) -> str:
    if found is None:
        return DASH
    return f"{percent(found['median'])}, at most {percent(found['most'])}"

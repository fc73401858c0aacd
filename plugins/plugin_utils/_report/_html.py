# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The comparison as one HTML file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts import charts
from ansible_collections.virtio.lab.plugins.plugin_utils._report._evidence_rows import shown
from ansible_collections.virtio.lab.plugins.plugin_utils._report._page import page
from ansible_collections.virtio.lab.plugins.plugin_utils._report._words import _format


def render(comparison: Mapping[str, Any]) -> str:
    return page(
        "report.html.j2",
        comparison,
        charts(comparison),
        _format.sides(comparison),
        lambda figure: [figure["aa"]],
        floors_name="A/A",
        quotient=_format.quotient(comparison),
        title=_format.title(comparison),
        unfit=_format.unfit_sentence(comparison),
        not_compared=_format.not_compared_sentence(comparison),
        whole="comparison.json",
        stopped=_format.stopped_sentence(comparison),
        witnesses=shown(comparison["witnesses"]),
        perturbing=_format.PERTURBING,
        lost_means=_format.LOST,
    )

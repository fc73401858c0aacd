# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The comparison as one HTML file: no script, no network, everything escaped."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils import _format
from ansible_collections.virtio.lab.plugins.plugin_utils._charts import Absent, Chart, charts
from ansible_collections.virtio.lab.plugins.plugin_utils._evidence import shown
from ansible_collections.virtio.lab.plugins.plugin_utils._requirements import require
from ansible_collections.virtio.lab.plugins.plugin_utils._svg import draw

_TEMPLATES = Path(__file__).parent / "_templates"


def render(comparison: Mapping[str, Any]) -> str:
    jinja = require("jinja2")
    environment = jinja.Environment(
        loader=jinja.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": _format.number,
        "ratio": _format.ratio,
        "p_value": _format.p_value,
        "blocks": _format.block_ratios,
    }
    # The pictures and the stylesheet are the only markup that is not escaped: both are made here.
    safe = require("markupsafe").Markup
    pictures = {chart.name: (chart, _drawn(chart)) for chart in charts(comparison)}
    return environment.get_template("report.html.j2").render(
        c=comparison,
        pictures=pictures,
        style=safe((_TEMPLATES / "report.css").read_text(encoding="utf-8")),
        emulation=_format.emulation_sentence(comparison),
        headline=_format.headline,
        remarks=_format.remarks,
        witnesses=shown(comparison["witnesses"]),
        notes=_format.Footnotes(),
        perturbing=_format.PERTURBING,
        no_p=_format.NO_P,
        effective=_format.effective,
        switch=_format.switch,
        fds=_format.fds,
        some=_format.some,
        arms=(comparison["baseline"], comparison["candidate"]),
    )


def _drawn(chart: Chart | Absent) -> Any:
    """The picture's markup; None where there is none."""
    return require("markupsafe").Markup(draw(chart)) if isinstance(chart, Chart) else None

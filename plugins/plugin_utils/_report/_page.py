# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTML file out of a template and its pictures: no script, no network, everything escaped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._text import lines
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._requirements import require
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._chart import Absent, Chart
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._symbols import SYMBOLS
from ansible_collections.virtio.lab.plugins.plugin_utils._report._svg import draw
from ansible_collections.virtio.lab.plugins.plugin_utils._report._words import _format

_LONGEST = 20_000
_TEMPLATES = Path(__file__).parent / "_templates"
_SAID = ("headline", "remarks", "effective", "switch", "fds", "some", "percent")


def page(
    template: str,
    document: Mapping[str, Any],
    pictures: Iterable[Chart | Absent],
    arms: Sequence[str],
    floors: Callable[[Mapping[str, Any]], Sequence[Mapping[str, Any]]],
    **more: Any,
) -> str:
    """The template filled from the ``document``, which it knows as ``c``, and from what it names of ``more``.

    ``arms``: all that is compared. ``floors``: the A/A arms beside a figure. ``looks``: the marks of the arms by name.
    """
    jinja = require("jinja2")
    environment = jinja.Environment(
        loader=jinja.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja.StrictUndefined,
        finalize=_shown,
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
    said = {name: getattr(_format, name) for name in _SAID}
    every = list(pictures)
    drawn = draw([chart for chart in every if isinstance(chart, Chart)])
    return environment.get_template(template).render(
        c=document,
        arms=arms,
        floors=floors,
        pictures={chart.name: (chart, safe(drawn[chart.name]) if chart.name in drawn else None) for chart in every},
        style=safe((_TEMPLATES / "report.css").read_text(encoding="utf-8")),
        emulation=_format.emulation_sentence(document),
        symbols=SYMBOLS,
        notes=_format.Footnotes(),
        no_p=_format.NO_P,
        **said,
        **more,
    )


def _shown(value: Any) -> Any:
    """What was escaped, and so was looked at, stays; of other text what turns its direction or is no text goes."""
    return lines(value, _LONGEST) if isinstance(value, str) and not hasattr(value, "__html__") else value

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Vega-Lite specification → an SVG element that can stand in a page beside others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._text import plain
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._requirements import require
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts import Chart
from ansible_collections.virtio.lab.plugins.plugin_utils._report._engines import ENGINES

_LONGEST = 500


def draw(charts: Sequence[Chart]) -> dict[str, str]:
    """Name → the picture as inline SVG: named for screen readers, scaled by the page, its ids its own.

    Of several panels each is a drawing of its own, so that they stand below each other where the page is narrow.
    """
    parts = [part for chart in charts for part in _parts(chart)]
    sources = iter(ENGINES.draw([_clean(spec) for spec, _kind in parts]))
    return {chart.name: _whole(chart, sources) for chart in charts}


def _parts(chart: Chart) -> Iterator[tuple[Mapping[str, Any], str]]:
    """(specification, kind) of each drawing."""
    for spec in _panels(chart.spec):
        yield spec, "wide" if chart.narrow else "panel"
    if chart.narrow:
        yield chart.narrow, "narrow"


def _whole(chart: Chart, sources: Iterator[str]) -> str:
    etree = require("lxml.etree")
    whole = etree.Element("div", {
        "id": f"chart-{plain(chart.name)}", "class": "panels", "role": "img", "aria-label": plain(chart.label),
    })  # fmt: skip
    for at, (_spec, kind) in enumerate(_parts(chart)):
        name = f"{chart.name}-{'narrow' if kind == 'narrow' else at}"
        whole.append(_drawn(next(sources), name, kind))
    return str(etree.tostring(whole, encoding="unicode"))


def _panels(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    shared = {key: value for key, value in spec.items() if key not in ("concat", "columns", "spacing")}
    return [{**shared, **panel} for panel in spec["concat"]] if "concat" in spec else [dict(spec)]


def _drawn(source: str, name: str, kind: str) -> Any:
    etree = require("lxml.etree")
    root = etree.fromstring(source.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    root.set("width", f"{float(root.get('width')):.0f}")
    root.set("height", f"{float(root.get('height')):.0f}")
    root.set("style", f"--drawn: {root.get('width')}px")
    root.set("class", kind)
    root.set("aria-hidden", "true")
    _own_ids(root, name)
    return root


def _clean(part: Any) -> Any:
    """The description of a picture without what no text in it may have: a control character ends the whole process."""
    if isinstance(part, str):
        return plain(part, _LONGEST)
    if isinstance(part, Mapping):
        return {_clean(key): _clean(value) for key, value in part.items()}
    return [_clean(each) for each in part] if isinstance(part, (list, tuple)) else part


def _own_ids(root: Any, name: str) -> None:
    """Clip paths of several pictures in one page must not share an id."""
    prefix = re.sub(r"[^A-Za-z0-9_-]", "-", name)
    for element in root.iterdescendants():
        if element.get("id"):
            element.set("id", f"{prefix}-{element.get('id')}")
        for attribute in ("clip-path", "fill", "stroke"):
            value = element.get(attribute, "")
            if value.startswith("url(#"):
                element.set(attribute, value.replace("url(#", f"url(#{prefix}-"))

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report in a real Chromium: complete, quiet, alone, and readable wide, narrow, light, dark and printed."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

CHARTS = {
    "ratios", "blocks", "efficiency", "cpu", "latency", "timeline", "drift", "syscalls-syscalls", "syscalls-ioctls",
}  # fmt: skip

# Contrast as WCAG 2 counts it, of the text's colour on the page's.
CONTRAST = """(() => {
  const light = c => { const [r, g, b] = c.match(/[\\d.]+/g).map(Number).map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const paper = light(getComputedStyle(document.body).backgroundColor);
  const texts = [...document.querySelectorAll('[role=img] text')].map(e => getComputedStyle(e).fill)
    .concat([...document.querySelectorAll('p, td, th, caption, figcaption, a')].map(e => getComputedStyle(e).color));
  return Math.min(...texts.map(light).map(l => (Math.max(l, paper) + 0.05) / (Math.min(l, paper) + 0.05)));
})()"""
CUT = """[...document.querySelectorAll('[role=img] > svg')].filter(e => e.checkVisibility()).flatMap(svg => {
  const box = svg.getBoundingClientRect();
  return [...svg.querySelectorAll('text')].filter(text => { const b = text.getBoundingClientRect();
    return b.width && (b.left < box.left - 1 || b.right > box.right + 1 || b.top < box.top - 1
      || b.bottom > box.bottom + 1);
  }).map(text => svg.parentElement.id + ': ' + text.textContent); })"""


OPEN = "document.querySelectorAll('details').forEach(e => e.open = true)"
# What sticks out of the page to the right, but for what scrolls in a box of its own, and what is hidden on purpose.
OUT = """[...document.querySelectorAll('main td, main th, header td, header th, dd, dt, svg')].filter(e => {
  const b = e.getBoundingClientRect(); return b.width > 1 && b.height > 1 && b.right > innerWidth + 1;
}).map(e => e.tagName + ' ' + e.textContent.trim().slice(0, 40))"""


def test_loads_alone_and_without_complaint(page: Any, report: Path) -> None:
    page.open(report)
    assert [url for url in page.requests() if url not in (report.as_uri(), "data:,")] == []
    assert page.complaints() == []


def test_every_chart_is_drawn_and_named(page: Any, report: Path) -> None:
    page.open(report)
    page.evaluate(OPEN)
    charts = page.evaluate(
        "[...document.querySelectorAll('[role=img]')].map(e => ({id: e.id, label: e.getAttribute('aria-label'), "
        "width: e.getBoundingClientRect().width, marks: e.querySelectorAll('path[d], text').length}))"
    )
    assert {chart["id"].removeprefix("chart-") for chart in charts} == CHARTS
    for chart in charts:
        assert len(chart["label"]) > 20
        assert chart["width"] > 200
        assert chart["marks"] > 4


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_can_be_read(page: Any, report: Path, dark: bool) -> None:
    page.open(report, dark=dark)
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(int(part) for part in background[4:-1].split(",")) < 150) == dark
    assert page.evaluate(CONTRAST) >= 4.5


@pytest.mark.parametrize(("width", "media"), [(1200, "screen"), (360, "screen"), (700, "print")])
def test_nothing_is_cut_off(page: Any, report: Path, width: int, media: str) -> None:
    page.open(report, width=width, media=media)
    page.evaluate(OPEN)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CUT) == []


@pytest.mark.parametrize("which", ["report", "many"])
def test_on_a_phone_no_column_is_out_of_sight(page: Any, request: pytest.FixtureRequest, which: str) -> None:
    page.open(Path(request.getfixturevalue(which)), width=360)
    page.evaluate(OPEN)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate(OUT) == []
    # A cell says itself what its column is, as the head of the table is out of the way.
    unnamed = "[...document.querySelectorAll('table.stack td')].filter(e => !e.dataset.label && e.colSpan < 2).length"
    assert page.evaluate(unnamed) == 0
    # And in words: what stands beside it must not leave it a letter a line.
    narrow = (
        "[...document.querySelectorAll('table.stack td[data-label]')].filter(e => e.offsetHeight"
        " && e.dataset.label.length > 3 && parseFloat(getComputedStyle(e, '::before').width) < 20)"
        ".map(e => e.dataset.label)"
    )
    assert page.evaluate(narrow) == []


@pytest.mark.parametrize("width", [360, 1200])
def test_the_answer_is_on_the_first_screen(page: Any, many: Path, width: int) -> None:
    page.open(many, width=width)
    assert "Claimed of" in page.evaluate("document.querySelector('.answer').innerText")
    assert page.evaluate("document.querySelector('.answer').getBoundingClientRect().bottom < innerHeight")


def test_the_forest_is_as_wide_as_the_page_and_another_on_a_phone(page: Any, many: Path) -> None:
    drawn = "[...document.querySelectorAll('#chart-ratios svg')].filter(e => e.checkVisibility())"
    for width, kind in ((1200, "wide"), (360, "narrow")):
        page.open(many, width=width)
        assert page.evaluate(f"{drawn}.map(e => e.getAttribute('class'))") == [kind]
    page.open(many, width=1200)
    assert page.evaluate(f"{drawn}[0].getBoundingClientRect().width") > 1000


def test_tables_and_headings_make_sense_without_sight(page: Any, report: Path) -> None:
    page.open(report)
    assert page.evaluate("document.querySelectorAll('h1').length") == 1
    assert page.evaluate("[...document.querySelectorAll('table')].filter(t => !t.caption || !t.tHead).length") == 0
    assert page.evaluate("[...document.querySelectorAll('th')].filter(t => !t.scope).length") == 0
    links = page.evaluate("[...document.querySelectorAll('a')].map(a => a.getAttribute('href'))")
    inside = {link[1:] for link in links if link.startswith("#")}
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+/run\.json", link) for link in links if not link.startswith("#"))
    assert inside <= set(page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)"))
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3')].map(h => Number(h.tagName[1]))")
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pages by keyboard alone, by what assistive technology is told, and by contrast: light, dark and printed."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

MEDIA = [("screen", False), ("screen", True), ("print", False), ("print", True)]
IDS = ["light", "dark", "print", "print-dark"]
in_every_medium = pytest.mark.parametrize(("media", "dark"), MEDIA, ids=IDS)

# Contrast as WCAG 2 counts it.
CONTRAST = """
  const rgb = c => c.match(/[\\d.]+/g).map(Number);
  const light = c => { const [r, g, b] = rgb(c).map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  const shown = c => c !== 'none' && (rgb(c)[3] ?? 1) > 0;
  const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if (shown(c)) return c; } return 'rgb(255, 255, 255)'; };
"""
# Every element that has text of its own and is seen, with the contrast to what is behind it.
FAINT = f"""(() => {{ {CONTRAST}
  return [...document.querySelectorAll('body *')]
    .filter(e => e.checkVisibility() && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
    .map(e => [e.closest('svg') && e.tagName !== 'svg' ? getComputedStyle(e).fill : getComputedStyle(e).color, e])
    .filter(([colour, e]) => contrast(colour, behind(e)) < 4.5)
    .map(([colour, e]) => `${{e.tagName}} ${{e.textContent.trim().slice(0, 40)}}: ${{colour}} on ${{behind(e)}}`);
}})()"""
# Of every picture its marks: those with an extent and a paint that can be told from the page.
MARKS = f"""(() => {{ {CONTRAST}
  const painted = e => [getComputedStyle(e).fill, getComputedStyle(e).stroke]
    .some(c => c.startsWith('rgb') && shown(c) && contrast(c, behind(e)) >= 1.2);
  return [...document.querySelectorAll('[role=img]')].map(picture => [picture.id, [...picture.querySelectorAll(
    'g.role-mark path, g.role-mark line, g.role-mark rect, g.role-mark text')].filter(e => {{
      const box = e.getBoundingClientRect(); return box.width + box.height > 0 && painted(e); }}).length]);
}})()"""
# What stands for a datapath or a class of threads, against the page.
INKS = f"""(() => {{ {CONTRAST}
  const style = getComputedStyle(document.documentElement), probe = document.createElement('i');
  document.body.append(probe);
  const classes = ['vcpu', 'vhost', 'main', 'iothread', 'worker', 'other'];
  const names = [...[...Array(12).keys()].map(n => `arm-${{n}}`), ...classes.map(n => 'cpu-' + n)];
  return names.map(name => {{ probe.style.color = `var(--${{name}})`;
    return [name, contrast(getComputedStyle(probe).color, behind(document.body))]; }});
}})()"""
OPEN = "document.querySelectorAll('details').forEach(e => e.open = true)"
# All that a keyboard must reach, in the order of the page; the one with the focus, and whether that is seen.
STOPS = """[...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')]
  .filter(e => e.checkVisibility())"""
FOCUS = f"""(() => {{ {CONTRAST}
  const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
  return [{STOPS}.indexOf(e), style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
    && contrast(style.outlineColor, behind(e.parentElement)) >= 3
    && box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0];
}})()"""


@in_every_medium
def test_alone_quiet_and_all_pictures_painted(page: Any, any_page: Path, media: str, dark: bool) -> None:
    page.open(any_page, dark=dark, media=media)
    assert [url for url in page.requests() if url not in (any_page.as_uri(), "data:,")] == []
    assert page.complaints() == []
    page.evaluate(OPEN)
    marks = dict(page.evaluate(MARKS))
    assert marks
    assert {name: count for name, count in marks.items() if count < 4} == {}


@in_every_medium
def test_text_and_marks_stand_out(page: Any, any_page: Path, media: str, dark: bool) -> None:
    page.open(any_page, dark=dark, media=media)
    page.evaluate(OPEN)
    assert page.evaluate(FAINT) == []
    assert {name: ratio for name, ratio in page.evaluate(INKS) if ratio < 3} == {}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_keyboard_reaches_everything_and_is_seen(page: Any, any_page: Path, dark: bool) -> None:
    page.open(any_page, dark=dark)
    assert page.evaluate("document.querySelectorAll('.scroll:not([tabindex=\"0\"])').length") == 0
    count = page.evaluate(f"{STOPS}.length")
    assert count > 3
    for stop in range(count):
        page.press("Tab")
        assert page.evaluate(FOCUS) == [stop, True], page.evaluate("document.activeElement.outerHTML.slice(0, 200)")


def test_the_first_stop_skips_to_the_content(page: Any, any_page: Path) -> None:
    page.open(any_page)
    page.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    page.press("Enter")
    page.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    assert page.evaluate(
        f"{STOPS}.filter(e => document.querySelector('main').contains(e))[0] === document.activeElement"
    )


def test_details_open_and_close_by_keyboard(page: Any, any_page: Path) -> None:
    page.open(any_page)
    count = page.evaluate("document.querySelectorAll('details').length")
    assert count > 0
    for index in range(count):
        details = f"document.querySelectorAll('details')[{index}]"
        page.evaluate(f"{details}.querySelector('summary').focus()")
        for key, is_open in (("Enter", True), ("Space", False), ("Enter", True)):
            page.press(key)
            assert page.evaluate(f"{details}.open") is is_open
        if page.evaluate(f"{STOPS}.filter(e => {details}.contains(e)).length > 1"):
            page.press("Tab")
            assert page.evaluate(f"{details}.contains(document.activeElement)")


def test_assistive_technology_is_told_what_things_are(page: Any, any_page: Path) -> None:
    page.open(any_page)
    page.evaluate(OPEN)
    found: dict[str, list[str]] = {}
    for role, name in page.accessible():
        found.setdefault(role, []).append(name)
    assert {role: len(found.get(role, [])) for role in ("banner", "main", "navigation")} == dict.fromkeys(
        ("banner", "main", "navigation"), 1
    )
    for role in ("navigation", "region", "image", "figure", "table", "link", "columnheader", "rowheader"):
        assert "" not in found.get(role, []), role
    tables = page.evaluate("document.querySelectorAll('table').length")
    assert len(found["table"]) == tables
    assert page.evaluate("document.querySelectorAll('th:not([scope])').length") == 0
    assert page.evaluate("document.querySelectorAll('[role=group]:not([aria-label])').length") == 0
    assert page.evaluate("document.querySelectorAll('section:not([aria-labelledby])').length") == 0
    assert len(found.get("figure", [])) == page.evaluate("document.querySelectorAll('figure').length")


def test_headings_leave_no_level_out(page: Any, any_page: Path) -> None:
    page.open(any_page)
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(h => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))

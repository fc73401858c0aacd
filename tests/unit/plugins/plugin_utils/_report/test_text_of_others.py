# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text of others in Markdown, HTML, CSV and on a terminal: rendered by a parser that is not ours, it is text alone."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import jinja2
import pytest
from lxml import html
from markdown_it import MarkdownIt

from ansible_collections.virtio.lab.plugins.module_utils._text import plain
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._comparison import compare
from ansible_collections.virtio.lab.plugins.plugin_utils._report import _csv, _html, _markdown, _terminal
from ansible_collections.virtio.lab.plugins.plugin_utils._report._live._progress import Progress
from ansible_collections.virtio.lab.plugins.plugin_utils._report._words._tables import code, escaped, fenced, table

ROOT = Path(__file__).parents[5]
HOSTILE = [
    "[click](https://evil.example/x)",
    "![p](https://evil.example/p.png)",
    "<img src=x onerror=alert(1)>",
    "<https://evil.example>",
    "https://evil.example/a",
    "www.evil.example",
    "me@evil.example",
    "@everyone",
    "**bold** __bold__ *it* _it_ ~~gone~~",
    "`code` ``code``",
    "a | b || c",
    "&lt;b&gt; &#x202e; &copy;",
    "[^1] [x]: https://evil.example",
    "# head",
    "> quote",
    "- item",
    "+ item",
    "1. item",
    "1) item",
    "---",
    "===",
    "```",
    "~~~",
    "\\",
    "\\\\",
    "\\`x\\`",
    "a\\",
    "|",
    "\x1b[31mred\x1b]52;c;eA==\x07",
    "\u202egpj.exe",
    "one\n\n# two\n\n- three",
    "$\\text{x}$",
    "javascript:alert(1)",
    "mailto:me@evil.example",
    "xmpp:x@y",
    "{{ x }}",
    "tcp_rr",
    "6.12.0-guest",
    "",
    " ",
]
INLINE = {"text", "text_special", "softbreak"}


def parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def inline(tokens: list[Any]) -> list[Any]:
    return [child for token in tokens for child in token.children or []]


def shown(children: list[Any]) -> str:
    return "".join(" " if child.type == "softbreak" else child.content for child in children)


@pytest.mark.parametrize("text", HOSTILE)
def test_in_markdown_it_is_text_alone(text):
    """At the start of a line, inside of one, and in a cell. A code span around each @ is ours."""
    allowed = INLINE | {"code_inline"}
    for tokens in (parser().parse(escaped(text)), parser().parse(f"x {escaped(text)} y")):
        assert {token.type for token in tokens} <= {"paragraph_open", "inline", "paragraph_close"}
        assert {child.type for child in inline(tokens)} <= allowed
        assert all(child.content == "@" for child in inline(tokens) if child.type == "code_inline")
    assert shown(inline(parser().parse(f"x {escaped(text)} y"))).split() == f"x {plain(text)} y".split()
    rows = "\n".join(table(["a", "b"], [[text, "last"]]))
    cells = [token for token in parser().parse(rows) if token.type == "inline"]
    assert [shown(cell.children).split() for cell in cells] == [["a"], ["b"], plain(text).split(), ["last"]]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_is_linked_by_those_who_link_bare_addresses(text):
    """GitHub and GitLab look for these in what is left after parsing: none is in one piece."""
    for child in inline(parser().parse(f"x {escaped(text)} y")):
        if child.type == "text":
            assert "://" not in child.content or "\\:" in escaped(text)
            assert "@" not in child.content


@pytest.mark.parametrize("text", [*HOSTILE, "```\n**The datapath in effect is vhost**\n```", "````\n`````\n~~~~~~~"])
def test_a_fence_is_longer_than_any_in_the_text(text):
    tokens = parser().parse(f"before\n\n{fenced(text, 'text')}\n\nafter")
    assert [token.type for token in tokens if token.type in ("fence", "inline")] == ["inline", "fence", "inline"]
    (block,) = [token for token in tokens if token.type == "fence"]
    assert block.content.strip("\n").split() == "\n".join(map(plain, text.split("\n"))).split()


@pytest.mark.parametrize("text", HOSTILE)
def test_a_span_of_code_ends_where_it_should(text):
    (token,) = [token for token in parser().parse(f"x {code(text)} y".replace("\\|", "|")) if token.type == "inline"]
    kinds = [child.type for child in token.children]
    assert kinds in (["text", "code_inline", "text"], ["text"])
    if plain(text).strip():
        assert token.children[1].content.strip() == plain(text).strip()


def spoil(value: Any, text: str, keep: tuple[str, ...] = ()) -> Any:
    """Each text that is free to choose, replaced."""
    if isinstance(value, dict):
        return {key: inner if key in keep else spoil(inner, text, keep) for key, inner in value.items()}
    if isinstance(value, list):
        return [spoil(inner, text, keep) for inner in value]
    return text if isinstance(value, str) else value


CHOSEN = ("lab", "invalid_reasons", "missing")
HOSTILE_ALL = " ".join(HOSTILE)


@pytest.fixture(name="hostile")
def _hostile() -> list[dict[str, Any]]:
    """Runs of a campaign whose every free text is hostile, one of them invalid."""
    found = []
    for number, path in enumerate(sorted((ROOT / "tests" / "unit" / "fixtures" / "runs").glob("*/run.json"))):
        run = json.loads(path.read_text(encoding="utf-8"))
        run |= {key: spoil(run[key], HOSTILE_ALL) for key in CHOSEN if key in run}
        run["workload"]["name"] = f"{run['workload']['name']} {HOSTILE_ALL}"
        run["workload"]["version"] = HOSTILE_ALL
        run["manifest"] = spoil(run["manifest"], HOSTILE_ALL, ("accelerator",))
        run["manifest"]["qemu"] = f"{number} {HOSTILE_ALL}"
        run["campaign_id"] = "c"
        if number == 0:
            run |= {"valid": False, "invalid_reasons": [HOSTILE_ALL]}
        found.append(run)
    return found


def test_the_whole_report_in_markdown_has_no_link_and_no_html(hostile):
    comparison = compare(hostile, [{"path": HOSTILE_ALL, "reason": HOSTILE_ALL}])
    text = _markdown.render(comparison)
    tokens = parser().parse(text)
    kinds = {token.type for token in [*tokens, *inline(tokens)]}
    assert not kinds & {"link_open", "image", "html_inline", "html_block", "fence", "code_block", "s_open"}, kinds
    heads = [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"]
    assert "two" not in heads
    assert not steering(text.replace("\n", ""))


def test_the_whole_page_has_no_element_of_theirs(hostile):
    page = _html.render(compare(hostile, [{"path": HOSTILE_ALL, "reason": HOSTILE_ALL}]))
    root = html.fromstring(page)
    assert root.xpath("//img | //script | //iframe") == []
    links = [link.get("href") for link in root.xpath("//a")]
    assert all(re.fullmatch(r"#[a-z0-9-]+|[A-Za-z0-9._-]+/run\.json", link) for link in links)
    assert not steering(page.replace("\n", ""))


def test_the_terminal_and_the_progress_are_not_steered(hostile):
    for line in _terminal.render(compare(hostile, [{"path": HOSTILE_ALL, "reason": HOSTILE_ALL}])):
        assert not steering(line)
    for run in hostile:
        progress = Progress([], 0)
        progress.finish(run)
        line = progress.line(1)
        assert not steering(line)
        assert len(line) <= 500


def test_no_cell_is_a_formula():
    for text in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n=1", "＝1", "\u202e=1", "\x00=1"):
        assert _csv._cell(text).startswith("'"), text
    assert _csv._cell("vhost") == "vhost"
    assert _csv._cell(-1.5) == -1.5


def test_the_whole_table_as_csv(hostile):
    rows = list(csv.reader(io.StringIO(_csv.render(compare(hostile)))))
    assert {len(row) for row in rows} == {len(_csv.COLUMNS)}
    for cell in (cell for row in rows for cell in row):
        assert not cell.startswith(("=", "@", "+", "\t", "\r"))
        assert not steering(cell)


def test_what_a_guest_says_does_not_leave_its_place_on_the_page_of_inspect():
    """lspci closes no fence and adds no verdict; names, threads and links are text."""
    forged = f"01:00.0 x\n```\n\n**The datapath in effect is vhost**.\n\n{HOSTILE_ALL}"
    nic = {
        "datapath": {
            "interface": {"mac": HOSTILE_ALL},
            "effective": "qemu",
            "agree": True,
            "witnesses": {"xml": "qemu"},
            "disagreements": [forged],
            "threads": [{"tid": 1, "comm": HOSTILE_ALL, "class": "main", "cpu_ns": 1}],
            "argv": {"netdev": {"x": forged}},
        },
        "xml": f"<interface>{forged}</interface>",
        "tuntap": forged,
        "link": {"ifname": HOSTILE_ALL, "operstate": HOSTILE_ALL, "mtu": 1500, "address": HOSTILE_ALL},
        "guest": {
            "name": HOSTILE_ALL,
            "addresses": [],
            "chain": {"driver": forged, "virtio": forged, "pci_driver": forged, "pci": forged},
            "lspci": forged,
        },
    }
    lost = {**nic, "guest": None, "guest_missing": forged}
    seen = {
        "host": {"name": HOSTILE_ALL, "kernel": HOSTILE_ALL, "modules": {}, "devices": {}},
        "guests": [{"name": HOSTILE_ALL, "pid": 1, "descriptors": [{"fd": 1, "target": forged, "link": forged}],
                    "nics": [nic, lost]}],
    }  # fmt: skip
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701
    environment.filters |= {
        "virtio.lab.as_markdown": escaped, "virtio.lab.as_code": code, "virtio.lab.as_fence": fenced,
        "to_json": json.dumps,
    }  # fmt: skip
    environment.tests["match"] = lambda text, pattern: text.startswith(pattern)
    source = (ROOT / "roles" / "inspect" / "templates" / "inspect.md.j2").read_text(encoding="utf-8")
    text = environment.from_string(source).render(inspect_result=seen)
    tokens = parser().parse(text)
    strong = [token.content for token in tokens if token.type == "inline"
              if any(child.type == "strong_open" for child in token.children)]  # fmt: skip
    assert strong == ["**The datapath in effect is qemu**, and all witnesses agree."] * 2
    kinds = {token.type for token in [*tokens, *inline(tokens)]}
    assert not kinds & {"link_open", "image", "html_inline", "html_block"}, kinds
    assert not steering(text.replace("\n", ""))


def steering(text: str) -> set[str]:
    """The characters in text that steer a terminal or turn its direction."""
    return {each for each in text if unicodedata.category(each)[0] == "C"}

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every picture: told in words, with its figures beside it, in the page's own colours, and safe with any name."""

from __future__ import annotations

import itertools
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html

from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._comparison import compare
from ansible_collections.virtio.lab.plugins.plugin_utils._report import _html
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts import Absent, Chart, charts
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._chart import ROWS_SHOWN, Table
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._style import round_values
from ansible_collections.virtio.lab.plugins.plugin_utils._report._svg import draw

from ...conftest import spoil
from .pictures import inside, with_the_arm

EVIL = "<script>alert('1')</script>]]>&amp; \"' datum[x].y"
VARIANTS = {"qemu": "var(--arm-0)", "vhost": "var(--arm-1)"}


def test_every_picture_is_there_once_drawn_or_with_the_reason() -> None:
    found = charts(compare(with_the_arm()))
    names = [chart.name for chart in found]
    assert len(names) == len(set(names))
    assert {chart.name for chart in found if isinstance(chart, Chart)} == {
        "ratios", "blocks", "efficiency", "cpu", "latency", "timeline", "drift", "syscalls-syscalls", "syscalls-ioctls",
    }  # fmt: skip
    assert {chart.name for chart in found if isinstance(chart, Absent)} == {"packets", "sizes", "queues"}


def test_every_picture_is_told_in_words_and_figures() -> None:
    for chart in charts(compare(with_the_arm())):
        if isinstance(chart, Absent):
            assert chart.why
            assert not chart.why.endswith(".")
            continue
        assert chart.title
        assert len(chart.label) > 40
        assert chart.caption.endswith(".")
        assert chart.table.rows
        assert all(len(row) == len(chart.table.head) for row in chart.table.rows)
        assert all(isinstance(row[0], str) for row in chart.table.rows)


def test_the_page_holds_each_with_caption_and_figures() -> None:
    comparison = compare(with_the_arm())
    page = html.fromstring(_html.render(comparison))
    for chart in charts(comparison):
        (element,) = page.xpath("//*[@id=$id]", id=f"chart-{chart.name}")
        if isinstance(chart, Absent):
            assert element.text_content() == f"{chart.title}: not drawn, since {chart.why}."
            continue
        (figure,) = element.iterancestors("figure")
        assert element.get("aria-label") == chart.label
        assert figure.find("figcaption").text_content() == f"{chart.title} {chart.caption}"
        assert len(figure.findall("details//tbody/tr")) == len(chart.table.rows)


def test_a_variant_has_one_colour_and_one_shape_on_the_whole_page() -> None:
    shapes = set()
    for chart in charts(compare(with_the_arm())):
        for scale in inside(chart.spec if isinstance(chart, Chart) else {}, "scale"):
            for name, given_ in zip(scale.get("domain", []), scale.get("range", []), strict=False):
                if name in VARIANTS and chart.name != "cpu" and str(given_).startswith("var("):
                    assert given_ == VARIANTS[name]
                if name in VARIANTS and given_ in ("circle", "square"):
                    shapes.add((name, given_))
    assert shapes == {("qemu", "circle"), ("vhost", "square")}


def test_no_colour_but_the_pages_own() -> None:
    """So that light, dark and print each have theirs."""
    for chart in charts(compare(with_the_arm())):
        if isinstance(chart, Chart):
            assert not re.search(r'(?:fill|stroke)="(?:#|rgb|black|white)', draw([chart])[chart.name]), chart.name


@pytest.mark.parametrize("keep", [("qemu",), ("vhost",)], ids=str)
@pytest.mark.parametrize("blocks", [1, 2])
def test_one_datapath_alone_and_one_block_alone_are_drawn_or_explained(keep: tuple[str], blocks: int) -> None:
    found = charts(compare([run for run in with_the_arm(blocks) if run["factor"]["datapath"] in keep]))
    for chart in found:
        if isinstance(chart, Chart):
            etree.fromstring(draw([chart])[chart.name])
    missing = {chart.name: chart.why for chart in found if isinstance(chart, Absent)}
    assert missing["ratios"] == f"{keep[0]} is the only variant of the campaign"
    assert missing["blocks"] == "no block holds both variants"


def test_a_campaign_with_no_valid_run_says_so_everywhere() -> None:
    found = charts(compare([spoil(run, "mistoggled") for run in with_the_arm(1)]))
    assert all(isinstance(chart, Absent) for chart in found)
    assert len(found) == 10


def test_names_are_data_in_every_picture() -> None:
    runs = with_the_arm()
    for run in runs:
        run["workload"]["name"] += EVIL
        run["summary"]["kicks_per_packet"] = 0.5
        run["missing"] = dict.fromkeys(run["missing"], EVIL)
        run["workload"]["message_bytes"] = run["factor"]["queues"] = run["block"]
        for name in ["by_name", "ioctls"] if run["syscalls"] else []:
            if run["syscalls"][name]:
                run["syscalls"][name][EVIL] = {"calls": 4000, "errors": 1} if name == "by_name" else 3
    for chart in charts(compare(runs)):
        if isinstance(chart, Chart):
            source = draw([chart])[chart.name]
            assert "<script" not in source
            picture = etree.fromstring(source)
            assert EVIL[:8] in "".join(picture.itertext()) + picture.get("aria-label")


def test_a_specification_is_plain_data() -> None:
    for chart in charts(compare(with_the_arm())):
        if isinstance(chart, Chart):
            assert json.loads(json.dumps(chart.spec, allow_nan=False)) == chart.spec


def test_a_long_table_is_cut_and_says_so() -> None:
    table = Table(["a"], [[str(row)] for row in range(ROWS_SHOWN + 1)])
    assert len(table.shown) == ROWS_SHOWN
    page = html.fromstring(_html.render(compare(with_the_arm(30))))
    (caption,) = page.xpath("//figure[.//*[@id='chart-blocks']]//caption")
    assert f"the first {ROWS_SHOWN} of 120 rows, the others are in comparison.json" in caption.text_content()


@given(low=st.floats(1e-6, 1e6), factor=st.floats(1, 1e6))
def test_round_values_rise_inside_the_range(low: float, factor: float) -> None:
    found = round_values(low, low * factor)
    assert all(low <= value <= low * factor for value in found)
    assert all(before < after for before, after in itertools.pairwise(found))
    assert len(found) < 13
    assert found or factor < 3

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A reader holds a document to its word that it explains every null, and shows the reasons."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._nulls import WHY, nulls, with_reasons
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._comparison import compare
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._nulls import MOST, null_rows
from ansible_collections.virtio.lab.plugins.plugin_utils._report import _html, _markdown
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._run_document import validate

SAMPLE = Path(__file__).resolve().parents[5] / "docs" / "sample-report"
Document = dict[str, Any]


def old(name: str = "b01-qemu-tcp_rr") -> Document:
    """A run of the sample, which has nulls without a reason, as this version's schema has it."""
    run: Document = json.loads((SAMPLE / name / "run.json").read_text(encoding="utf-8"))
    run["schema"] = "virtio.lab/run/2"
    run["factor"].update(variant="qemu", baseline="qemu", frontend="virtio", backend="qemu", attachment="tap")
    return run


@pytest.fixture
def run() -> Document:
    return with_reasons(old())


def test_what_the_recorder_explains_is_valid_and_so_are_older_documents(run: Document) -> None:
    validate(run)
    validate(old())
    assert old()["missing"].keys() < nulls(old())
    assert run["missing"].keys() == nulls(old())


def _governor(run: Document) -> None:
    del run["missing"]["manifest.governor"]


def _sample(run: Document) -> None:
    run["samples"][1]["softirq_ns"] = None


def _inside_a_witness(run: Document) -> None:
    run["witness"]["middle"]["interface"]["somewhere"] = {"deep": [{"inside": None}]}


def _blank(run: Document) -> None:
    run["missing"]["manifest.governor"] = " \t"


def _of_a_value(run: Document) -> None:
    run["missing"]["summary.tps"] = "it was not counted"


def _of_nothing(run: Document) -> None:
    run["missing"]["summary.<b>\x1b[31m\nnot there"] = "\x1b]52;c;eA==\x07"


@pytest.mark.parametrize(
    ("forge", "says"),
    [
        (_governor, "$.manifest.governor is null, and missing has no reason for it"),
        (_sample, "$.samples[].softirq_ns is null, and missing has no reason for it"),
        (_inside_a_witness, "$.witness.*.interface.somewhere.deep[].inside is null, and missing has no reason for it"),
        (_blank, "$.missing: the reason for manifest.governor is blank"),
        (_of_a_value, "$.missing has a reason for summary.tps, which is not null"),
        (_of_nothing, "$.missing has a reason for summary.<b>[31m not there, which is not null"),
    ],
)
def test_a_document_that_says_so_is_held_to_it(run: Document, forge, says: str) -> None:
    forge(run)
    with pytest.raises(LabError) as refused:
        validate(run)
    assert str(refused.value) == f"not a virtio.lab/run/2 document: {says}"


def test_one_that_is_nested_deeply_is_refused_in_words(run: Document) -> None:
    """As Ansible reads what a hypervisor returns, which knows no limit but Python's."""
    inner: Document = {}
    for _level in range(5000):
        inner = {"a": inner}
    run["witness"]["before"]["interface"]["a"] = inner
    with pytest.raises(LabError, match=r"not a virtio\.lab/run/2 document: "):
        validate(run)


@pytest.mark.parametrize("word", [False, None, "true", 1])
def test_there_is_one_word_for_it(run: Document, word: Any) -> None:
    run["explained"] = word
    with pytest.raises(LabError, match=r"\$\.explained"):
        validate(run)


@pytest.mark.parametrize("why", ["x" * 1_000_000, "", 7, None, ["a"]])
def test_a_reason_is_a_sentence(run: Document, why: Any) -> None:
    run["missing"]["manifest.governor"] = why
    with pytest.raises(LabError, match=r"\$\.missing\.manifest\.governor") as refused:
        validate(run)
    assert len(str(refused.value)) < 1000


def test_the_report_shows_each_place_with_its_reason(run: Document) -> None:
    run["missing"]["manifest.governor"] = "<script>alert(1)</script> \x1b[2J| [x](http://e)" + "y" * 60_000
    validate(run)
    compared = compare([run])
    rows = {row["place"]: row for row in compared["nulls"]}
    assert rows.keys() == nulls(run)
    assert rows["workload.rate_mbps"] == {"place": "workload.rate_mbps", "why": WHY["workload.rate_mbps"], "runs": 1}
    assert len(rows["manifest.governor"]["why"]) <= 301
    page, text = _html.render(compared), _markdown.render(compared)
    for form in (page, text):
        assert WHY["workload.rate_mbps"] in form
        assert "<script>alert(1)" not in form
        assert "\x1b" not in form
    assert "&lt;script&gt;alert(1)" in page
    assert "[x](" not in text


def test_what_an_older_document_does_not_explain_was_not_recorded() -> None:
    of_two = [old(), with_reasons(old("b01-vhost-tcp_rr"))]
    rows = [(row["why"], row["runs"]) for row in null_rows(of_two) if row["place"] == "manifest.governor"]
    assert rows == [("not recorded", 1), (WHY["manifest.governor"], 1)]


def test_a_stranger_cannot_fill_the_report_with_reasons(run: Document) -> None:
    many = [{**run, "missing": {**run["missing"], **{f"a.{n}.{k}": "z" * 65_000 for k in range(99)}}} for n in range(9)]
    rows = null_rows(many)
    assert len(rows) == MOST
    assert sum(row["runs"] == 9 for row in rows) == len(run["missing"])
    assert len(json.dumps(rows)) < 100_000

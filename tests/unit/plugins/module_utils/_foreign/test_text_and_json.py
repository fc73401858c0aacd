# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The doors for text and JSON of others."""

from __future__ import annotations

import math

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _json, _shape
from ansible_collections.virtio.lab.plugins.module_utils._text import lines, plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("vhost-918", "vhost-918"),
        ("µs, 1\u202f000 ÷", "µs, 1\u202f000 ÷"),
        ("a\x1b[31mb\x1b]52;c;eA==\x07", "a[31mb]52;c;eA=="),
        ("a\nb\r\nc\td", "a b  c d"),
        ("a\u2028b\x85c", "a b c"),
        ("\u202egpj.exe\u2066\u200b\ufeff", "gpj.exe"),
        ("\ud800x\ue000", "x"),
        ("\x9b31m", "31m"),
        (None, "None"),
    ],
)
def test_what_steers_a_terminal_goes(text, shown):
    assert plain(text) == shown


def test_text_is_bounded():
    assert plain("x" * 5000) == "x" * 1999 + "…"
    assert plain("abc", 2) == "a…"
    assert lines("a\x1b\nb\u202e\r\nc", 100) == "a\nb\nc"


def test_every_error_goes_through_that_door():
    assert str(LabError("line 1: \x1b]0;x\x07\n  line 2")) == "line 1: ]0;x\n  line 2"
    assert len(str(LabError("x" * 10**6))) == 20_000


def test_an_object_a_line():
    assert _json.objects(['{"a": 1}', '{"b": [2]}'], "it") == [{"a": 1}, {"b": [2]}]
    assert _json.objects([], "it") == []
    for lines_of in (['{"a": 1},{"b": 2}'], ['{"a": 1}', "2"], ['{"a": 1'], ['{"a": 1}', '{"b": NaN}']):
        with pytest.raises(LabError, match=r"\Ait is no"):
            _json.objects(lines_of, "it")


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "[Infinity]",
        "-Infinity",
        "1e999",
        '{"a": 1' + "0" * 60 + "}",
        "[" * 100_000,
        "{",
        "",
        '{"a": nan}',
        b"\xff",
    ],
)
def test_what_json_does_not_have_is_never_read(text):
    with pytest.raises(LabError, match="the answer is "):
        _json.loads(text, "the answer")


def test_a_document_is_bounded_before_it_is_read():
    with pytest.raises(LabError, match="the answer is larger than 8 bytes"):
        _json.loads("[" + "1," * 10 + "1]", "the answer", 8)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, {1, 2}, "\ud800"])
def test_what_json_does_not_have_is_never_written(value):
    with pytest.raises(LabError, match="the record cannot be written as JSON"):
        _json.dumps({"a": [value]}, "the record")


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (_shape.mapping, []),
        (_shape.items, {}),
        (_shape.text, 7),
        (_shape.number, True),
        (_shape.number, "7"),
        (_shape.number, math.nan),
        (_shape.number, -1),
        (_shape.number, 10**30),
        (_shape.number, 1e-320),
        (_shape.written_number, "1e-320"),
        (_shape.whole, 1.0),
        (_shape.whole, False),
        (_shape.flag, 1),
        (_shape.written_whole, "-1"),
        (_shape.written_whole, "1\n"),
        (_shape.written_whole, "٣"),
        (_shape.written_number, "nan"),
        (_shape.written_number, "1e400"),
        (_shape.written_number, "0" * 10_000),
    ],
)
def test_a_part_is_what_it_must_be_or_is_named(check, value):
    with pytest.raises(LabError, match=r"the part is .*would be right"):
        check(value, "the part")

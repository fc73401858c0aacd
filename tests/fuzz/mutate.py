# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From good material to bad: seeded, so that what was found can be found again."""

from __future__ import annotations

import random
import re
from typing import Any

TOKENS = [
    "\0", "\n", "\n" * 300, "\r\n", "\t", "\x1b[31m", "\x1b]52;c;eA==\x07", "\u202e", "\u2028", "\ufeff", "\ud800", "é", "٣", "²",
    " " * 300, "0" * 300, "9" * 5000, "-1", "-", "--", "=", "==", "NaN", "nan", "Infinity", "-Infinity", "1e999", "1e-320", "inf", "0x10",
    "1_0", "18446744073709551616", "[" * 200, "{" * 200, '{"a":' * 100, "]", "}", '"', "'", "\\", "`" * 5, "|", "<", ">", "&amp;", "&a;", "*a",
    "<!DOCTYPE a [<!ENTITY b 'c'>]>", "<![CDATA[", "{{ lookup('pipe', 'id') }}", "{% raw %}", "$(id)", ";", "../../x", "/etc/shadow", "%s%n",
    "null", "true", "[]", "{}", "error", "refused", "Tcp:", "total", "attached", "&x [*x,*x]", "!!python/object:os.system", "!!binary x",
    "2024-99-99", "1:99:99", "0o9", "<<: *a", "? a", "- - - -",
]  # fmt: skip
VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, 10**30, -(10**30), 0.0, -0.5, 1e-320, 1e-9, 1e18, 1e308, float("nan"), float("inf"),
    float("-inf"), "", " ", "x", "-x", "--listen=x", "x$(id)", "127.0.0.1", "::1", "0.0.0.0", "255.255.255.255", "192.168.150.1", "\n", "x\n",
    "a/../b", "..", ".", "/", "\x1b[2J", "\u202e", "\ud800", "y" * 3000, "9" * 400, "{{ 1 }}", [], {}, [[]], [None], {"": None}, [0] * 50,
    {"a": {"b": {"c": 1}}}, "2026-99-99T99:99:99Z", "2026-02-30T00:00:00Z", "=1+1", "vhost", "qemu", "unknown",
]  # fmt: skip
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def text(draw: random.Random, seed: str, others: list[str]) -> str:
    """The seed with one to six changes."""
    for _change in range(draw.randint(1, 6)):
        seed = draw.choice(_TEXT)(draw, seed, others)
    return seed[: 1 << 18]


def tree(draw: random.Random, seed: Any) -> Any:
    """A copy of the seed, shared where nothing was changed, with one to four changes."""
    for _change in range(draw.randint(1, 4)):
        seed = _changed(draw, seed)
    return seed


def _span(draw: random.Random, seed: str) -> tuple[int, int]:
    start = draw.randint(0, len(seed))
    return start, min(len(seed), start + int(draw.expovariate(1 / 20)))


def _insert(draw: random.Random, seed: str, _others: list[str]) -> str:
    start, _end = _span(draw, seed)
    return seed[:start] + draw.choice(TOKENS) + seed[start:]


def _replace(draw: random.Random, seed: str, _others: list[str]) -> str:
    start, end = _span(draw, seed)
    return seed[:start] + draw.choice(TOKENS) + seed[end:]


def _delete(draw: random.Random, seed: str, _others: list[str]) -> str:
    start, end = _span(draw, seed)
    return seed[:start] + seed[end:]


def _repeat(draw: random.Random, seed: str, _others: list[str]) -> str:
    start, end = _span(draw, seed)
    return seed[:end] + seed[start:end] * draw.choice((1, 2, 50)) + seed[end:]


def _cut(draw: random.Random, seed: str, _others: list[str]) -> str:
    return seed[: draw.randint(0, len(seed))]


def _splice(draw: random.Random, seed: str, others: list[str]) -> str:
    other = draw.choice(others)
    return seed[: draw.randint(0, len(seed))] + other[draw.randint(0, len(other)) :]


def _letter(draw: random.Random, seed: str, _others: list[str]) -> str:
    at = draw.randint(0, max(0, len(seed) - 1))
    return seed[:at] + chr(draw.choice((draw.randint(0, 127), draw.randint(0, 0x2FFF)))) + seed[at + 1 :]


def _number(draw: random.Random, seed: str, _others: list[str]) -> str:
    start = draw.randint(0, len(seed))
    found = _NUMBER.search(seed, start)
    if not found:
        return seed
    return seed[: found.start()] + str(draw.choice(VALUES)) + seed[found.end() :]


def _lines(draw: random.Random, seed: str, _others: list[str]) -> str:
    lines = seed.split("\n")
    first, second = draw.randrange(len(lines)), draw.randrange(len(lines))
    lines[first], lines[second] = lines[second], lines[first]
    return "\n".join(lines)


_TEXT = [_insert, _replace, _delete, _repeat, _cut, _splice, _letter, _letter, _number, _number, _lines]


def _changed(draw: random.Random, value: Any) -> Any:
    """The value with a change somewhere inside, or in its place."""
    if isinstance(value, dict) and value and draw.random() < 0.9:
        key = draw.choice(list(value))
        if draw.random() < 0.08:
            return {name: inner for name, inner in value.items() if name != key}
        if draw.random() < 0.04:
            return {**value, draw.choice(("", "x", "valid", "a\n", "\x1b")): draw.choice(VALUES)}
        return {**value, key: _changed(draw, value[key])}
    if isinstance(value, list) and value and draw.random() < 0.9:
        at = draw.randrange(len(value))
        choice = draw.random()
        if choice < 0.08:
            return value[:at] + value[at + 1 :]
        if choice < 0.14:
            return [*value, value[at]]
        return [*value[:at], _changed(draw, value[at]), *value[at + 1 :]]
    if isinstance(value, str) and value and draw.random() < 0.3:
        return text(draw, value, [value])
    if isinstance(value, (int, float)) and not isinstance(value, bool) and draw.random() < 0.3:
        return draw.choice((value + 1, -value, value * 10**12, value / 1e12, 0))
    return draw.choice(VALUES)

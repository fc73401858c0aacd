# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Foreign text as it may be shown: bounded, on one line, without what steers a terminal or turns its direction."""

from __future__ import annotations

import re
import unicodedata

LINE = 2000
_BREAKS = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")


def plain(text: object, limit: int = LINE) -> str:
    """Return text on one line, cut to limit characters; control, format and bidi characters go.

    >>> plain("a\\x1b]52;c;eA==\\x07\\nb\\u202e")
    'a]52;c;eA== b'
    """
    return _shown(_BREAKS.sub(" ", _cut(str(text), limit)))


def lines(text: object, limit: int) -> str:
    """Return text with its line breaks, cut to limit characters; what plain() takes away goes here too."""
    whole = _cut(str(text).replace("\r\n", "\n"), limit).replace("\t", "    ")
    return "\n".join(_shown(line) for line in whole.split("\n"))


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _shown(text: str) -> str:
    """Without every character of Unicode's categories C: control, format, surrogate, private, unassigned."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(each for each in text if unicodedata.category(each)[0] != "C" and each not in "\u2028\u2029")

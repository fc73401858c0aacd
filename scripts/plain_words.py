# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sentences of README.md, CONTRIBUTING.md and docs/ that are too long to be read at once: plain_words.py [FILE...].

Headings, tables, quotations and code are no sentences. What stands in backticks, and a link, counts as one word. A
colon, a semicolon or a dash ends a sentence too: what comes after is an idea of its own.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MOST = 25
_FENCE = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ITEM = re.compile(r"^ *(?:[-*+]|[0-9]+[.)]) +")
_WHOLE = re.compile(r"`[^`]+`|!?\[[^]]*\]\([^)]*\)")
_END = re.compile(r"(?<=[.!?])[\"')*_]*\s+(?=[A-Z0-9`*_([\"'\u00c0-\u017f])|[:;]\s+|\s+–\s+")
_WORD = re.compile(r"[\w$]")


def pages() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def paragraphs(text: str) -> Iterator[str]:
    """Each paragraph and each entry of a list, as one line."""
    for pattern in (_FENCE, _COMMENT):
        text = pattern.sub("\n", text)
    waiting: list[str] = []
    for line in [*text.splitlines(), ""]:
        is_item = bool(_ITEM.match(line))
        is_code = line.startswith("    ") and not waiting
        if is_item or is_code or not line.strip() or line.lstrip().startswith(("#", "|", ">")):
            if waiting:
                yield " ".join(waiting)
            waiting = [_ITEM.sub("", line).strip()] if is_item else []
        else:
            waiting.append(line.strip())


def sentences(paragraph: str) -> Iterator[tuple[str, int]]:
    """(sentence, its words)."""
    for sentence in _END.split(_WHOLE.sub("QUOTED", paragraph)):
        yield sentence, sum(bool(_WORD.search(word)) for word in sentence.split())


def main() -> int:
    wrong = 0
    for path in [Path(name) for name in sys.argv[1:]] or pages():
        for paragraph in paragraphs(path.read_text(encoding="utf-8")):
            for sentence, words in sentences(paragraph):
                if words > MOST:
                    wrong += 1
                    print(f"{path.name}: {words} words, {MOST} at most: {sentence}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What scripts/plain_words.py counts, and that it counts no code, no table and no heading."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ..conftest import loaded

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "plain_words.py"
MANY = " ".join(["word"] * 26)


WORDS = loaded(SCRIPT)


def longest(text: str) -> int:
    counts = [words for paragraph in WORDS.paragraphs(text) for _one, words in WORDS.sentences(paragraph)]
    return max(counts, default=0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("One two three.", 3),
        ("One two.\nThree four five.", 3),
        ("One two\nthree four", 4),
        ("One two: three; four – five", 2),
        ("Says 1.05 of 2.5 GB.", 5),
        ("It is `a whole command line` of [some words](page.md#part).", 5),
        ("- one two\n- three\n  four five", 3),
        ("1. one two\n2. three", 2),
        ("*Is it?* **Yes.** It is.", 2),
        ('He said "no." Then he went.', 3),
    ],
)
def test_words_of_the_longest_sentence(text, words):
    assert longest(text) == words


@pytest.mark.parametrize(
    "text",
    [
        f"# {MANY}",
        f"| {MANY} |",
        f"  | {MANY} |",
        f"    {MANY}",
        f"> {MANY}",
        f"```\n{MANY}\n```",
        f"```yaml\n{MANY}\n\n{MANY}\n```",
        f"<!-- {MANY} -->",
    ],
)
def test_what_is_no_sentence(text):
    assert longest(f"Before.\n\n{text}\n\nAfter.") == 1


def asked(*argv: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, *argv], capture_output=True, text=True, check=False)


def test_a_sentence_that_is_too_long_is_named(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"Before.\n\n{MANY}\n", encoding="utf-8")
    said = asked(page)
    assert (said.returncode, said.stdout) == (1, f"page.md: 26 words, 25 at most: {MANY}\n")
    page.write_text(f"Before.\n\n{MANY.removeprefix('word ')}\n", encoding="utf-8")
    assert asked(page).returncode == 0


def test_the_documentation_of_the_house_is_plain():
    said = asked()
    assert said.returncode == 0, said.stdout

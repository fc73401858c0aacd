# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a lab file: collected, never raised one by one, so that the user sees all of it at once."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, Iterable, Iterator, NamedTuple


class Problem(NamedTuple):
    """One thing to correct: where (`guests[0].interfaces[1].mac`), and a sentence with the value and what is right."""

    path: str
    sentence: str


def join(path: str, key: object) -> str:
    """The path of a key of the mapping at path."""
    return f"{path}.{key}" if path else str(key)


def show(value: object) -> str:
    """A value as the user wrote it, near enough, and not too long for a line."""
    text = "nothing" if value is None else repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def instead(word: object, known: Iterable[str]) -> str:
    """`did you mean 'subnet'?`, or what there is to choose from."""
    choice = list(known)
    close = get_close_matches(word, choice, n=1) if isinstance(word, str) else []
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(choice)}"


def each(section: dict[str, Any], key: str, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """The mappings in the list section[key] with their paths; what was no mapping has been reported already."""
    for index, item in enumerate(section.get(key) or []):
        if isinstance(item, dict):
            yield f"{join(path, key)}[{index}]", item


def twice(found: Iterable[tuple[str, object]]) -> Iterator[Problem]:
    """A problem for each (path, value) whose value came before; None is no value."""
    first: dict[object, str] = {}
    for path, value in found:
        if value is None:
            continue
        if value in first:
            yield Problem(path, f"{show(value)} is taken already by {first[value]}; each must be different")
        else:
            first[value] = path

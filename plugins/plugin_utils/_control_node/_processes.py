# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work on many things alike, shared among the processors of the control node."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

Thing = TypeVar("Thing")
Made = TypeVar("Made")
LEAST = 256  # things that are worth a process of their own
_SHARES, _MOST_SHARES = 8, 256  # for each process; a share is a byte in a pipe


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def each(
    work: Callable[[Thing], Made],
    things: Sequence[Thing],
    least: int = LEAST,
    meanwhile: Callable[[], object] | None = None,
) -> list[Made]:
    """[work(thing) for thing in things], by as many processes as there are processors for, ``least`` things each.

    A process is a copy of this one, so that all it needs is there, and only what it made is handed over. What a copy
    does not bring to its end is done here once more: an error is raised as if there were no copies.
    ``meanwhile``: what this process does before it takes its part, while the copies are at work.
    """
    many = max(1, min(processors(), len(things) // least))
    shares = max(1, min(len(things), many * _SHARES if many > 1 else 1, _MOST_SHARES))

    def made_of(number: int) -> list[Made]:
        return [work(thing) for thing in things[number::shares]]

    waiting = _queue(range(many, shares))
    copies = [_begun(made_of, number, waiting) for number in range(1, many)]
    try:
        if meanwhile:
            meanwhile()
        found = _taken(made_of, 0, waiting)
        for copy in copies:
            found.update(_told(copy))
    finally:
        os.close(waiting)
        for copy in copies:
            copy.end()
    made: list[Made] = [None] * len(things)  # type: ignore[list-item]
    for number in range(shares):
        made[number::shares] = found[number] if number in found else made_of(number)
    return made


def _queue(numbers: Iterable[int]) -> int:
    """A pipe with a byte for each share, so that whoever is done takes the next: parts of a whole differ in work."""
    waiting, filled = os.pipe()
    os.write(filled, bytes(numbers))
    os.close(filled)
    return waiting


def _taken(made_of: Callable[[int], Any], first: int, waiting: int) -> dict[int, Any]:
    """What is made of a process's first share, and of all that it takes of those that wait."""
    found = {first: made_of(first)}
    while number := os.read(waiting, 1):
        found[number[0]] = made_of(number[0])
    return found


class _Copy(NamedTuple):
    process: int
    answer: int

    def end(self) -> None:
        """One that has not answered yet ends at the next word that nobody reads."""
        with suppress(OSError):
            os.close(self.answer)
        with suppress(ChildProcessError):
            os.waitpid(self.process, 0)


def _begun(made_of: Callable[[int], Any], first: int, waiting: int) -> _Copy:
    answer, told = os.pipe()
    process = os.fork()
    if process:
        os.close(told)
        return _Copy(process, answer)
    try:
        os.close(answer)
        text = pickle.dumps(_taken(made_of, first, waiting))
        with os.fdopen(told, "wb") as stream:
            stream.write(text)
        os._exit(0)
    finally:
        os._exit(1)  # whatever happened: nothing of the program that was copied may go on here


def _told(copy: _Copy) -> dict[int, Any]:
    """What the copy made, by share; nothing where it was not brought to its end."""
    with os.fdopen(os.dup(copy.answer), "rb") as stream:
        text = stream.read()
    try:
        return dict(pickle.loads(text))  # noqa: S301 (its own copy wrote it)
    except (EOFError, pickle.UnpicklingError):
        return {}

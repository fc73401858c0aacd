# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work on many things alike, shared among the processors of the control node."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

Thing = TypeVar("Thing")
Made = TypeVar("Made")
LEAST = 256  # things that are worth a process of their own


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def each(work: Callable[[Thing], Made], things: Sequence[Thing], least: int = LEAST) -> list[Made]:
    """[work(thing) for thing in things], by as many processes as there are processors for, ``least`` things each.

    A process is a copy of this one, so that all it needs is there, and only what it made is handed over. What a copy
    does not bring to its end is done here once more: an error is raised as if there were no copies.
    """
    many = max(1, min(processors(), len(things) // least))
    shares = [things[first::many] for first in range(many)]
    copies = [_begun(work, share) for share in shares[1:]]
    made: list[Made] = [None] * len(things)  # type: ignore[list-item]
    try:
        made[0::many] = [work(thing) for thing in shares[0]]
        for number, (copy, share) in enumerate(zip(copies, shares[1:], strict=True), 1):
            told = _told(copy)
            made[number::many] = [work(thing) for thing in share] if told is None else told
    finally:
        for copy in copies:
            copy.end()
    return made


class _Copy(NamedTuple):
    process: int
    answer: int

    def end(self) -> None:
        """One that has not answered yet ends at the next word that nobody reads."""
        with suppress(OSError):
            os.close(self.answer)
        with suppress(ChildProcessError):
            os.waitpid(self.process, 0)


def _begun(work: Callable[[Any], Any], share: Sequence[Any]) -> _Copy:
    answer, told = os.pipe()
    process = os.fork()
    if process:
        os.close(told)
        return _Copy(process, answer)
    try:
        os.close(answer)
        text = pickle.dumps([work(thing) for thing in share])
        with os.fdopen(told, "wb") as stream:
            stream.write(text)
        os._exit(0)
    finally:
        os._exit(1)  # whatever happened: nothing of the program that was copied may go on here


def _told(copy: _Copy) -> list[Any] | None:
    """What the copy made; None where it was not brought to its end."""
    with os.fdopen(os.dup(copy.answer), "rb") as stream:
        text = stream.read()
    try:
        return list(pickle.loads(text))  # noqa: S301 (its own copy wrote it)
    except (EOFError, pickle.UnpicklingError):
        return None

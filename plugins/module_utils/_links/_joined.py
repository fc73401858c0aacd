# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Neighbouring `link set` lines of one link go to the kernel as one; with many links that is what takes the time."""

from __future__ import annotations

from typing import Sequence

from ansible_collections.virtio.lab.plugins.module_utils._links._batch import BatchError, run_batch
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner

Line = Sequence[str]

SET = ("link", "set", "dev")
# What one request can carry, in whatever order. `down` and `type …` stay alone: what follows depends on them.
ATTRIBUTES = ("alias", "address", "mtu", "master", "nomaster", "up")


def run_joined(netns: str, lines: Sequence[Line], runner: Runner, program: str = "ip") -> None:
    """As run_batch, with the same exact account of a batch that failed half way.

    Of a joined line that fails the kernel may have taken a part. Its parts can all be repeated: they and what is behind
    them are run again one by one, which tells the part that fails.
    """
    groups = joined(lines)
    try:
        run_batch(netns, [one_line(group) for group in groups], runner, program)
    except BatchError as stopped:
        before = sum(len(group) for group in groups[: stopped.applied])
        if len(groups[stopped.applied]) == 1:
            raise BatchError(before, stopped.reason) from stopped
        try:
            run_batch(netns, lines[before:], runner, program)
        except BatchError as again:
            raise BatchError(before + again.applied, again.reason) from again


def joined(lines: Sequence[Line]) -> list[list[Line]]:
    """The lines in their order, in groups that one `link set` can do; no attribute comes twice in a group."""
    groups: list[list[Line]] = []
    for line in lines:
        if groups and _fits(line, groups[-1]):
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def one_line(group: Sequence[Line]) -> list[str]:
    """The line that does what the lines of a group do."""
    return [*group[0], *(word for line in group[1:] for word in line[4:])]


def _fits(line: Line, group: Sequence[Line]) -> bool:
    return all(_sets(other) and _sets(line) and other[3] == line[3] and other[4] != line[4] for other in group)


def _sets(line: Line) -> bool:
    return tuple(line[:3]) == SET and len(line) > 4 and line[4] in ATTRIBUTES

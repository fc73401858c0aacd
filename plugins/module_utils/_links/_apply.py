# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The planned actions, carried out: neighbours of one namespace and program in one `ip -batch` or `bridge -batch`."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import ApplyError, LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._batch import BatchError
from ansible_collections.virtio.lab.plugins.module_utils._links._joined import joined, one_line, run_joined
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Action
from ansible_collections.virtio.lab.plugins.module_utils._links._tun_owner import set_owners
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner


def apply(actions: Sequence[Action], runner: Runner) -> None:
    """Carry out the actions. Raises ApplyError that says what failed, what was done before it and what was not."""
    done: list[Action] = []
    for batch in _batches(actions):
        try:
            _run(batch, runner)
        except BatchError as stopped:
            done += batch[: stopped.applied]
            failed = batch[stopped.applied]
            back = _put_back(failed, done, actions[len(done) + 1 :], runner)
            raise ApplyError(
                f"{failed.label}: `{failed.command}` failed: {stopped.reason}; "
                f"{len(done)} of {len(actions)} commands were applied before it{_account(done)}; "
                + (f"{len(back)} after it were too, which give back what was lost{_account(back)}; " if back else "")
                + f"{len(actions) - len(done) - len(back) - 1} after it were not run",
                [action.command for action in (*done, *back)],
            ) from stopped
        done += batch


def _run(batch: Sequence[Action], runner: Runner) -> None:
    netns, program = batch[0].place, batch[0].program
    lines = [action.words for action in batch]
    if program == "ioctl":
        set_owners(netns, lines)
    else:
        run_joined(netns, lines, runner, program)


def _put_back(failed: Action, done: Sequence[Action], rest: Sequence[Action], runner: Runner) -> list[Action]:
    """Carry out what is left of links that were removed to be made anew, as far as the kernel takes it.

    Without their new link the lines that follow would mean another one, or none.
    """
    removed = {action.puts_back for action in done if action.removes} - {None}
    back: list[Action] = []
    if failed.makes:
        removed.discard(failed.puts_back)
    for action in rest:
        if action.puts_back in removed:
            try:
                _run([action], runner)
                back.append(action)
            except LabError:
                if action.makes:
                    removed.discard(action.puts_back)
    return back


def commands(actions: Sequence[Action]) -> list[str]:
    """What `apply` runs, as a user would type it."""
    return [
        replace(batch[0], words=tuple(one_line(group))).command
        for batch in _batches(actions)
        for group in joined([action.words for action in batch])
    ]


def _batches(actions: Sequence[Action]) -> list[list[Action]]:
    groups = itertools.groupby(actions, key=lambda action: (action.place, action.program))
    return [list(group) for _place, group in groups]


def _account(done: Sequence[Action]) -> str:
    return " (" + "; ".join(action.command for action in done) + ")" if done else ""

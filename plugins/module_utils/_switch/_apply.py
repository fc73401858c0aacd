# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carry the plans of many domains out: each stage for all of them, so that they stop and start side by side.

Domains are independent: one that fails is put back as it was, and the others go on to their end.
"""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Callable, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import ApplyError, LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._domain import find_domain
from ansible_collections.virtio.lab.plugins.module_utils._qemu._process import PROC
from ansible_collections.virtio.lab.plugins.module_utils._switch._change import Change
from ansible_collections.virtio.lab.plugins.module_utils._switch._plan import Action, Have, Wish
from ansible_collections.virtio.lab.plugins.module_utils._switch._prove import Limits
from ansible_collections.virtio.lab.plugins.module_utils._switch._swap import Guest

if TYPE_CHECKING:
    import libvirt

    from ansible_collections.virtio.lab.plugins.module_utils._libvirt._removals import Removals

_STAGES = (Change.prepare, Change.store, Change.swap, Change.stop, Change.start, Change.wait, Change.release)
# What mostly waits for guests is done for all at once.
_SIDE_BY_SIDE = (Change.stop, Change.wait)
_MOST_AT_ONCE = 32


def apply(
    connection: libvirt.virConnect,
    heard: Removals,
    want: Wish,
    actions: list[Action],
    limits: Limits,
    root: str = PROC,
    haves: Sequence[Have] = (),
) -> list[str]:
    """Carry the steps out, those of each domain in their order, and return what a user should know of them.

    Raises ApplyError when a step fails in a domain; that domain has been put back then, or the message says how far it
    was, and applied lists the steps that took effect in other domains.
    haves: what the plan was made from, without which no other <interface> can be given.
    """
    changes = []
    for name in dict.fromkeys(action.domain for action in actions):
        guest = Guest(connection, find_domain(connection, name), heard, limits, root)
        have = next((have for have in haves if have.domain == name), None)
        changes.append(Change(guest, want, [action for action in actions if action.domain == name], have))
    for stage in _STAGES:
        going = [change for change in changes if change.failure is None]
        with ThreadPoolExecutor(_MOST_AT_ONCE if stage in _SIDE_BY_SIDE else 1) as pool:
            list(pool.map(functools.partial(_attempt, stage), going))
    failed = [change for change in changes if change.failure]
    if failed:
        done = [action.words() for change in changes if not change.failure for action in change.actions]
        raise ApplyError("; ".join(f"{change.failure}" for change in failed), done)
    return [text for change in changes for text in change.warnings()]


def _attempt(stage: Callable[[Change], None], change: Change) -> None:
    try:
        stage(change)
    except Exception as failure:
        change.failure = LabError(f"{failure}; {change.undo()}")

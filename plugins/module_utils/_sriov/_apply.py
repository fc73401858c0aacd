# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The planned steps, carried out in order; neighbouring `ip` lines go through one `ip -batch`."""

from __future__ import annotations

import contextlib
import itertools
import time
from typing import Mapping, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import ApplyError, LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._batch import BatchError, run_batch
from ansible_collections.virtio.lab.plugins.module_utils._sriov._bind import bind, write
from ansible_collections.virtio.lab.plugins.module_utils._sriov._host import Host, content
from ansible_collections.virtio.lab.plugins.module_utils._sriov._model import Action

LINK_WAIT_S = 5.0  # a copper link takes 2 to 4 s to negotiate


def apply(actions: Sequence[Action], drivers: Mapping[str, str], done: list[Action], host: Host) -> None:
    """Carry out the steps and put them in `done` as they take effect. drivers: of the PFs, by their names.

    Raises ApplyError naming driver and attribute, and all that `done` holds.
    """
    before = len(done)
    for _kind, group in itertools.groupby(actions, key=lambda step: (bool(step.words), step.await_link)):
        try:
            _run(list(group), done, host)
        except LabError as refused:
            at = len(done) - before
            failed = actions[at]
            cleared = _clear([step for step in actions[at + 1 :] if step.pf == failed.pf], host)
            raise ApplyError(
                f"{failed.label}: driver {drivers[failed.pf]} refused {failed.attribute} "
                f"(`{failed.command}`: {refused}); {at} of {len(actions)} steps were done before it, "
                f"{len(cleared)} after it to leave nothing half way",
                [action.command for action in done + cleared],
            ) from refused


def _run(steps: Sequence[Action], done: list[Action], host: Host) -> None:
    """Carry out steps of one kind. Raises LabError with the reason."""
    if steps[0].words:
        try:
            run_batch("", [step.words for step in steps], host.runner)
        except BatchError as stopped:
            done += steps[: stopped.applied]
            raise
        done += steps
    else:
        for step in steps:
            _step(step, host)
            done.append(step)
    if steps[-1].await_link:
        _await_link(steps[-1].pf, host)


def _clear(steps: Sequence[Action], host: Host) -> list[Action]:
    """Carry out what is to be done in any case; returns what succeeded."""
    cleared = []
    for step in steps:
        if step.always:
            with contextlib.suppress(LabError):
                _step(step, host)
                cleared.append(step)
    return cleared


def _step(step: Action, host: Host) -> None:
    if step.module:
        host.runner(["modprobe", step.module])
    elif step.driver:
        bind(step.path, step.driver, host)
    else:
        write(step.path, step.value)


def _await_link(pf: str, host: Host) -> None:
    """A PF that came up, or whose driver reset it for its new VFs, takes rates only once it has its link (igb).

    A PF without a cable never gets one, so that after LINK_WAIT_S it goes on.
    """
    deadline = time.monotonic() + LINK_WAIT_S
    while content(f"{host.sys}/class/net/{pf}/carrier") == "0" and time.monotonic() < deadline:
        time.sleep(0.1)

# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The planned steps, carried out in order; neighbouring `ip` lines go through one `ip -batch`."""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from typing import Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import ApplyError, LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._batch import BatchError, run_batch
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner
from ansible_collections.virtio.lab.plugins.module_utils._sriov._model import Action, Pf

PCI = "/sys/bus/pci"
LINK_WAIT_S = 5.0  # a copper link takes 2 to 4 s to negotiate


def apply(pf: Pf, actions: Sequence[Action], runner: Runner) -> None:
    """Carry out the steps. Raises ApplyError naming driver and attribute, and what was done."""
    done: list[Action] = []
    for (is_batch, _on_pf), group in itertools.groupby(actions, key=lambda step: (bool(step.words), step.vf is None)):
        try:
            _run(list(group), is_batch, done, runner)
        except LabError as refused:
            failed = actions[len(done)]
            cleared = _clear(actions[len(done) + 1 :], runner)
            raise ApplyError(
                f"{failed.label}: driver {pf.driver} refused {failed.attribute} (`{failed.command}`: {refused}); "
                f"{len(done)} of {len(actions)} steps were done before it, "
                f"{len(cleared)} after it to leave nothing half way",
                [action.command for action in done + cleared],
            ) from refused


def _run(steps: Sequence[Action], is_batch: bool, done: list[Action], runner: Runner) -> None:
    """Carry out neighbouring steps and put them in `done` as they take effect. Raises LabError with the reason."""
    if is_batch:
        try:
            run_batch("", [step.words for step in steps], runner)
        except BatchError as stopped:
            done += steps[: stopped.applied]
            raise
        done += steps
        _await_link(steps[-1])
        return
    for step in steps:
        _step(step, runner)
        done.append(step)
        _await_link(step)


def _clear(steps: Sequence[Action], runner: Runner) -> list[Action]:
    """Carry out what is to be done in any case; returns what succeeded."""
    cleared = []
    for step in steps:
        if step.always:
            with contextlib.suppress(LabError):
                _step(step, runner)
                cleared.append(step)
    return cleared


def _await_link(step: Action) -> None:
    """A PF that came up, or whose driver reset it for its new VFs, takes rates only once it has its link (igb).

    A PF without a cable never gets one, so that after LINK_WAIT_S it goes on.
    """
    if step.vf is not None or step.attribute not in ("state", "numvfs") or step.value == "0":
        return
    deadline = time.monotonic() + LINK_WAIT_S
    while time.monotonic() < deadline:
        try:
            with open(f"/sys/class/net/{step.pf}/carrier", encoding="ascii") as file:
                if file.read().strip() == "1":
                    return
        except OSError:  # the PF is down
            return
        time.sleep(0.1)


def _step(step: Action, runner: Runner) -> None:
    if step.module:
        runner(["modprobe", step.module])
    elif step.driver:
        _bind(step)
    else:
        _write(step.path, step.value)


def _bind(step: Action) -> None:
    """By driver_override, which holds for this one VF; new_id would give the driver every device of the kind."""
    device = os.path.realpath(step.path)
    address = os.path.basename(device)
    driver = f"{device}/driver"
    if step.driver == "probe":
        _write(f"{PCI}/drivers_probe", address)
        return
    wanted = step.driver if step.driver not in ("default", "none") else ""
    if step.driver != "none":
        _write(f"{device}/driver_override", wanted)
    if os.path.islink(driver) and (not wanted or os.path.basename(os.path.realpath(driver)) != wanted):
        _write(f"{driver}/unbind", address)
    if step.driver != "none" and not os.path.islink(driver):
        _write(f"{PCI}/drivers_probe", address)
    bound = os.path.basename(os.path.realpath(driver)) if os.path.islink(driver) else "none"
    if (step.driver == "default" and bound == "none") or (step.driver != "default" and bound != step.driver):
        raise LabError(f"{address} is bound to {bound} afterwards")


def _write(path: str, value: str) -> None:
    try:
        with open(path, "w", encoding="ascii") as file:
            file.write(value + "\n")
    except OSError as refused:
        raise LabError(refused.strerror or str(refused)) from refused

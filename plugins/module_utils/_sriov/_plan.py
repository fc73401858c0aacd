# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a PF as it is to the one that is wanted: the steps in order, pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Iterable, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._change import Change
from ansible_collections.virtio.lab.plugins.module_utils._sriov._model import Action, DriverStates, Pf, WantedPf
from ansible_collections.virtio.lab.plugins.module_utils._sriov._plan_vf import (
    NO_DRIVER,
    RATES,
    attribute_steps,
    driver_step,
    in_order,
    is_bound,
    new_vf,
    refuse_unsupported,
    refuse_used,
)

TAKEN = "check mode takes it that an earlier task lets it"
AUTOPROBE = "sriov_drivers_autoprobe"


def plan(want: WantedPf, have: Pf, drivers: DriverStates, notes: Optional[list[str]] = None) -> list[Action]:
    """The steps that turn `have` into what is wanted; empty when nothing is to be done.

    notes: gets what says that VFs or a driver are missing, which without it is an error. Raises LabError where the PF
    or its driver cannot be what is wanted, or where a step would take a VF from whoever uses it.
    """
    numvfs = have.numvfs if want.numvfs is None else want.numvfs
    fresh = numvfs != have.numvfs
    if notes is not None:
        numvfs = _foreseen(want, have, numvfs, notes)
    _check(want, have, numvfs, fresh)
    there = [] if fresh else list(have.vfs)
    vfs = [*there, *(new_vf(index) for index in range(len(there), numvfs))]
    attributes = in_order([step for vf in want.vfs for step in attribute_steps(have, vf, vfs[vf.index])])
    bindings = [step for vf in want.vfs for step in driver_step(have, vf, vfs[vf.index], fresh)]
    modules = _modules(have, (vf.driver for vf in want.vfs if vf.driver), drivers, notes)
    autoprobe = _autoprobe(want, have)
    if not fresh:
        before, behind = (autoprobe, []) if want.drivers_autoprobe else ([], autoprobe)  # `default` needs it on
        return _with_pf_up(have, [*attributes, *before, *modules, *bindings, *behind])
    quiet = bool(numvfs and want.vfs and _probes(want, have))
    renumbered = _quietly(have, _renumber(have, numvfs)) if quiet else _renumber(have, numvfs)
    unlisted = sorted(set(range(numvfs)) - {vf.index for vf in want.vfs if vf.driver}) if quiet else ()
    probes = [_probe(have, index) for index in unlisted]
    steps = [*autoprobe, *renumbered, *attributes, *modules, *bindings, *probes]
    return _with_pf_up(have, steps) if numvfs else steps


def _foreseen(want: WantedPf, have: Pf, numvfs: int, notes: list[str]) -> int:
    """As many VFs as the settings speak of, where the number of VFs is left to an earlier task."""
    needed = max((vf.index + 1 for vf in want.vfs), default=0)
    if want.numvfs is not None or needed <= numvfs or needed > (have.totalvfs or needed):
        return numvfs
    notes.append(f"pf {have.name} has {numvfs} VFs yet; {TAKEN} have {needed}")
    return needed


def _check(want: WantedPf, have: Pf, numvfs: int, fresh: bool) -> None:
    if have.totalvfs is not None and numvfs > have.totalvfs:
        raise LabError(f"pf {have.name}: numvfs {numvfs} is too many; this device has {have.totalvfs} VFs at most")
    for vf in want.vfs:
        if vf.index >= numvfs:
            there = f"it has VFs 0 to {numvfs - 1}" if numvfs else "it has no VF"
            raise LabError(f"pf {have.name}: vf {vf.index} does not exist; {there}, numvfs says how many there are")
    if have.drivers_autoprobe is None:
        if want.drivers_autoprobe is not None:
            raise refuse_unsupported(have, "drivers_autoprobe")
        for vf in want.vfs:
            if vf.driver:
                raise refuse_unsupported(have, "driver", vf.index)
    if not _probes(want, have) and (fresh or not have.drivers_autoprobe):
        _refuse_default(want, have, fresh)
    if fresh:
        refuse_used(have.name, have.vfs, f"changing numvfs from {have.numvfs} to {numvfs} removes every VF")


def _refuse_default(want: WantedPf, have: Pf, fresh: bool) -> None:
    """Raises LabError where a VF is to get the kernel's choice, which makes none: drivers_autoprobe is off."""
    for vf in want.vfs:
        if vf.driver == "default" and (fresh or not is_bound(vf.driver, have.vfs[vf.index])):
            raise LabError(
                f"pf {have.name}, vf {vf.index}: driver default needs drivers_autoprobe, which is off; "
                "set it to true, or name the driver"
            )


def _probes(want: WantedPf, have: Pf) -> bool:
    """Whether the kernel binds drivers to new VFs."""
    return bool(have.drivers_autoprobe if want.drivers_autoprobe is None else want.drivers_autoprobe)


def _with_pf_up(have: Pf, steps: list[Action]) -> list[Action]:
    """With the PF up before the steps that need it, and its link waited for where they set rates.

    A card's driver answers its VFs and takes their rates only while the PF is up (igb, ixgbe, i40e); a simulated card,
    which is no PCI device, has nobody to answer.
    """
    if have.bus != "pci" or not [step for step in steps if step.attribute not in ("drivers_autoprobe", "module")]:
        return steps
    if not have.up:
        change = Change("state", "down", "up")
        steps.insert(0, Action(have.name, None, "state", (change,), words=("link", "set", "dev", have.name, "up")))
    if not any(name in step.attribute for step in steps for name in RATES):
        return steps
    resets = [at for at, step in enumerate(steps) if step.attribute in ("state", "numvfs")]
    return [replace(step, await_link=True) if at == max(resets, default=-1) else step for at, step in enumerate(steps)]


def _quietly(have: Pf, renumber: list[Action]) -> list[Action]:
    """New VFs without drivers, until they have their attributes.

    A VF's driver asks the PF for the MAC address when it starts; one that started too early keeps a random one, and a
    trusted VF even puts it in the PF's place (igb with igbvf).
    """
    off = _write(have, "drivers_autoprobe", AUTOPROBE, "0", Change("drivers_autoprobe", True, False))
    on = _write(have, "drivers_autoprobe", AUTOPROBE, "1", Change("drivers_autoprobe", False, True))
    return [off, *renumber, replace(on, always=True)]


def _probe(have: Pf, index: int) -> Action:
    return Action(have.name, index, "driver", path=f"{have.path}/virtfn{index}", driver="probe", always=True)


def _autoprobe(want: WantedPf, have: Pf) -> list[Action]:
    if want.drivers_autoprobe in (None, have.drivers_autoprobe):
        return []
    change = Change("drivers_autoprobe", have.drivers_autoprobe, want.drivers_autoprobe)
    return [_write(have, "drivers_autoprobe", AUTOPROBE, str(int(bool(want.drivers_autoprobe))), change)]


def _renumber(have: Pf, numvfs: int) -> list[Action]:
    """The kernel goes from one number of VFs to another only by way of none."""
    counts = [have.numvfs, 0, numvfs] if have.numvfs and numvfs else [have.numvfs, numvfs]
    return [
        _write(have, "numvfs", "sriov_numvfs", str(new), Change("numvfs", old, new))
        for old, new in zip(counts, counts[1:])
    ]


def _write(have: Pf, attribute: str, file: str, value: str, change: Change) -> Action:
    return Action(have.name, None, attribute, (change,), path=f"{have.path}/{file}", value=value)


def _modules(have: Pf, names: Iterable[str], drivers: DriverStates, notes: Optional[list[str]] = None) -> list[Action]:
    steps = []
    for name in dict.fromkeys(names):
        if name in NO_DRIVER or drivers[name] == "loaded":
            continue
        if drivers[name] == "missing":
            missing = f"pf {have.name}: driver '{name}' is not in this kernel, neither loaded nor as a module"
            if notes is None:
                raise LabError(missing)
            notes.append(f"{missing}; check mode takes it that an earlier task installs it")
        steps.append(Action(have.name, None, "module", (Change(f"module {name}", None, "loaded"),), module=name))
    return steps

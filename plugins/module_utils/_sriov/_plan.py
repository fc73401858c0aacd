# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a PF as it is to the one that is wanted: the steps in order, pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Iterable, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._change import Change
from ansible_collections.virtio.lab.plugins.module_utils._sriov._model import (
    Action,
    DriverStates,
    Pf,
    Vf,
    WantedPf,
    WantedVf,
)

NO_DRIVER = ("default", "none")  # what `driver` may say beside a driver's name
# What one `ip link set … vf` sets together, because the kernel takes it as one structure.
ALONE = (("mac", "mac"), ("spoofchk", "spoofchk"), ("trust", "trust"), ("link_state", "state"))


def plan(want: WantedPf, have: Pf, drivers: DriverStates) -> list[Action]:
    """The steps that turn `have` into what is wanted; empty when nothing is to be done.

    Raises LabError where the PF or its driver cannot be what is wanted, or where a step would take a VF from whoever
    uses it.
    """
    numvfs = have.numvfs if want.numvfs is None else want.numvfs
    fresh = numvfs != have.numvfs
    _check_pf(want, have, numvfs)
    vfs = [Vf(index) for index in range(numvfs)] if fresh else list(have.vfs)
    steps: list[Action] = []
    if want.drivers_autoprobe not in (None, have.drivers_autoprobe):
        steps.append(_autoprobe(want, have))
    if fresh:
        _refuse_used(have.name, have.vfs, f"changing numvfs from {have.numvfs} to {numvfs} removes every VF")
        quiet = bool(numvfs and want.vfs and _probes(want, have))
        steps += _quietly(have, _renumber(have, numvfs)) if quiet else _renumber(have, numvfs)
    for vf in want.vfs:
        steps += _attributes(have, vf, vfs[vf.index], fresh)
    for name in dict.fromkeys(vf.driver for vf in want.vfs if vf.driver):
        steps += _load(have, name, drivers)
    for vf in want.vfs:
        steps += _bind(have, vf, vfs[vf.index], fresh)
    if fresh and quiet:
        steps += _probe(have, set(range(numvfs)) - {vf.index for vf in want.vfs if vf.driver})
    if numvfs and not have.up and any(step.attribute not in ("drivers_autoprobe", "module") for step in steps):
        up = Action(have.name, None, "state", (Change("state", "down", "up"),), ("link", "set", "dev", have.name, "up"))
        steps.insert(0, up)
    return steps


def _check_pf(want: WantedPf, have: Pf, numvfs: int) -> None:
    if have.totalvfs is not None and numvfs > have.totalvfs:
        raise LabError(f"pf {have.name}: numvfs {numvfs} is too many; this device has {have.totalvfs} VFs at most")
    for vf in want.vfs:
        if vf.index >= numvfs:
            there = f"it has VFs 0 to {numvfs - 1}" if numvfs else "it has no VF"
            raise LabError(f"pf {have.name}: vf {vf.index} does not exist; {there}, numvfs says how many there are")
    if have.drivers_autoprobe is None:
        if want.drivers_autoprobe is not None:
            raise _unsupported(have, "drivers_autoprobe")
        if any(vf.driver for vf in want.vfs):
            raise _unsupported(have, "driver")


def _probes(want: WantedPf, have: Pf) -> bool:
    """Whether the kernel binds drivers to new VFs."""
    return bool(have.drivers_autoprobe if want.drivers_autoprobe is None else want.drivers_autoprobe)


def _quietly(have: Pf, renumber: list[Action]) -> list[Action]:
    """New VFs without drivers, until they have their attributes.

    A VF's driver asks the PF for the MAC address when it starts; one that started too early keeps a random one, and a
    trusted VF even puts it in the PF's place (igb with igbvf).
    """
    file = "sriov_drivers_autoprobe"
    off = _write(have, "drivers_autoprobe", file, "0", Change("drivers_autoprobe", True, False))
    on = _write(have, "drivers_autoprobe", file, "1", Change("drivers_autoprobe", False, True))
    return [off, *renumber, replace(on, always=True)]


def _probe(have: Pf, indices: Iterable[int]) -> list[Action]:
    return [
        Action(have.name, index, "driver", path=f"{have.path}/virtfn{index}", driver="probe", always=True)
        for index in sorted(indices)
    ]


def _autoprobe(want: WantedPf, have: Pf) -> Action:
    change = Change("drivers_autoprobe", have.drivers_autoprobe, want.drivers_autoprobe)
    return _write(have, "drivers_autoprobe", "sriov_drivers_autoprobe", str(int(bool(want.drivers_autoprobe))), change)


def _renumber(have: Pf, numvfs: int) -> list[Action]:
    """The kernel goes from one number of VFs to another only by way of none."""
    counts = [have.numvfs, 0, numvfs] if have.numvfs and numvfs else [have.numvfs, numvfs]
    return [
        _write(have, "numvfs", "sriov_numvfs", str(new), Change("numvfs", old, new))
        for old, new in zip(counts, counts[1:])
    ]


def _write(have: Pf, attribute: str, file: str, value: str, change: Change) -> Action:
    return Action(have.name, None, attribute, (change,), path=f"{have.path}/{file}", value=value)


def _attributes(have: Pf, want: WantedVf, vf: Vf, fresh: bool) -> list[Action]:
    steps = [_vlan(have, want, vf, fresh)]
    for option, keyword in ALONE:
        if _differs(have, want, vf, option, fresh):
            steps.append(_set(have, want, vf, option, [(option, keyword)]))
    steps.append(_rates(have, want, vf, fresh))
    return [step for step in steps if step]


def _vlan(have: Pf, want: WantedVf, vf: Vf, fresh: bool) -> Optional[Action]:
    """vlan, qos and proto are one structure to the kernel: what is not asked for stays as it is."""
    if not any(_differs(have, want, vf, option, fresh) for option in ("vlan", "qos", "proto")):
        return None
    vlan = vf.vlan if want.vlan is None else want.vlan
    if not vlan and (want.qos or want.proto == "802.1ad"):
        raise LabError(f"pf {have.name}, vf {want.index}: qos and proto belong to a VLAN, and it has none; give vlan")
    words = ["vlan", str(vlan or 0)]
    qos = vf.qos if want.qos is None else want.qos
    proto = want.proto or vf.proto
    if vlan:
        words += ["qos", str(qos)] if qos else []
        words += ["proto", proto] if proto else []
    after = {"vlan": vlan or 0, "qos": qos if vlan else 0, "proto": proto if vlan else None}
    changes = [Change(name, getattr(vf, name), new) for name, new in after.items() if getattr(vf, name) != new]
    return _vf_link(have, want.index, "vlan", words, changes)


def _rates(have: Pf, want: WantedVf, vf: Vf, fresh: bool) -> Optional[Action]:
    options = ("max_tx_rate", "min_tx_rate")
    if not any(_differs(have, want, vf, option, fresh) for option in options):
        return None
    most, least = [getattr(vf if getattr(want, option) is None else want, option) for option in options]
    if most and least and least > most:
        raise LabError(f"pf {have.name}, vf {want.index}: min_tx_rate {least} is above max_tx_rate {most} (Mb/s)")
    asked = [option for option in options if getattr(want, option) is not None]
    return _set(have, want, vf, " and ".join(asked), [(option, option) for option in asked])


def _set(have: Pf, want: WantedVf, vf: Vf, attribute: str, options: Sequence[Any]) -> Action:
    words: list[str] = []
    changes: list[Change] = []
    for option, keyword in options:
        value = getattr(want, option)
        words += [keyword, {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)]
        changes.append(Change(option, getattr(vf, option), value))
    return _vf_link(have, want.index, attribute, words, changes)


def _vf_link(have: Pf, index: int, attribute: str, words: Sequence[str], changes: Sequence[Change]) -> Action:
    line = ("link", "set", "dev", have.name, "vf", str(index), *words)
    return Action(have.name, index, attribute, tuple(changes), words=line)


def _differs(have: Pf, want: WantedVf, vf: Vf, option: str, fresh: bool) -> bool:
    """Whether the option is asked for and is not so. A new VF is given all that is asked for."""
    wanted, current = getattr(want, option), getattr(vf, option)
    if wanted is None:
        return False
    if current is None and not fresh and option != "proto":
        raise _unsupported(have, option)
    if option == "proto" and wanted == "802.1Q" and not (vf.vlan if want.vlan is None else want.vlan):
        return False  # the kernel has no protocol without a VLAN, and 802.1Q is what it starts with
    return fresh or wanted != current


def _load(have: Pf, driver: str, drivers: DriverStates) -> list[Action]:
    if driver in NO_DRIVER or drivers[driver] == "loaded":
        return []
    if drivers[driver] == "missing":
        raise LabError(f"pf {have.name}: driver '{driver}' is not in this kernel, neither loaded nor as a module")
    return [Action(have.name, None, "module", (Change(f"module {driver}", None, "loaded"),), module=driver)]


def _bind(have: Pf, want: WantedVf, vf: Vf, fresh: bool) -> list[Action]:
    if want.driver is None or (not fresh and _is_bound(want.driver, vf)):
        return []
    if not fresh:
        _refuse_used(have.name, [vf], f"binding it to driver {want.driver} takes it away")
    change = Change("driver", vf.driver or None, want.driver)
    path = f"{have.path}/virtfn{want.index}"
    return [Action(have.name, want.index, "driver", (change,), path=path, driver=want.driver)]


def _is_bound(driver: str, vf: Vf) -> bool:
    if driver == "none":
        return not vf.driver
    if driver == "default":
        return bool(vf.driver) and not vf.override
    return vf.driver == driver


def _refuse_used(pf: str, vfs: Sequence[Vf], why: str) -> None:
    used = [f"vf {vf.index} by {user}" for vf in vfs for user in vf.in_use]
    if used:
        raise LabError(f"pf {pf}: in use are {', '.join(used)}, and {why}; free them first")


def _unsupported(have: Pf, attribute: str) -> LabError:
    return LabError(f"pf {have.name}: driver {have.driver} does not support {attribute} (the kernel reports none)")

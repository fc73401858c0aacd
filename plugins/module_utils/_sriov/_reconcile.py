# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PFs and their VFs brought to what is wanted (read, plan, apply), or only looked at."""

from __future__ import annotations

from typing import Any, Iterator, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import ApplyError, LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._change import Change, diff
from ansible_collections.virtio.lab.plugins.module_utils._sriov._apply import apply
from ansible_collections.virtio.lab.plugins.module_utils._sriov._check import check_pfs
from ansible_collections.virtio.lab.plugins.module_utils._sriov._find import MissingError, find_all, find_pf
from ansible_collections.virtio.lab.plugins.module_utils._sriov._host import Host
from ansible_collections.virtio.lab.plugins.module_utils._sriov._model import ATTRIBUTES, Action, Pf, Vf, WantedPf
from ansible_collections.virtio.lab.plugins.module_utils._sriov._plan import plan
from ansible_collections.virtio.lab.plugins.module_utils._sriov._read import read_drivers, read_links, read_pf
from ansible_collections.virtio.lab.plugins.module_utils._sriov._usage import Usage


def reconcile(params: dict[str, Any], check_mode: bool, host: Host) -> dict[str, Any]:
    """What sriov_vf returns. Raises LabError before anything is changed, ApplyError after a part of it was."""
    wants = check_pfs(params)
    notes: Optional[list[str]] = [] if check_mode else None
    missing = _missing(wants, host, notes) if notes is not None else []
    wants = [want for want in wants if want not in missing]
    haves = look([want.pf for want in wants], host)
    _refuse_twice(wants, haves)
    steps = _plan(wants, haves, host, notes)
    if steps and not check_mode:
        steps, haves = _apply(wants, haves, steps, host)
    foreseen = [(f"pf {want.pf}", change) for want in missing for change in _asked(want)]
    return {
        "changed": bool(steps or foreseen),
        "diff": diff([*foreseen, *((step.label, change) for step in steps for change in step.changes)]),
        "commands": [step.command for step in steps],
        "pfs": [shown(have) for have in haves],
        "warnings": notes or [],
    }


def _missing(wants: Sequence[WantedPf], host: Host, notes: list[str]) -> list[WantedPf]:
    """The PFs that are not there, which an earlier task may bring: a driver, a name, a namespace."""
    links = read_links(host)
    missing = []
    for want in wants:
        try:
            find_pf(want.pf, links, host)
        except MissingError as why:
            notes.append(f"{why}; check mode takes it that an earlier task does")
            missing.append(want)
    return missing


def _asked(want: WantedPf) -> Iterator[Change]:
    """What the diff shows of a PF that is not there yet."""
    given = {"numvfs": want.numvfs, "drivers_autoprobe": want.drivers_autoprobe}
    for vf in want.vfs:
        given.update({f"vf {vf.index} {name}": value for name, value in vars(vf).items() if name != "index"})
    yield Change("state", "absent", "present")
    for name, value in given.items():
        if value is not None:
            yield Change(name, None, value)


def look(pfs: Optional[Sequence[str]], host: Host) -> list[Pf]:
    """The PFs of these names, or all that have an interface in this network namespace, with who uses their VFs."""
    links = read_links(host)
    usage = Usage(host)
    return [usage.of(read_pf(pf, links, host)) for pf in (find_all(links, host) if pfs is None else pfs)]


def shown(pf: Pf) -> dict[str, Any]:
    """The PF as the modules return it."""
    names = ("name", "device", "bus", "driver", "up", "switch_id", "numvfs", "totalvfs", "drivers_autoprobe")
    return {**{name: getattr(pf, name) for name in names}, "vfs": [_vf(vf) for vf in pf.vfs]}


def _vf(vf: Vf) -> dict[str, Any]:
    names = ("index", "address", "interface", "iommu_group", *ATTRIBUTES)
    place = next((user for user in vf.in_use if user.kind != "link"), None)
    return {
        **{name: getattr(vf, name) for name in names},
        "interface": place.interface if place and place.interface else vf.interface,
        "driver": vf.driver or None,
        "where": None if vf.address is None else place.kind if place else "host",
        "in_use": [dict(vars(user)) for user in vf.in_use],
    }


def _refuse_twice(wants: Sequence[WantedPf], haves: Sequence[Pf]) -> None:
    named: dict[str, str] = {}
    for want, have in zip(wants, haves):
        if have.path in named:
            raise LabError(f"pf {named[have.path]} and pf {want.pf} are one device, {have.device}; list it once")
        named[have.path] = want.pf


def _plan(
    wants: Sequence[WantedPf], haves: Sequence[Pf], host: Host, notes: Optional[list[str]] = None
) -> list[Action]:
    return [
        step
        for want, have in zip(wants, haves)
        for step in plan(want, have, read_drivers((vf.driver for vf in want.vfs), host), notes)
    ]


def _apply(
    wants: Sequence[WantedPf], haves: Sequence[Pf], steps: Sequence[Action], host: Host
) -> tuple[list[Action], list[Pf]]:
    """Carry out the steps, and see that they had an effect. Returns what was done and the PFs as they are now.

    A driver may give new VFs what their predecessors of the same index had (mlx5); then a second pass puts it right.
    """
    drivers = {have.name: have.driver for have in haves}
    done: list[Action] = []
    apply(steps, drivers, done, host)
    for final in (False, True):
        try:
            haves = look([want.pf for want in wants], host)
            left = _plan(wants, haves, host)
        except LabError as changed:
            raise ApplyError(f"after the change: {changed}", [step.command for step in done]) from changed
        if not left:
            break
        if final:
            raise ApplyError(
                f"{left[0].label}: driver {drivers[left[0].pf]} took {left[0].attribute} without an error and does not "
                f"have it (`{left[0].command}` would still be to do)",
                [step.command for step in done],
            )
        apply(left, drivers, done, host)
    return done, list(haves)

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a VF as it is to the one that is wanted: its attributes and its driver, pure."""

from __future__ import annotations

from typing import Collection, Iterator, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._change import Change
from ansible_collections.virtio.lab.plugins.module_utils._sriov._model import ATTRIBUTES, Action, Pf, Vf, WantedVf

NO_DRIVER = ("default", "none")  # what `driver` may say beside a driver's name
# What one `ip link set … vf` sets together is one structure to the kernel. The order is that of the steps: of the first
# three the kernel shows a value whether or not the driver has them, so they go before what it is known to have.
KEYWORDS = {"link_state": "state", "mac": "mac", "spoofchk": "spoofchk", "trust": "trust"}
RATES = ("max_tx_rate", "min_tx_rate")
VLAN = ("vlan", "qos", "proto")
ORDER = ("link_state", *RATES, *VLAN, "mac", "spoofchk", "trust")


def new_vf(index: int) -> Vf:
    """A VF that was just made, as far as the kernel foretells it: what is None has to be set to be known."""
    return Vf(index, vlan=0, qos=0, min_tx_rate=0, max_tx_rate=0, link_state="auto")


def unsupported(have: Pf) -> set[str]:
    """The attributes that the PF's driver is known to lack: it reports none of them for any VF."""
    if not have.reports:
        return set(ATTRIBUTES)
    silent = {name for name in ATTRIBUTES if have.vfs and all(getattr(vf, name) is None for vf in have.vfs)}
    return silent - {"proto"}  # a VF without a VLAN has none


def attribute_steps(have: Pf, want: WantedVf, vf: Vf) -> Iterator[Action]:
    """The `ip` lines for one VF. Raises LabError for what its driver is known to lack, or cannot go together."""
    lacks = sorted({name for name in ATTRIBUTES if getattr(want, name) is not None} & unsupported(have))
    if lacks:
        raise refuse_unsupported(have, ", ".join(lacks), want.index)
    for option, keyword in KEYWORDS.items():
        value = getattr(want, option)
        if value is not None and value != getattr(vf, option):
            words = (keyword, {True: "on", False: "off"}[value] if isinstance(value, bool) else value)
            yield _step(have, want.index, option, words, [Change(option, getattr(vf, option), value)])
    yield from _rates(have, want, vf)
    yield from _vlan(have, want, vf)


def in_order(steps: Sequence[Action]) -> list[Action]:
    """What the driver may turn out to lack first, so that it is refused before anything was changed."""
    return sorted(steps, key=lambda step: ORDER.index(step.attribute.split(" and ")[0]))


def driver_step(have: Pf, want: WantedVf, vf: Vf, fresh: bool) -> Iterator[Action]:
    """The driver that the VF is to have, if it is not so. fresh: the VF is made in the same call."""
    if want.driver is None or (not fresh and is_bound(want.driver, vf)):
        return
    if not fresh:
        refuse_used(have.name, [vf], f"binding it to driver {want.driver} takes it away")
    change = Change("driver", vf.driver or None, None if want.driver == "none" else want.driver)
    path = f"{have.path}/virtfn{want.index}"
    yield Action(have.name, want.index, "driver", (change,), path=path, driver=want.driver)


def refuse_used(pf: str, vfs: Sequence[Vf], why: str) -> None:
    """Raises LabError naming who uses the VFs, where somebody does."""
    used = [f"vf {vf.index} by {user.words}" for vf in vfs for user in vf.in_use]
    if used:
        raise LabError(f"pf {pf}: in use are {', '.join(used)}, and {why}; free them first")


def refuse_unsupported(have: Pf, attribute: str, vf: Optional[int] = None) -> LabError:
    """The error for what the PF's driver does not have."""
    label = f"pf {have.name}" if vf is None else f"pf {have.name}, vf {vf}"
    return LabError(f"{label}: driver {have.driver} does not support {attribute} (the kernel reports none)")


def _rates(have: Pf, want: WantedVf, vf: Vf) -> Iterator[Action]:
    most, least = [getattr(vf if getattr(want, option) is None else want, option) for option in RATES]
    if most and least and least > most:
        raise LabError(f"pf {have.name}, vf {want.index}: min_tx_rate {least} is above max_tx_rate {most} (Mb/s)")
    changed = _differing(want, vf, RATES)
    if changed:
        words = [word for option in changed for word in (option, str(getattr(want, option)))]
        changes = [Change(option, getattr(vf, option), getattr(want, option)) for option in changed]
        yield _step(have, want.index, " and ".join(changed), words, changes)


def _vlan(have: Pf, want: WantedVf, vf: Vf) -> Iterator[Action]:
    """vlan, qos and proto are one structure to the kernel: what is not asked for stays as it is."""
    vlan = vf.vlan if want.vlan is None else want.vlan
    if not vlan and (want.qos or want.proto == "802.1ad"):
        raise LabError(f"pf {have.name}, vf {want.index}: qos and proto belong to a VLAN, and it has none; give vlan")
    after: dict[str, object] = {"vlan": vlan or 0, "qos": 0, "proto": None}  # as the kernel shows a VF without a VLAN
    words = ["vlan", str(vlan or 0)]
    if vlan:
        qos = vf.qos if want.qos is None else want.qos
        proto = want.proto or vf.proto or "802.1Q"
        words += [*(["qos", str(qos)] if qos else []), *(["proto", proto] if proto != "802.1Q" else [])]
        after.update(qos=qos or 0, proto=proto)
    changes = [Change(name, getattr(vf, name), new) for name, new in after.items() if getattr(vf, name) != new]
    if changes and any(getattr(want, name) is not None for name in VLAN):
        yield _step(have, want.index, " and ".join(change.attribute for change in changes), words, changes)


def _differing(want: WantedVf, vf: Vf, options: Collection[str]) -> list[str]:
    return [name for name in options if getattr(want, name) not in (None, getattr(vf, name))]


def _step(have: Pf, index: int, attribute: str, words: Sequence[str], changes: Sequence[Change]) -> Action:
    line = ("link", "set", "dev", have.name, "vf", str(index), *words)
    return Action(have.name, index, attribute, tuple(changes), words=line)


def is_bound(driver: str, vf: Vf) -> bool:
    """Whether the VF has the driver already."""
    if driver == "none":
        return not vf.driver
    if driver == "default":
        return bool(vf.driver) and not vf.override
    return vf.driver == driver

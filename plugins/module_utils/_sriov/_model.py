# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A physical function (PF) and its virtual functions (VFs), as wanted and as they are."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Mapping, Optional

from ansible_collections.virtio.lab.plugins.module_utils._links._change import Change


@dataclass(frozen=True)
class VfAttributes:
    """What rtnetlink sets on the VF of that index through its PF. Rates in Mb/s, 0 is no limit; vlan 0 is none."""

    index: int
    mac: Optional[str] = None
    vlan: Optional[int] = None
    qos: Optional[int] = None
    proto: Optional[str] = None
    min_tx_rate: Optional[int] = None
    max_tx_rate: Optional[int] = None
    spoofchk: Optional[bool] = None
    trust: Optional[bool] = None
    link_state: Optional[str] = None


ATTRIBUTES = tuple(field.name for field in fields(VfAttributes) if field.name != "index")


@dataclass(frozen=True)
class WantedVf(VfAttributes):
    """A VF as asked for; None means that the user leaves it as it is. driver: a driver's name, "default" or "none"."""

    driver: Optional[str] = None


@dataclass(frozen=True)
class WantedPf:
    """A PF as asked for; None means that the user leaves it as it is."""

    pf: str
    numvfs: Optional[int] = None
    drivers_autoprobe: Optional[bool] = None
    vfs: tuple[WantedVf, ...] = ()


@dataclass(frozen=True)
class User:
    """Who has a VF.

    kind: "guest" or "process" (through VFIO), "netns" (its interface is there) or "link" (one on top of its interface).
    name: of the guest, program, namespace or link; of a namespace without a name, the program that runs in it.
    pid: of the process, or of one in a namespace without a name. interface: the VF's, where it has one.
    """

    kind: str
    name: str
    pid: Optional[int] = None
    interface: Optional[str] = None

    @property
    def words(self) -> str:
        if self.kind == "link":
            return f"{self.name} on top of its interface {self.interface}"
        if self.kind == "netns":
            whose = self.name if self.pid is None else f"of {self.name} (pid {self.pid})"
            return f"network namespace {whose}" + (f" (its interface {self.interface})" if self.interface else "")
        return f"{'guest ' if self.kind == 'guest' else ''}{self.name} (pid {self.pid})"


@dataclass(frozen=True)
class Vf(VfAttributes):
    """A VF as it is; None for what the PF's driver does not report, or what a device that is no PCI device lacks.

    address: PCI address; interface: its network interface in this namespace; override: content of driver_override.
    """

    address: Optional[str] = None
    interface: Optional[str] = None
    driver: str = ""
    override: str = ""
    iommu_group: Optional[int] = None
    in_use: tuple[User, ...] = ()


@dataclass(frozen=True)
class Pf:
    """A PF as it is.

    name: its interface; path: its device directory in sysfs; device: its name there; bus: "pci", or a simulated one.
    totalvfs: None where the bus does not tell. reports: whether its driver tells of its VFs' attributes.
    """

    name: str
    path: str
    device: str
    bus: str
    driver: str
    up: bool
    numvfs: int
    totalvfs: Optional[int] = None
    drivers_autoprobe: Optional[bool] = None
    switch_id: Optional[str] = None
    reports: bool = True
    vfs: tuple[Vf, ...] = ()


@dataclass(frozen=True)
class Action:
    """One step: a line for `ip` (words), a value written to a file (path, value), a kernel module to load, or a driver.

    vf: index, None for the PF itself. attribute: what the step sets, for the error where the driver refuses.
    driver: what the VF behind the link `path` (virtfnN of the PF) is bound to, as in WantedVf; "probe" is whatever
    takes it. always: done even after an earlier step of this PF failed, so that nothing is left half way.
    await_link: the PF's link is waited for afterwards.
    """

    pf: str
    vf: Optional[int]
    attribute: str
    changes: tuple[Change, ...] = ()
    words: tuple[str, ...] = ()
    path: str = ""
    value: str = ""
    module: str = ""
    driver: str = ""
    always: bool = False
    await_link: bool = False

    @property
    def label(self) -> str:
        return f"pf {self.pf}" if self.vf is None else f"pf {self.pf}, vf {self.vf}"

    @property
    def command(self) -> str:
        """The step as a user would type it; for a driver, which takes several writes, in words."""
        if self.words:
            return " ".join(("ip", *self.words))
        if self.module:
            return f"modprobe {self.module}"
        if self.driver == "probe":
            return f"let the kernel probe {self.path}"
        if self.driver:
            return f"bind {self.path} to driver {self.driver}"
        return f"echo {self.value} > {self.path}"


DriverStates = Mapping[str, str]  # by driver name: "loaded", "module" (can be loaded) or "missing"

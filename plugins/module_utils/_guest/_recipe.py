# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a lab wants of a guest, as virt-install's command line and as a recipe to compare."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError

# Known to osinfo-db since 2022, so old and new distributions have it: virtio devices, q35.
_OSINFO = "linux2022"


class Interface(NamedTuple):
    """A virtio NIC on a libvirt network; datapath is libvirt's driver name: vhost or qemu."""

    network: str
    mac: str
    datapath: str


class Guest(NamedTuple):
    """A guest. kernel, initrd and kernel_args boot it directly; without kernel the disk's own loader does.

    digest names the image's content, so that a new image is a new recipe. iommu is the model of an IOMMU that QEMU
    emulates: what DMA of a device goes through where its driver asks for that. shared_memory: whether another process
    can be given its memory, as one that serves a NIC over vhost-user is.
    """

    name: str
    virt_type: str
    vcpus: int
    memory_mib: int
    interfaces: Sequence[Interface]
    disk: Optional[str] = None
    kernel: Optional[str] = None
    initrd: Optional[str] = None
    kernel_args: str = ""
    digest: str = ""
    console_log: Optional[str] = None
    iommu: Optional[str] = None
    shared_memory: bool = False


def wanted(parameters: Mapping[str, Any]) -> Guest:
    """Return the guest that a module's parameters ask for; what they hold beyond its fields is not looked at.

    Raises LabError that says all that cannot be.
    """
    interfaces = tuple(
        Interface(each["network"], each["mac"].lower(), each["datapath"]) for each in parameters["interfaces"]
    )
    fields = {field: parameters[field] for field in Guest._fields if field != "interfaces"}
    guest = Guest(interfaces=interfaces, **fields)
    wrong = _wrong(guest)
    if wrong:
        raise LabError(f"guest {guest.name} cannot be: {'; '.join(wrong)}")
    return guest


def _wrong(guest: Guest) -> list[str]:
    macs = [interface.mac for interface in guest.interfaces]
    wrong = [
        f"{field} is {getattr(guest, field)}, want 1 or more"
        for field in ("vcpus", "memory_mib")
        if getattr(guest, field) < 1
    ]
    wrong += [
        f"MAC {mac} is given to {macs.count(mac)} interfaces" for mac in dict.fromkeys(macs) if macs.count(mac) > 1
    ]
    if guest.kernel is None:
        alone = [field for field in ("initrd", "kernel_args") if getattr(guest, field)]
        wrong += [f"{field} is for a kernel, and none is given" for field in alone]
        if guest.disk is None:
            wrong.append("it has neither disk nor kernel to boot from")
    return wrong


def recipe(guest: Guest) -> dict[str, Any]:
    """Return the guest as plain JSON data: two guests with the same recipe are the same."""
    found = {**guest._asdict(), "interfaces": [interface._asdict() for interface in guest.interfaces]}
    # A guest that shares its memory without need is as good: it is asked for where it is needed only.
    return found if guest.shared_memory else {key: value for key, value in found.items() if key != "shared_memory"}


def argv(guest: Guest, uri: str, in_place: bool) -> list[str]:
    """Return the virt-install command that prints the guest's domain XML.

    virt-install refuses a MAC and a disk that another domain has; in_place, where the guest is there already and has
    them itself, it does not look.
    """
    return [
        *("virt-install", "--connect", uri, "--print-xml", "--import", "--name", guest.name, "--osinfo", _OSINFO),
        *("--virt-type", guest.virt_type, "--machine", "q35", "--cpu", _cpu(guest.virt_type)),
        *("--vcpus", str(guest.vcpus), "--memory", str(guest.memory_mib)),
        *("--disk", _disk(guest.disk), *_boot(guest)),
        *(word for interface in guest.interfaces for word in ("--network", _network(interface))),
        *(("--memorybacking", "source.type=memfd,access.mode=shared") if guest.shared_memory else ()),
        # The IOTLB of a device is what vhost asks; without it QEMU has to refuse vhost.
        *(("--iommu", f"model={guest.iommu},driver.iotlb=on") if guest.iommu else ()),
        *("--channel", "unix,target.type=virtio,target.name=org.qemu.guest_agent.0", "--rng", "/dev/urandom"),
        *("--serial", _serial(guest.console_log)),
        # Whatever a measurement does not need is only interrupts and boot time.
        *("--graphics", "none", "--video", "none", "--sound", "none", "--input", "none"),
        *(("--check", "mac_in_use=off,path_in_use=off") if in_place else ()),
        *("--memballoon", "none", "--controller", "usb,model=none", "--watchdog", "none", "--noautoconsole"),
    ]


def _cpu(virt_type: str) -> str:
    # Kernels that use cmpxchg16b now and then die under QEMU 7.2's emulation of it; five-level paging only costs there.
    return "host-passthrough" if virt_type == "kvm" else "mode=maximum,disable=cx16,disable=la57"


def _disk(disk: Optional[str]) -> str:
    return f"path={_word(disk)},format=qcow2,bus=virtio,cache=none,discard=unmap" if disk else "none"


def _boot(guest: Guest) -> list[str]:
    if guest.kernel is None:
        return ["--boot", "hd"]
    given = {"kernel": guest.kernel, "initrd": guest.initrd, "kernel_args": guest.kernel_args}
    return ["--boot", ",".join(f"{key}={_word(value)}" for key, value in given.items() if value)]


def _serial(log: Optional[str]) -> str:
    return f"pty,log.file={_word(log)},log.append=off" if log else "pty"


def _network(interface: Interface) -> str:
    # The driver is named even where it is the default: without a name libvirt falls back to QEMU silently.
    return (
        f"network={_word(interface.network)},model=virtio,mac={_word(interface.mac)},"
        f"driver.name={interface.datapath},xpath1.set=./rom/@enabled,xpath1.value=no"
    )


def _word(value: str) -> str:
    """Return value as one word of a virt-install option: it splits them at commas by the rules of a shell's words."""
    return "'" + value.replace("'", "'\"'\"'") + "'"

# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a lab wants of a guest, as virt-install's command line and as a recipe to compare."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Optional, Sequence

# Known to osinfo-db since 2022, so old and new distributions have it: virtio devices, q35.
_OSINFO = "linux2022"


class Interface(NamedTuple):
    """A virtio NIC on a libvirt network; datapath is libvirt's driver name: vhost or qemu."""

    network: str
    mac: str
    datapath: str


class Guest(NamedTuple):
    """A guest. kernel, initrd and kernel_args boot it directly; without kernel the disk's own loader does.

    digest names the image's content, so that a new image is a new recipe.
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


def wanted(parameters: Mapping[str, Any]) -> Guest:
    """Return the guest that a module's parameters ask for; what they hold beyond its fields is not looked at."""
    interfaces = tuple(
        Interface(each["network"], each["mac"].lower(), each["datapath"]) for each in parameters["interfaces"]
    )
    fields = {field: parameters[field] for field in Guest._fields if field != "interfaces"}
    return Guest(interfaces=interfaces, **fields)


def recipe(guest: Guest) -> dict[str, Any]:
    """Return the guest as plain JSON data: two guests with the same recipe are the same."""
    return {**guest._asdict(), "interfaces": [interface._asdict() for interface in guest.interfaces]}


def argv(guest: Guest, uri: str) -> list[str]:
    """Return the virt-install command that prints the guest's domain XML."""
    return [
        *("virt-install", "--connect", uri, "--print-xml", "--import", "--name", guest.name, "--osinfo", _OSINFO),
        *("--virt-type", guest.virt_type, "--machine", "q35", "--cpu", _cpu(guest.virt_type)),
        *("--vcpus", str(guest.vcpus), "--memory", str(guest.memory_mib)),
        *("--disk", _disk(guest.disk), *_boot(guest)),
        *(word for interface in guest.interfaces for word in ("--network", _network(interface))),
        *("--channel", "unix,target.type=virtio,target.name=org.qemu.guest_agent.0", "--rng", "/dev/urandom"),
        *("--serial", f"pty,log.file={guest.console_log},log.append=off" if guest.console_log else "pty"),
        # Whatever a measurement does not need is only interrupts and boot time.
        *("--graphics", "none", "--video", "none", "--sound", "none", "--input", "none"),
        *("--memballoon", "none", "--controller", "usb,model=none", "--watchdog", "none", "--noautoconsole"),
    ]


def _cpu(virt_type: str) -> str:
    # Kernels that use cmpxchg16b now and then die under QEMU 7.2's emulation of it; five-level paging only costs there.
    return "host-passthrough" if virt_type == "kvm" else "mode=maximum,disable=cx16,disable=la57"


def _disk(disk: Optional[str]) -> str:
    return f"path={disk},format=qcow2,bus=virtio,cache=none,discard=unmap" if disk else "none"


def _boot(guest: Guest) -> list[str]:
    if guest.kernel is None:
        return ["--boot", "hd"]
    return ["--boot", f"kernel={guest.kernel},initrd={guest.initrd},kernel_args={guest.kernel_args}"]


def _network(interface: Interface) -> str:
    # The driver is named even where it is the default: without a name libvirt falls back to QEMU silently.
    return (
        f"network={interface.network},model=virtio,mac={interface.mac},driver.name={interface.datapath},"
        "xpath1.set=./rom/@enabled,xpath1.value=no"
    )

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the kernel and the CPU can do: KVM, vhost-net, TUN, macvtap, IOMMU, vfio, and memory for guests."""

from __future__ import annotations

import os
import re
from typing import Optional

from ansible_collections.virtio.lab.plugins.module_utils._kvm import _probe
from ansible_collections.virtio.lab.plugins.module_utils._kvm._macvtap import lacks_macvtap
from ansible_collections.virtio.lab.plugins.module_utils._kvm._tun import lacks_tun
from ansible_collections.virtio.lab.plugins.module_utils._kvm._vhost_net import vhost_net as tells_vhost_net
from ansible_collections.virtio.lab.plugins.module_utils._preflight._capability import Capability, no, unknown, yes
from ansible_collections.virtio.lab.plugins.module_utils._preflight._machine import Machine, driver

_LAB_HOST = "or work in the embedded lab host (virtio.lab.lab_host)"
_ANOTHER = "boot a kernel that has it, such as Debian's linux-image-amd64"
_PAGES = re.compile(r"hugepages-([0-9]{1,10})kB")


def hardware_cpu(cpuinfo: str) -> Capability:
    """Whether times that are measured on it mean something."""
    model = _probe.cpu_field(cpuinfo, "model name")
    if not model:
        return unknown("hardware_cpu", "/proc/cpuinfo has no model name", "look at it by lscpu")
    if _probe.is_emulated(cpuinfo):
        return no(
            "hardware_cpu",
            f"the CPU {model} is QEMU's software emulation: no time measured on it means much",
            "measure on a host whose CPU is none; datapaths can be proved here all the same",
        )
    return yes("hardware_cpu", f"the CPU is {model}")


def kvm(answer: _probe.Answer) -> Capability:
    """What the boot probe found; without a boot it is not known."""
    if not answer.usable:
        return no(
            "kvm",
            answer.reason,
            "on bare metal enable virtualization in the firmware; in a virtual machine enable nested virtualization in "
            f"its hypervisor (kvm_intel or kvm_amd nested=1, CPU model host); {_LAB_HOST}",
        )
    if not answer.probed:
        return unknown("kvm", answer.reason, "let the probe boot a kernel: boot: true, QEMU, and a kernel under /boot")
    return yes("kvm", answer.reason)


def nested(of: Machine) -> Capability:
    """Whether guests can have KVM in their turn."""
    for module in ("kvm_intel", "kvm_amd"):
        value = of.text(f"sys/module/{module}/parameters/nested")
        if value is not None:
            why = f"{module} has nested={value}"
            if value in ("Y", "1"):
                return yes("nested", why)
            remedy = f"write `options {module} nested=1` into /etc/modprobe.d/kvm.conf, and load the module anew"
            return no("nested", why, remedy)
    return unknown(
        "nested",
        "neither kvm_intel nor kvm_amd is loaded, whose parameter nested says so",
        "load the one that the CPU is for (modprobe kvm_intel, modprobe kvm_amd)",
    )


def vhost_net(of: Machine) -> Capability:
    """Whether QEMU can have /dev/vhost-net."""
    found = tells_vhost_net(of.release, of.root)
    if found.usable:
        return yes("vhost_net", found.reason)
    return no("vhost_net", found.reason, f"{_ANOTHER}; a container gets the device from its host; {_LAB_HOST}")


def tun(of: Machine) -> Capability:
    """Whether there can be TAPs."""
    remedy = "load the module (modprobe tun), or make the device visible here (mknod /dev/net/tun c 10 200)"
    lacks = lacks_tun(of.release, of.root)
    if lacks:
        return no("tun", lacks, remedy)
    return driver(of, "tun", "tun", "dev/net/tun", remedy)


def macvtap(of: Machine) -> Capability:
    """Whether there can be macvtaps."""
    lacks = lacks_macvtap(of.release, of.root)
    if lacks:
        return no("macvtap", lacks, _ANOTHER)
    return driver(of, "macvtap", "macvtap", "sys/class/macvtap", _ANOTHER)


def iommu(of: Machine) -> Capability:
    """Whether devices are in groups that can be given to guests."""
    groups = of.numbers("sys/kernel/iommu_groups", "")
    if groups:
        return yes("iommu", f"{len(groups)} groups are in /sys/kernel/iommu_groups")
    return no(
        "iommu",
        "there is no group in /sys/kernel/iommu_groups",
        "enable VT-d or AMD-Vi in the firmware, and boot with intel_iommu=on where the CPU is Intel's; give a virtual "
        "machine an IOMMU by its hypervisor",
    )


def vfio(of: Machine) -> Capability:
    """Whether PCI devices can be taken for guests."""
    return driver(of, "vfio", "vfio-pci", "sys/bus/pci/drivers/vfio-pci", _ANOTHER)


def hugepages(of: Machine) -> Capability:
    """Whether hugepages are free, of whatever size."""
    folder = "sys/kernel/mm/hugepages"
    remedy = "reserve some (sysctl vm.nr_hugepages=512), early after boot, as memory gets fragmented"
    try:
        found = sorted((_PAGES.fullmatch(name) for name in os.listdir(of.at(folder))), key=_size)
    except OSError:
        return no("hugepages", f"/{folder} is missing: the kernel {of.release} has no hugetlbfs", _ANOTHER)
    sizes = [match[1] for match in found if match]
    free = [_number(of.text(f"{folder}/hugepages-{size}kB/free_hugepages")) for size in sizes]
    reserved = [_number(of.text(f"{folder}/hugepages-{size}kB/nr_hugepages")) for size in sizes]
    if not sizes or None in free:
        return unknown("hugepages", f"/{folder} does not say how many there are", "look at /proc/meminfo")
    why = "; ".join(f"of {size} kB {count} are free of {total}" for size, count, total in zip(sizes, free, reserved))
    return yes("hugepages", why) if any(free) else no("hugepages", why, remedy)


def numa(of: Machine) -> Capability:
    """Whether memory has more than one node."""
    nodes = of.numbers("sys/devices/system/node", "node")
    if not nodes:
        return unknown("numa", "there is no node in /sys/devices/system/node", "look by lscpu")
    if len(nodes) > 1:
        return yes("numa", f"there are {len(nodes)} nodes; pin a guest and its NIC's card to the same one")
    return no("numa", "all memory is in one node", "none is needed: nothing is far away, so nothing has to be pinned")


def cgroup_v2(of: Machine) -> Capability:
    """Whether the unified hierarchy of control groups is at its usual place."""
    mounts = of.text("proc/self/mounts")
    if mounts is None:
        return unknown("cgroup_v2", "/proc/self/mounts cannot be read", "look by mount -t cgroup2")
    kinds = {fields[1]: fields[2] for fields in map(str.split, mounts.splitlines()) if len(fields) > 2}
    if kinds.get("/sys/fs/cgroup") == "cgroup2":
        controllers = of.text("sys/fs/cgroup/cgroup.controllers")
        return yes("cgroup_v2", f"/sys/fs/cgroup is cgroup2 with the controllers {controllers or '(none)'}")
    first = sorted(place for place, kind in kinds.items() if kind == "cgroup")
    old = f"{len(first)} hierarchies of version 1 are mounted" if first else "no control group is mounted"
    return no(
        "cgroup_v2",
        f"/sys/fs/cgroup is not cgroup2; {old}",
        "boot with systemd.unified_cgroup_hierarchy=1; libvirt works with version 1 too",
    )


def _size(match: Optional[re.Match[str]]) -> int:
    return int(match[1]) if match else 0


def _number(text: Optional[str]) -> Optional[int]:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None

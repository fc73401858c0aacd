# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All that a host can do, in one statement."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import Datapath
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._registry import DATAPATHS
from ansible_collections.virtio.lab.plugins.module_utils._kvm import _probe
from ansible_collections.virtio.lab.plugins.module_utils._preflight import (
    _host,
    _hypervisor,
    _kernel,
    _programs,
)
from ansible_collections.virtio.lab.plugins.module_utils._preflight._capability import Capability
from ansible_collections.virtio.lab.plugins.module_utils._preflight._machine import Machine
from ansible_collections.virtio.lab.plugins.module_utils._preflight._needs import needs


def look(of: Machine, images: str, boot: bool, timeout_s: float) -> List[Capability]:
    """Ask for each capability, KVM's boot last: what is told before does not depend on it."""
    cpuinfo = of.text("proc/cpuinfo") or ""
    libvirt = _hypervisor.libvirt(of)
    emulator = (libvirt.features.emulator if libvirt.features else "") or _probe.find_qemu(of.architecture)
    qemu = _hypervisor.qemu(of, emulator)
    # A QEMU that does not even tell its version boots nothing.
    booting = [emulator] if emulator and qemu.capability.available else None
    kernel = _probe.newest_kernel(of.at("boot"))
    answer = _probe.answer(cpuinfo, of.architecture, booting, kernel, timeout_s, of.at("dev/kvm"), boot)
    return [
        _kernel.hardware_cpu(cpuinfo),
        _kernel.kvm(answer),
        _kernel.nested(of),
        _kernel.vhost_net(of),
        _kernel.tun(of),
        _kernel.macvtap(of),
        qemu.capability,
        libvirt.capability,
        *{one.frontend.name: _hypervisor.nic(one.frontend, qemu) for one in DATAPATHS}.values(),
        *{one.netdev: _hypervisor.netdev(one, qemu) for each in DATAPATHS if (one := each.attachment).netdev}.values(),
        _hypervisor.shared_memory(libvirt),
        _kernel.hugepages(of),
        _kernel.iommu(of),
        _kernel.vfio(of),
        _host.sriov(of),
        _programs.openvswitch(of),
        _programs.openvswitch_dpdk(of),
        _programs.openvswitch_kernel(of),
        _programs.dpdk_testpmd(of),
        _programs.vde(of, qemu),
        _programs.passt(of, libvirt),
        _kernel.cgroup_v2(of),
        _kernel.numa(of),
        _host.ports(of),
        _host.disk(images),
    ]


def stated(found: Sequence[Capability], datapaths: Sequence[Datapath] = DATAPATHS) -> Dict[str, Any]:
    """What the capabilities make of the datapaths. Pure."""
    has = {one.name: one.available for one in found}
    told = [_datapath(one, has) for one in datapaths]
    needed = {one.name: [each.name for each in datapaths if one.name in needs(each)] for one in found}
    can = {one["name"] for one in told if one["can"]}
    return {
        "capabilities": [
            {
                **one._asdict(),
                "needed_by": needed[one.name],
                "opens": [name for name in needed[one.name] if one.available and name in can],
            }
            for one in found
        ],
        "datapaths": told,
    }


def _datapath(one: Datapath, has: Dict[str, Any]) -> Dict[str, Any]:
    wanted = needs(one)
    lacks = [name for name in wanted if has.get(name) is False]
    unknown = [name for name in wanted if has.get(name) is None]
    can = False if lacks else None if unknown else True
    return {"name": one.name, "can": can, "lacks": lacks, "unknown": unknown}

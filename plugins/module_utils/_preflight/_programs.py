# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs beside QEMU that move packets: Open vSwitch, DPDK, VDE, passt. What is not there is a no, not an error."""

from __future__ import annotations

import re

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._kvm import _ovs_dpdk
from ansible_collections.virtio.lab.plugins.module_utils._preflight._ask import last_line
from ansible_collections.virtio.lab.plugins.module_utils._preflight._capability import Capability, no, unknown, yes
from ansible_collections.virtio.lab.plugins.module_utils._preflight._hypervisor import Libvirt, Qemu
from ansible_collections.virtio.lab.plugins.module_utils._preflight._machine import Machine, driver

# ovs-vsctl waits without end for a server that is not there, unless it is told not to.
_OVS_WITHIN_S = 5
_VERSION = re.compile(r'"?([0-9][0-9A-Za-z.+~-]{0,40})"?')


def openvswitch(of: Machine) -> Capability:
    """Whether Open vSwitch answers."""
    name = "openvswitch"
    program = of.find("ovs-vsctl")
    if program is None:
        return no(name, "there is no ovs-vsctl on this host", "install openvswitch-switch")
    start = "start it (systemctl start openvswitch-switch)"
    argv = [program, f"--timeout={_OVS_WITHIN_S}", "get", "Open_vSwitch", ".", "ovs_version"]
    try:
        said = of.runner(argv, check=False)
    except LabError as silent:
        return unknown(name, silent, start)
    version = _VERSION.fullmatch(said.stdout.strip()[:100])
    if said.rc != 0 or not version:
        return no(name, f"Open vSwitch does not answer {program}: {last_line(said.stderr or said.stdout)}", start)
    return yes(name, f"Open vSwitch {version[1]} answers {program}")


def openvswitch_dpdk(of: Machine) -> Capability:
    """Whether an Open vSwitch with DPDK can be started beside any that runs. It is not run: it would take a CPU."""
    name, remedy = (
        "openvswitch_dpdk",
        "install openvswitch-switch-dpdk of Debian and Ubuntu, openvswitch-dpdk of Fedora",
    )
    places = [f"{place}/{each}" for place in _ovs_dpdk.PLACES for each in _ovs_dpdk.PROGRAMS]
    program = next(filter(None, map(of.find, _ovs_dpdk.PROGRAMS)), None)
    program = program or next((place for place in places if of.there(place.lstrip("/"))), None)
    if program is None:
        return no(name, f"there is no {_ovs_dpdk.PROGRAMS[0]} on this host", remedy)
    missing = [each for each in _ovs_dpdk.OTHERS if of.find(each) is None]
    if missing:
        return no(
            name, f"{program} is there, but not {', '.join(missing)}", f"{remedy}; util-linux has unshare, nsenter"
        )
    return yes(name, f"{program} is there")


def openvswitch_kernel(of: Machine) -> Capability:
    """Whether the kernel has Open vSwitch's own datapath."""
    remedy = "boot a kernel that has it, such as Debian's linux-image-amd64"
    return driver(of, "openvswitch_kernel", "openvswitch", "sys/module/openvswitch", remedy)


def dpdk_testpmd(of: Machine) -> Capability:
    """Whether DPDK's test forwarder is there. It is not run: it would look for cards to take."""
    program = of.find("dpdk-testpmd")
    if program:
        return yes("dpdk_testpmd", f"{program} is there")
    remedy = "install dpdk-dev of Debian and Ubuntu, dpdk of Fedora"
    return no("dpdk_testpmd", "there is no dpdk-testpmd on this host", remedy)


def vde(of: Machine, told: Qemu) -> Capability:
    """Whether there is a VDE switch, and a QEMU that can be plugged into it."""
    program = of.find("vde_switch")
    if program is None:
        return no("vde", "there is no vde_switch on this host", "install vde2, in Debian 13 vde-switch too")
    if told.netdevs is None:
        return unknown(
            "vde", f"{program} is there, but QEMU did not tell whether it has the netdev vde", "install QEMU"
        )
    if "vde" not in told.netdevs:
        return no("vde", f"{program} is there, but QEMU has no netdev vde", "take a QEMU that is built with it")
    return yes("vde", f"{program} is there, and QEMU has the netdev vde")


def passt(of: Machine, told: Libvirt) -> Capability:
    """Whether there is passt, and a libvirt that starts it."""
    program = of.find("passt")
    if program is None:
        return no("passt", "there is no passt on this host", "install passt")
    backends = told.features.backends if told.features else None
    if backends is None:
        why = f"{program} is there, but libvirt does not tell whether it takes passt as a backend"
        return unknown("passt", why, "take libvirt 11 or newer, which tells it in its domcapabilities")
    if "passt" not in backends:
        why = f"{program} is there, but libvirt's backends of interfaces are {', '.join(backends) or 'none'}"
        return no("passt", why, "take libvirt 11 or newer")
    return yes("passt", f"{program} is there, and libvirt takes it as a backend")

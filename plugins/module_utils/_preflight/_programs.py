# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs beside QEMU that move packets: Open vSwitch, DPDK, VDE, passt. What is not there is a no, not an error."""

from __future__ import annotations

import re

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._preflight._ask import last_line
from ansible_collections.virtio.lab.plugins.module_utils._preflight._capability import Capability, no, unknown, yes
from ansible_collections.virtio.lab.plugins.module_utils._preflight._hypervisor import Libvirt, Qemu
from ansible_collections.virtio.lab.plugins.module_utils._preflight._machine import Machine, driver

# Where Debian puts the ovs-vswitchd that is linked with DPDK.
OVS_DPDK = "usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk"
# ovs-vsctl waits without end for a server that is not there, unless it is told not to.
_OVS_WITHIN_S = 5
_VERSION = re.compile(r'"?([0-9][0-9A-Za-z.+~-]{0,40})"?')


def openvswitch(of: Machine) -> tuple[Capability, Capability]:
    """Whether Open vSwitch answers, and whether it has DPDK."""
    plain, dpdk = "openvswitch", "openvswitch_dpdk"
    program = of.find("ovs-vsctl")
    if program is None:
        why = "there is no ovs-vsctl on this host"
        return (
            no(plain, why, "install openvswitch-switch"),
            no(dpdk, why, "install openvswitch-switch-dpdk"),
        )
    start = "start it (systemctl start openvswitch-switch)"
    try:
        said = _asked(of, program, "ovs_version")
    except LabError as silent:
        return unknown(plain, silent, start), unknown(dpdk, silent, start)
    version = _VERSION.fullmatch(said.stdout.strip()[:100])
    if said.rc != 0 or not version:
        why = f"Open vSwitch does not answer {program}: {last_line(said.stderr or said.stdout)}"
        return no(plain, why, start), no(dpdk, why, start)
    return yes(plain, f"Open vSwitch {version[1]} answers {program}"), _dpdk(of, program, dpdk)


def _dpdk(of: Machine, program: str, name: str) -> Capability:
    remedy = "enable it (ovs-vsctl set Open_vSwitch . other_config:dpdk-init=true) and start Open vSwitch anew"
    try:
        said = _asked(of, program, "dpdk_initialized")
    except LabError as silent:
        return unknown(name, silent, "ask it by ovs-vsctl get Open_vSwitch . dpdk_initialized")
    if said.rc == 0 and said.stdout.strip() == "true":
        return yes(name, "Open vSwitch says that it has initialised DPDK")
    if of.there(OVS_DPDK):
        return no(name, f"/{OVS_DPDK} is there, but Open vSwitch has not initialised DPDK", remedy)
    return no(name, "Open vSwitch has not initialised DPDK", f"install openvswitch-switch-dpdk, and {remedy}")


def _asked(of: Machine, program: str, column: str):
    argv = [program, f"--timeout={_OVS_WITHIN_S}", "get", "Open_vSwitch", ".", column]
    return of.runner(argv, check=False)


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

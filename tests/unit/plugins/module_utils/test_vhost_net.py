# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a kernel has vhost-net, or a module for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._kvm import _probe
from ansible_collections.virtio.lab.plugins.module_utils._kvm._macvtap import lacks_macvtap
from ansible_collections.virtio.lab.plugins.module_utils._kvm._openvswitch import (
    lacks_openvswitch,
    lacks_openvswitch_kernel,
)
from ansible_collections.virtio.lab.plugins.module_utils._kvm._tun import lacks_tun
from ansible_collections.virtio.lab.plugins.module_utils._kvm._vfio import lacks_iommu, lacks_vfio
from ansible_collections.virtio.lab.plugins.module_utils._kvm._vhost_net import vhost_net

RELEASE = "6.12.1"


def write(root: Path, files: dict[str, str]) -> None:
    """Files of a host; a bare name is a list of the kernel's modules."""
    for name, text in files.items():
        path = root / (name if "/" in name else f"lib/modules/{RELEASE}/{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("files", "usable", "says"),
    [
        ({"dev/vhost-net": ""}, True, "/dev/vhost-net is there"),
        ({"sys/class/misc/vhost-net": ""}, False, "the kernel has vhost-net, but /dev/vhost-net is missing"),
        ({"modules.dep": "kernel/drivers/vhost/vhost_net.ko.xz: kernel/drivers/vhost/vhost.ko.xz\n"}, True, "module"),
        ({"modules.builtin": "kernel/drivers/vhost/vhost_net.ko\n"}, True, "which the kernel 6.12.1 has"),
        # another module that needs it does not make it there
        ({"modules.dep": "kernel/x.ko: kernel/drivers/vhost/vhost_net.ko\n"}, False, "has no module vhost_net"),
        ({"modules.dep": "kernel/drivers/vhost/vhost_vsock.ko:\n"}, False, "the kernel 6.12.1 has no module vhost_net"),
        ({}, False, "/dev/vhost-net is missing and the kernel"),
    ],
)
def test_what_a_host_says_of_vhost_net(tmp_path, files, usable, says):
    write(tmp_path, files)
    found = vhost_net(RELEASE, str(tmp_path))
    assert found.usable is usable
    assert says in found.reason


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"sys/class/macvtap": "", "modules.dep": ""}, None),
        ({"modules.dep": "kernel/drivers/net/macvtap.ko.xz: kernel/drivers/net/macvlan.ko.xz\n"}, None),
        ({"modules.builtin": "kernel/drivers/net/macvtap.ko\n", "modules.dep": ""}, None),
        ({"modules.dep": "kernel/drivers/net/ipvlan/ipvtap.ko:\n"}, "the kernel 6.12.1 has no module macvtap"),
        ({}, None),  # nobody can tell: libvirt tries
    ],
)
def test_what_a_host_says_of_macvtaps(tmp_path, files, says):
    write(tmp_path, files)
    found = lacks_macvtap(RELEASE, str(tmp_path))
    assert found == says if says is None else says in found


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"sys/class/misc/tun": "", "modules.dep": ""}, "the kernel has TUN/TAP, but /dev/net/tun is missing"),
        ({"modules.dep": "kernel/drivers/net/tun.ko.xz:\n"}, None),  # the role hypervisor loads it
        ({"modules.dep": "kernel/drivers/net/tunnel.ko:\n"}, "the kernel 6.12.1 has no module tun"),
        ({"dev/net/tun": ""}, "/dev/net/tun is not the TUN/TAP device"),
        ({}, None),  # nobody can tell: libvirt tries
    ],
)
def test_what_a_host_says_of_taps(tmp_path, files, says):
    write(tmp_path, files)
    found = lacks_tun(RELEASE, str(tmp_path))
    assert found == says if says is None else says in found


@pytest.mark.parametrize(
    ("files", "iommu", "vfio"),
    [
        ({"modules.dep": "kernel/drivers/net/tun.ko:\n"}, "enable VT-d or AMD-Vi", "has no module vfio-pci; boot one"),
        ({"modules.dep": "kernel/drivers/vfio/pci/vfio-pci.ko.xz:\n"}, "no group in /sys/kernel/iommu_groups", None),
        ({"sys/kernel/iommu_groups/0/type": "DMA\n", "sys/bus/pci/drivers/vfio-pci/bind": ""}, None, None),
    ],
)
def test_what_a_host_says_of_passing_functions_through(tmp_path, files, iommu, vfio):
    write(tmp_path, files)
    for found, says in ((lacks_iommu(str(tmp_path)), iommu), (lacks_vfio(RELEASE, str(tmp_path)), vfio)):
        assert found == says if says is None else says in found


OVS_PROGRAM = "usr/bin/ovs-vsctl"
OVS_RUNS = {OVS_PROGRAM: "", "run/openvswitch/db.sock": ""}


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, "Open vSwitch is missing: install openvswitch-switch"),
        ({OVS_PROGRAM: ""}, "does not run, it has no /run/"),
        (OVS_RUNS, "ovs-vswitchd does not run"),
        ({**OVS_RUNS, "run/openvswitch/ovs-vswitchd.pid": "70\n"}, "ovs-vswitchd does not run"),
        ({**OVS_RUNS, "run/openvswitch/ovs-vswitchd.pid": "x\n"}, "ovs-vswitchd does not run"),
        ({**OVS_RUNS, "run/openvswitch/ovs-vswitchd.pid": "70\n", "proc/70/stat": ""}, None),
    ],
)
def test_what_a_host_says_of_openvswitch(tmp_path, files, says):
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
    found = lacks_openvswitch(str(tmp_path))
    assert found == says if says is None else says in found


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"modules.dep": "a.ko:\n"}, "the kernel 6.12.1 has no module openvswitch; boot one that has it"),
        ({"modules.dep": "kernel/net/openvswitch/openvswitch.ko.xz:\n"}, None),
        ({}, None),
    ],
)
def test_what_a_kernel_says_of_openvswitch(tmp_path, files, says):
    write(tmp_path, files)
    assert lacks_openvswitch_kernel(RELEASE, str(tmp_path)) == says
    (tmp_path / "sys/module/openvswitch").mkdir(parents=True)
    assert lacks_openvswitch_kernel(RELEASE, str(tmp_path)) is None


def test_only_the_tun_device_counts_as_one(tmp_path):
    (tmp_path / "dev/net").mkdir(parents=True)
    (tmp_path / "dev/net/tun").symlink_to("/dev/null")
    assert "is not the TUN/TAP device" in lacks_tun(RELEASE, str(tmp_path))


def test_without_a_boot_only_what_rules_kvm_out_is_looked_at(tmp_path):
    device = tmp_path / "kvm"
    device.touch()
    told = _probe.answer("flags\t: vmx\n", "x86_64", ["/bin/false"], "/boot/x", 1, str(device), boot=False)
    assert told == (True, False, f"{device} and the CPU's flags look right; nothing was booted")

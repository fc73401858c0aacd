# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a kernel's files say of it: trees of files such as machines have, the values what a person reads in them."""

from __future__ import annotations

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._kvm._probe import Answer
from ansible_collections.virtio.lab.plugins.module_utils._preflight import _host, _kernel, _programs
from ansible_collections.virtio.lab.plugins.module_utils._preflight._machine import Machine

RELEASE = "6.12.1"
LISTS = f"lib/modules/{RELEASE}/modules.dep"
PAGES = "sys/kernel/mm/hugepages/hugepages"
V1 = "cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n"
HEAD = "  sl  local_address rem_address   st tx_queue rx_queue\n"
TCP = (
    f"{HEAD}"
    "   0: 0100007F:1451 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1\n"
    "   1: 0100007F:3241 0100007F:9C40 01 00000000:00000000 00:00000000 00000000 0 0 2\n"
)


@pytest.fixture(name="made")
def _made(tmp_path):
    """Make the files below a root of their own; a name that ends with a slash is a folder."""

    def make(files: dict[str, str]) -> Machine:
        for name, text in files.items():
            path = tmp_path / name
            (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
            if not name.endswith("/"):
                path.write_text(text, encoding="utf-8")
        return Machine(RELEASE, "x86_64", root=str(tmp_path))

    return make


@pytest.mark.parametrize(
    ("ask", "files", "available", "says"),
    [
        (_kernel.nested, {"sys/module/kvm_intel/parameters/nested": "Y\n"}, True, "kvm_intel has nested=Y"),
        (_kernel.nested, {"sys/module/kvm_amd/parameters/nested": "1\n"}, True, "kvm_amd has nested=1"),
        (_kernel.nested, {"sys/module/kvm_amd/parameters/nested": "0\n"}, False, "kvm_amd has nested=0"),
        (_kernel.nested, {"sys/module/kvm/": ""}, None, "neither kvm_intel nor kvm_amd is loaded"),
        (_kernel.vhost_net, {"dev/vhost-net": ""}, True, "/dev/vhost-net is there"),
        (_kernel.vhost_net, {}, False, "/dev/vhost-net is missing"),
        (_kernel.tun, {"dev/net/tun": ""}, False, "/dev/net/tun is not the TUN/TAP device"),
        (_kernel.tun, {"sys/class/misc/tun": ""}, False, "/dev/net/tun is missing: make the device visible here"),
        (_kernel.tun, {LISTS: "kernel/drivers/net/tun.ko.xz:\n"}, True, "has the module tun, which is loaded when"),
        (_kernel.tun, {LISTS: ""}, False, "the kernel 6.12.1 has no module tun"),
        (_kernel.tun, {}, None, "/dev/net/tun is missing, and no /lib/modules/6.12.1 tells"),
        (_kernel.macvtap, {"sys/class/macvtap/": ""}, True, "/sys/class/macvtap is there"),
        (_kernel.macvtap, {LISTS: "kernel/drivers/net/macvtap.ko:\n"}, True, "has the module macvtap"),
        (_kernel.macvtap, {LISTS: ""}, False, "the kernel 6.12.1 has no module macvtap"),
        (_kernel.macvtap, {}, None, "tells whether there is a module macvtap"),
        (_kernel.iommu, {"sys/kernel/iommu_groups/0/": "", "sys/kernel/iommu_groups/11/": ""}, True, "2 groups"),
        (_kernel.iommu, {"sys/kernel/iommu_groups/": ""}, False, "there is no group in /sys/kernel/iommu_groups"),
        (_kernel.iommu, {}, False, "there is no group in /sys/kernel/iommu_groups"),
        (_kernel.vfio, {"sys/bus/pci/drivers/vfio-pci/": ""}, True, "/sys/bus/pci/drivers/vfio-pci is there"),
        (_kernel.vfio, {LISTS: "kernel/drivers/vfio/pci/vfio-pci.ko:\n"}, True, "has the module vfio-pci"),
        (_kernel.vfio, {LISTS: "kernel/drivers/vfio/pci/vfio-pci-core.ko:\n"}, False, "has no module vfio-pci"),
        (_programs.openvswitch_kernel, {"sys/module/openvswitch/": ""}, True, "/sys/module/openvswitch is there"),
        (_programs.openvswitch_kernel, {LISTS: ""}, False, "has no module openvswitch"),
        (_kernel.hugepages, {}, False, "/sys/kernel/mm/hugepages is missing"),
        (
            _kernel.hugepages,
            {
                f"{PAGES}-1048576kB/nr_hugepages": "0\n",
                f"{PAGES}-1048576kB/free_hugepages": "0\n",
                f"{PAGES}-2048kB/nr_hugepages": "512\n",
                f"{PAGES}-2048kB/free_hugepages": "256\n",
            },
            True,
            "of 2048 kB 256 are free of 512; of 1048576 kB 0 are free of 0",
        ),
        (
            _kernel.hugepages,
            {f"{PAGES}-2048kB/nr_hugepages": "512\n", f"{PAGES}-2048kB/free_hugepages": "0\n"},
            False,
            "of 2048 kB 0 are free of 512",
        ),
        (_kernel.hugepages, {f"{PAGES}-2048kB/nr_hugepages": "512\n"}, None, "does not say how many"),
        (_kernel.hugepages, {f"{PAGES}-2048kB/free_hugepages": "9" * 5000}, None, "does not say how many"),
        (_kernel.numa, {"sys/devices/system/node/node0/": "", "sys/devices/system/node/node1/": ""}, True, "2 nodes"),
        (_kernel.numa, {"sys/devices/system/node/node0/": ""}, False, "all memory is in one node"),
        (_kernel.numa, {"sys/devices/system/node/possible": ""}, None, "there is no node"),
        (
            _kernel.cgroup_v2,
            {
                "proc/self/mounts": "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n",
                "sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory\n",
            },
            True,
            "/sys/fs/cgroup is cgroup2 with the controllers cpuset cpu io memory",
        ),
        (
            _kernel.cgroup_v2,
            {"proc/self/mounts": V1},
            False,
            "/sys/fs/cgroup is not cgroup2; 1 hierarchies of version 1 are mounted",
        ),
        (_kernel.cgroup_v2, {"proc/self/mounts": "\n\nx\n"}, False, "no control group is mounted"),
        (_kernel.cgroup_v2, {}, None, "/proc/self/mounts cannot be read"),
        (_host.ports, {"proc/self/net/tcp": TCP}, False, "a server listens at 5201 (iperf3) already"),
        (
            _host.ports,
            {"proc/self/net/tcp": HEAD, "proc/self/net/tcp6": TCP.replace("1451", "3241")},
            False,
            "a server listens at 12865 (netperf) already",
        ),
        (
            _host.ports,
            {"proc/self/net/tcp": HEAD},
            True,
            "nothing listens at 5201 (iperf3) and 12865",
        ),
        (_host.ports, {}, None, "net/tcp is missing"),
        (_host.ports, {"proc/self/net/tcp": "sl\n 0: x\n"}, None, "/proc/net/tcp is not as it should be"),
    ],
)
def test_what_a_tree_of_files_says(made, ask, files, available, says):
    found = ask(made(files))
    assert found.available is available
    assert says in found.why
    assert bool(found.remedy) is (available is not True)


@pytest.mark.parametrize(
    ("answer", "available"),
    [
        (Answer(True, True, "/boot/x boots under /dev/kvm"), True),
        (Answer(True, False, "looks right; nothing was booted"), None),
        (Answer(False, True, "/dev/kvm does not work: a stock kernel under KVM printed nothing within 30 s"), False),
        (Answer(False, False, "/dev/kvm does not exist"), False),
    ],
)
def test_kvm_that_was_not_booted_is_not_known(answer, available):
    found = _kernel.kvm(answer)
    assert (found.available, found.why) == (available, answer.reason)
    assert bool(found.remedy) is (available is not True)


@pytest.mark.parametrize(
    ("cpuinfo", "available"),
    [("model name\t: AMD EPYC\n", True), ("model name\t: QEMU TCG CPU version 2.5+\n", False), ("", None)],
)
def test_an_emulated_cpu_is_told(cpuinfo, available):
    assert _kernel.hardware_cpu(cpuinfo).available is available


def test_room_is_asked_for_where_the_folder_will_be(tmp_path, monkeypatch):
    folder = f"{tmp_path}/not/yet/there"
    monkeypatch.setattr(_host, "ROOM_MIB", 0)
    assert _host.disk(folder).available is True
    monkeypatch.setattr(_host, "ROOM_MIB", 1 << 40)
    found = _host.disk(folder)
    assert found.available is False
    assert f"MiB are free for {folder}, and {1 << 40} are wanted" in found.why
    assert _host.disk("/proc/1/nothing").available is False  # a file system without room
    (tmp_path / "gone").symlink_to("/nowhere")
    assert _host.disk(f"{tmp_path}/gone").available is None


def test_numbers_are_those_of_entries_that_have_the_prefix(made):
    of = made({"a/node0/": "", "a/node12/": "", "a/nodex/": "", "a/other1": "", "a/node²/": ""})
    assert of.numbers("a", "node") == [0, 12]
    assert of.numbers("b", "node") == []

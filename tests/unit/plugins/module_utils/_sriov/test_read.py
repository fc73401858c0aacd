# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PFs and VFs as a real kernel shows them, who uses which, and PFs by all their names."""

from __future__ import annotations

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._sriov._model import User, Vf
from ansible_collections.virtio.lab.plugins.module_utils._sriov._read import parse_vfs, read_drivers, read_pf
from ansible_collections.virtio.lab.plugins.module_utils._sriov._reconcile import look, shown

SWITCH = "9eec95ab8cc2b76dfaf45b9df8eeae553e41152d43a5248f8995d61bcc424dde"


def test_a_real_card(machine) -> None:
    machine.write("/run/netns/virtio-lab-vf")
    (card,) = look(["enp1s0"], machine.host)
    assert (card.device, card.bus, card.driver, card.up) == ("0000:01:00.0", "pci", "igb", True)
    assert (card.numvfs, card.totalvfs, card.drivers_autoprobe, card.switch_id) == (4, 7, True, None)
    first, second, third, fourth = card.vfs
    assert (first.vlan, first.qos, first.proto, first.max_tx_rate) == (10, 3, "802.1Q", 100)
    assert (first.spoofchk, first.trust, first.link_state, first.interface) == (False, True, "auto", "enp1s0v0")
    assert (second.driver, second.override, second.iommu_group, second.vlan) == ("vfio-pci", "vfio-pci", 8, 0)
    assert second.proto is None
    assert first.in_use == second.in_use == ()
    assert third.in_use == (User("link", "br9", interface="enp1s0v2"),)
    assert fourth.in_use == (User("netns", "virtio-lab-vf", interface="enp1s0v3"),)
    assert [user.words for user in third.in_use + fourth.in_use] == [
        "br9 on top of its interface enp1s0v2",
        "network namespace virtio-lab-vf (its interface enp1s0v3)",
    ]
    told = shown(card)["vfs"]
    assert [vf["where"] for vf in told] == ["host", "host", "host", "netns"]
    assert [vf["interface"] for vf in told] == ["enp1s0v0", None, "enp1s0v2", "enp1s0v3"]


@pytest.mark.parametrize("node", ["/dev/vfio/8", "/dev/vfio/devices/vfio0"])
@pytest.mark.parametrize(
    ("argv", "user", "words"),
    [
        (["/usr/bin/qemu", "-name", "guest=web,debug-threads=on"], User("guest", "web", 70), "guest web (pid 70)"),
        (["/usr/bin/qemu", "-name", "web"], User("guest", "web", 70), "guest web (pid 70)"),
        (["/usr/bin/testpmd", "-a"], User("process", "testpmd", 70), "testpmd (pid 70)"),
        ([""], User("process", "a process", 70), "a process (pid 70)"),
    ],
)
def test_who_holds_a_vf_through_vfio(machine, node, argv, user, words) -> None:
    machine.process(70, *argv, namespace="self", holds=node)
    machine.write("/proc/71/fd-of-a-process-that-ended")
    vf = look(["enp1s0"], machine.host)[0].vfs[1]
    assert vf.in_use == (user,)
    assert vf.in_use[0].words == words


def test_who_holds_a_vf_by_another_name_of_its_device(machine) -> None:
    """/dev/null stands for what `mknod` made of the numbers that sysfs tells of the group's device."""
    machine.process(70, "/usr/bin/testpmd", namespace="self", holds="/dev/null")
    machine.process(71, "/usr/bin/other", namespace="self", holds="/dev/zero")
    machine.write("/sys/class/vfio/8/dev", "1:3\n")
    assert look(["enp1s0"], machine.host)[0].vfs[1].in_use == (User("process", "testpmd", 70),)


def test_a_namespace_without_a_name(machine) -> None:
    machine.process(70, "/usr/bin/sleep", "100", namespace="other")
    machine.process(71, "", namespace="other")
    (user,) = look(["enp1s0"], machine.host)[0].vfs[3].in_use
    assert user.words == "network namespace of sleep (pid 70) (its interface enp1s0v3)"
    assert [call for call in machine.calls if "nsenter" in call] == [
        ["nsenter", f"--net={machine.root}/proc/70/ns/net", "ip", "-j", "-d", "link", "show"]
    ]


def test_a_namespace_that_no_process_here_is_in(machine) -> None:
    machine.netns = ""
    (user,) = look(["enp1s0"], machine.host)[0].vfs[3].in_use
    assert user.words == "network namespace unknown to this host"


def test_a_simulated_card(machine) -> None:
    (card,) = look(["eni10np1"], machine.host)
    assert (card.device, card.bus, card.driver, card.totalvfs) == ("netdevsim10", "netdevsim", "netdevsim", None)
    assert (card.drivers_autoprobe, card.switch_id, card.reports, card.numvfs) == (None, SWITCH, True, 2)
    assert [vf["where"] for vf in shown(card)["vfs"]] == [None, None]


@pytest.mark.parametrize(
    ("pf", "name"),
    [
        ("enx525400123457", "enp1s0"),
        ("0000:01:00.0", "enp1s0"),
        ("01:00.0", "enp1s0"),
        ("pci/0000:01:00.0", "enp1s0"),
        ("netdevsim/netdevsim10", "eni10np1"),
        (SWITCH.upper(), "eni10np1"),
    ],
)
def test_names_of_a_pf(machine, pf, name) -> None:
    assert look([pf], machine.host)[0].name == name


def test_all_pfs(machine) -> None:
    assert [pf.name for pf in look(None, machine.host)] == ["enp1s0", "eni10np1"]


@pytest.mark.parametrize(
    ("pf", "words"),
    [
        ("nothing", "does not exist"),
        ("0000:ff:1f.7", "does not exist"),
        ("lo", "virtual interface"),
        ("enp0s3", "offers no SR-IOV"),
        ("eni10npf0vf0", "is the representor pf0vf0"),
    ],
)
def test_no_pf(machine, pf, words) -> None:
    with pytest.raises(LabError, match=words):
        look([pf], machine.host)


def test_a_pf_without_an_interface_here(machine) -> None:
    links = [link for link in machine.links if link["ifname"] != "enp1s0"]
    with pytest.raises(LabError, match="no interface in this network namespace"):
        read_pf("0000:01:00.0", links, machine.host)


def test_two_devices_of_one_switch(machine) -> None:
    machine.write("/sys/devices/pci0000:00/0000:00:04.0/0000:01:00.0/net/enp1s0/phys_switch_id", SWITCH)
    with pytest.raises(LabError, match=r"more than one device \(0000:01:00.0, netdevsim10\)"):
        look([SWITCH], machine.host)


def test_what_ip_does_not_show() -> None:
    assert parse_vfs([{"vf": 0, "mac": "02:00:00:00:00:01"}], 2)[1] == Vf(1)
    assert parse_vfs([{"vf": 0, "mac": "02:00:00:00:00:01"}], 1)[0].mac == "02:00:00:00:00:01"  # iproute2 before 5.3


def test_states_of_drivers(machine) -> None:
    names = ["vfio-pci", "uio", "gone", "default", None]
    assert read_drivers(names, machine.host) == {"vfio-pci": "loaded", "uio": "module", "gone": "missing"}

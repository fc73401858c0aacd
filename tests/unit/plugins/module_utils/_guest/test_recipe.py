# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a guest may be, and the words by which virt-install is told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._guest._recipe import Guest, Interface, argv, recipe, wanted

from .conftest import words

ASKED: dict[str, Any] = {
    "name": "a",
    "virt_type": "kvm",
    "vcpus": 1,
    "memory_mib": 256,
    "disk": None,
    "kernel": "/k",
    "initrd": "/i",
    "kernel_args": "quiet",
    "digest": "",
    "console_log": None,
    "iommu": None,
    "shared_memory": False,
    "interfaces": [{"network": "net", "mac": "52:54:00:00:96:0A", "datapath": "vhost"}],
}
GUEST = Guest("a", "kvm", 1, 256, (Interface("net", "52:54:00:00:96:0a", "vhost"),), None, "/k", "/i", "quiet")
NIC = ASKED["interfaces"][0]


def option(guest: Guest, name: str) -> str:
    given = argv(guest, "qemu:///system", in_place=False)
    return given[given.index(name) + 1]


def test_what_is_asked_becomes_a_guest_whatever_else_is_there():
    assert wanted({**ASKED, "uri": "qemu:///system"}) == GUEST


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"vcpus": 0}, "vcpus is 0, want 1 or more"),
        ({"memory_mib": -1}, "memory_mib is -1, want 1 or more"),
        ({"interfaces": [NIC, {**NIC, "mac": NIC["mac"].lower()}]}, "MAC 52:54:00:00:96:0a is given to 2 interfaces"),
        ({"kernel": None, "disk": "/d"}, "initrd is for a kernel.*; kernel_args is for a kernel"),
        ({"kernel": None, "initrd": None, "kernel_args": ""}, "neither disk nor kernel"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_done(change: dict[str, Any], said: str) -> None:
    with pytest.raises(LabError, match=f"guest a cannot be: .*{said}"):
        wanted({**ASKED, **change})


def test_all_that_cannot_be_is_said_at_once():
    with pytest.raises(LabError, match=r"vcpus is 0.*memory_mib is 0"):
        wanted({**ASKED, "vcpus": 0, "memory_mib": 0})


def test_the_driver_is_always_named():
    network = words(option(GUEST, "--network"))
    assert network["driver.name"] == "vhost"
    assert network["mac"] == "52:54:00:00:96:0a"


def test_without_a_kernel_the_disk_boots():
    guest = GUEST._replace(kernel=None, initrd=None, kernel_args="", disk="/d.qcow2")
    assert option(guest, "--boot") == "hd"
    assert words(option(guest, "--disk"))["path"] == "/d.qcow2"


def test_a_kernel_may_come_alone():
    assert words(option(GUEST._replace(initrd=None, kernel_args=""), "--boot")) == {"kernel": "/k"}


@pytest.mark.parametrize("in_place", [True, False])
def test_only_a_guest_that_is_there_may_have_its_mac_and_disk_in_use(in_place: bool) -> None:
    assert ("mac_in_use=off,path_in_use=off" in argv(GUEST, "qemu:///system", in_place)) is in_place


@pytest.mark.parametrize(("virt_type", "cpu"), [("kvm", "host-passthrough"), ("qemu", "mode=maximum")])
def test_the_cpu_is_the_hosts_or_all_that_can_be_emulated(virt_type: str, cpu: str) -> None:
    assert option(GUEST._replace(virt_type=virt_type), "--cpu").startswith(cpu)


# What splits and quotes, beside what does not.
texts = st.text("a= ,;'\"\\#ä", min_size=1)


@given(texts)
def test_no_value_breaks_out_of_its_option(value: str) -> None:
    guest = GUEST._replace(kernel=value, initrd=value, kernel_args=value, disk=value, console_log=value)
    assert words(option(guest, "--boot")) == {"kernel": value, "initrd": value, "kernel_args": value}
    assert words(option(guest, "--disk"))["path"] == value
    assert words(option(guest, "--serial"))["log.file"] == value


def test_an_iommu_has_what_vhost_needs():
    with_it = wanted({**ASKED, "iommu": "intel"})
    assert option(with_it, "--iommu") == "model=intel,driver.iotlb=on"
    assert recipe(with_it) == {**recipe(GUEST), "iommu": "intel"}
    assert "--iommu" not in argv(GUEST, "qemu:///system", in_place=False)

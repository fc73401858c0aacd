# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the Open vSwitch of a NIC is told, and the checksums of its veth."""

from __future__ import annotations

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._kvm import _ovs_dpdk as needs
from ansible_collections.virtio.lab.plugins.module_utils._switch import _checksums, _ovs_dpdk


def test_it_is_told_to_do_without_hugepages_and_with_few_buffers():
    told = _ovs_dpdk.options("vld525400009001", 3)
    assert {"--no-huge", "--legacy-mem", "--no-pci"} <= set(told["dpdk-extra"].split())
    assert "--file-prefix=vld525400009001" in told["dpdk-extra"].split()
    assert (told["dpdk-init"], told["per-port-memory"], told["pmd-cpu-mask"]) == ("true", "true", "0x8")
    assert _ovs_dpdk.options("vld525400009001", 70)["pmd-cpu-mask"] == "0x400000000000000000"


def test_a_link_that_is_not_there_is_named():
    with pytest.raises(LabError, match="link vld5254000000fe cannot be told to fill in its checksums: No such device"):
        _checksums.leave_none_to_hardware("vld5254000000fe")


@pytest.mark.parametrize(
    ("programs", "why"),
    [
        (("ovs-vswitchd-dpdk", "ovsdb-server", "ovsdb-tool", "ovs-vsctl", "unshare", "nsenter"), None),
        (("ovs-vswitchd.dpdk", "ovsdb-server", "ovsdb-tool", "ovs-vsctl", "unshare", "nsenter"), None),
        (("ovsdb-server", "ovsdb-tool", "ovs-vsctl", "unshare", "nsenter"), "ovs-vswitchd-dpdk is not found"),
        (("ovs-vswitchd-dpdk", "ovsdb-tool", "unshare", "nsenter"), "ovsdb-server and ovs-vsctl are not found"),
    ],
)
def test_what_is_missing_is_named_with_its_package(programs, why, tmp_path, monkeypatch):
    for name in programs:
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(needs, "PLACES", ())
    said = needs.lacks_ovs_dpdk()
    assert said is None if why is None else said.startswith(why) and "openvswitch-switch-dpdk (Debian" in said

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Open vSwitch, DPDK, VDE, passt: what their absence, silence and answers are told as."""

from __future__ import annotations

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._preflight import _host, _programs
from ansible_collections.virtio.lab.plugins.module_utils._preflight._ask import LateError
from ansible_collections.virtio.lab.plugins.module_utils._preflight._capability import yes
from ansible_collections.virtio.lab.plugins.module_utils._preflight._hypervisor import Features, Libvirt, Qemu
from ansible_collections.virtio.lab.plugins.module_utils._preflight._machine import Machine
from ansible_collections.virtio.lab.plugins.module_utils._runner import Result

SILENT = LateError("`ovs-vsctl` did not answer within 30 s")
DEAD = Result(1, "", "ovs-vsctl: unix:/var/run/openvswitch/db.sock: database connection failed\n")
DEBIAN = "usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk"
OVS_TOOLS = ["ovsdb-server", "ovsdb-tool", "ovs-vsctl", "unshare", "nsenter"]
OLD = Result(0, '"3.5.0"\n', "")


def machine(programs, said=(), root="/"):
    """A machine with these programs, which say one thing after the other."""
    waiting = iter(said)

    def run(_argv, **_options):
        answer = next(waiting)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Machine("6.12.1", "x86_64", run, lambda name: f"/usr/bin/{name}" if name in programs else None, str(root))


@pytest.mark.parametrize(
    ("said", "available", "why"),
    [
        ([], False, "there is no ovs-vsctl on this host"),
        ([SILENT], None, "did not answer within 30 s"),
        ([DEAD], False, "does not answer /usr/bin/ovs-vsctl: ovs-vsctl: unix:/var/run/openvswitch/db.sock"),
        ([Result(0, "\x1b[2J" * 1000, "")], False, "does not answer"),
        ([OLD], True, "Open vSwitch 3.5.0 answers"),
    ],
)
def test_open_vswitch(tmp_path, said, available, why):
    found = _programs.openvswitch(machine(["ovs-vsctl"] if said else [], said, tmp_path))
    assert found.available == available
    assert why in found.why
    assert bool(found.remedy) == (available is not True)
    assert "\x1b" not in found.why


# What runs is not asked: the lab starts one of its own.
@pytest.mark.parametrize(
    ("programs", "path", "available", "why"),
    [
        ([], None, False, "there is no ovs-vswitchd-dpdk on this host"),
        (OVS_TOOLS, None, False, "there is no ovs-vswitchd-dpdk on this host"),
        (["ovs-vswitchd", *OVS_TOOLS], None, False, "there is no ovs-vswitchd-dpdk on this host"),
        (OVS_TOOLS, DEBIAN, True, f"/{DEBIAN} is there"),
        (["ovs-vswitchd.dpdk", *OVS_TOOLS], None, True, "/usr/bin/ovs-vswitchd.dpdk is there"),
        (OVS_TOOLS[1:], DEBIAN, False, f"/{DEBIAN} is there, but not ovsdb-server"),
    ],
)
def test_an_open_vswitch_with_dpdk_is_looked_for_and_not_run(tmp_path, programs, path, available, why):
    if path:
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).touch()
    found = _programs.openvswitch_dpdk(machine(programs, (), tmp_path))
    assert (found.available, found.why) == (available, why)
    assert found.remedy.startswith("install openvswitch-switch-dpdk") != available


@pytest.mark.parametrize(
    ("programs", "netdevs", "available"),
    [
        ([], {"vde"}, False),
        (["vde_switch"], {"vde"}, True),
        (["vde_switch"], {"tap"}, False),
        (["vde_switch"], None, None),
    ],
)
def test_a_vde_switch_needs_a_qemu_that_can_be_plugged_in(programs, netdevs, available):
    told = Qemu(yes("qemu", "x"), None, None if netdevs is None else frozenset(netdevs))
    found = _programs.vde(machine(programs), told)
    assert (found.available, bool(found.remedy)) == (available, available is not True)


@pytest.mark.parametrize(
    ("programs", "features", "available"),
    [
        ([], Features("", (), ("passt",)), False),
        (["passt"], Features("", (), ("default", "passt")), True),
        (["passt"], Features("", (), ("default",)), False),
        (["passt"], Features("", (), None), None),  # Debian 12's libvirt does not tell
        (["passt"], None, None),
    ],
)
def test_passt_needs_a_libvirt_that_takes_it(programs, features, available):
    found = _programs.passt(machine(programs), Libvirt(yes("libvirt", "x"), features))
    assert (found.available, bool(found.remedy)) == (available, available is not True)


def test_testpmd_is_looked_for_and_not_run():
    assert _programs.dpdk_testpmd(machine(["dpdk-testpmd"])).available is True
    assert _programs.dpdk_testpmd(machine([])).available is False


LINK = '[{"ifname": "PF", "flags": ["UP"], "vfinfo_list": []}, {"ifname": "lo"}]'


@pytest.mark.parametrize(
    ("said", "files", "available", "why"),
    [
        (Result(0, LINK.replace("PF", "eth0"), ""), {}, False, "no interface here is the physical function"),
        (
            Result(0, LINK.replace("PF", "enp1s0"), ""),
            {"sriov_numvfs": "2\n", "sriov_totalvfs": "7\n"},
            True,
            "enp1s0 (unknown) has 2 of 7 virtual functions",
        ),
        (Result(0, "[{}]", ""), {}, None, "is not as it should be (KeyError: 'ifname')"),
        (Result(0, "no JSON", ""), {}, None, "is not as it should be"),
        (SILENT, {}, None, "did not answer"),
    ],
)
def test_cards_with_virtual_functions(tmp_path, said, files, available, why):
    device = tmp_path / "sys/class/net/enp1s0/device"
    device.mkdir(parents=True)
    for name, text in files.items():
        (device / name).write_text(text, encoding="ascii")
    found = _host.sriov(machine([], [said], tmp_path))
    assert found.available is available
    assert why in found.why
    assert bool(found.remedy) is (available is not True)

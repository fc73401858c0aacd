# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what a module gets to what it returns, with a program `ip` that is played from a small world of links."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links import _due, _holders, _read, _reconcile
from ansible_collections.virtio.lab.plugins.module_utils._links._holders import Holder, holders
from ansible_collections.virtio.lab.plugins.module_utils._links._model import MARK, Link, Wish
from ansible_collections.virtio.lab.plugins.module_utils._links._nodes import _number_by_stat, number_of
from ansible_collections.virtio.lab.plugins.module_utils._links._reconcile import entries, given, reconcile, shown
from ansible_collections.virtio.lab.plugins.module_utils._links._shown import details
from ansible_collections.virtio.lab.plugins.module_utils._runner import Result

TAP: dict[str, Any] = {
    "ifindex": 5, "ifname": "tap0", "flags": ["UP"], "mtu": 1500, "link_type": "ether", "address": "02:00:00:00:00:01",
    "ifalias": MARK, "linkinfo": {"info_kind": "tun", "info_data": {"type": "tap", "user": 1000}},
}  # fmt: skip
PORT = {
    **TAP,
    "master": "br0",
    "linkinfo": {**TAP["linkinfo"], "info_slave_kind": "bridge", "info_slave_data": {"cost": 100, "priority": 8}},
}
BRIDGE = {"ifindex": 6, "ifname": "br0", "mtu": 1500, "linkinfo": {"info_kind": "bridge", "info_data": {}}}


class World:
    """A runner that answers what `ip` and `bridge` would, and notes down what it was asked."""

    def __init__(self, *links: dict[str, Any]) -> None:
        self.links = list(links)
        self.asked: list[str] = []
        self.batches: list[str] = []

    def __call__(self, argv: list[str], stdin: str | None = None, check: bool = True) -> Result:
        self.asked.append(" ".join(argv))
        if "-batch" in argv:
            self.batches.append(stdin or "")
            return Result(0, "", "")
        if argv[0] == "bridge":
            vlans = [{"ifname": "tap0", "vlans": [{"vlan": 5, "flags": ["PVID"]}]}]
            fdb = [{"ifname": "x0", "mac": "02:00:00:00:00:07", "dst": "192.0.2.7", "state": "permanent"}]
            return Result(0, json.dumps(vlans if "vlan" in argv else fdb), "")
        return Result(0, json.dumps(self.links), "")


@pytest.fixture(autouse=True)
def nobody_holds_it_and_nothing_is_due(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(_due, "lock_folder", lambda: str(tmp_path / "locks"))
    monkeypatch.setattr(_reconcile, "holders", lambda links, runner: {})


def test_an_entry_takes_from_the_top_level_what_it_leaves_out() -> None:
    params = {
        "devices": given([{"name": "a", "mtu": None}, {"name": "b", "mtu": 9000}]),
        "name": None,
        "mtu": 1400,
        "force": True,
    }
    assert entries(params, "devices") == [{"name": "a", "mtu": 1400}, {"name": "b", "mtu": 9000}]
    assert entries({**params, "devices": None, "name": "c"}, "devices") == [{"name": "c", "mtu": 1400}]


@pytest.mark.parametrize("check_mode", [True, False])
def test_check_mode_stops_before_the_batch(check_mode: bool) -> None:
    world = World(TAP)
    result, _have = reconcile([Wish("tap0", kind="tun", mtu=1400)], False, check_mode, world)
    assert result == {
        "changed": True,
        "diff": {"before": {"tap0": {"mtu": 1500}}, "after": {"tap0": {"mtu": 1400}}},
        "commands": ["ip link set dev tap0 mtu 1400"],
        "warnings": [],
    }
    assert world.batches == ([] if check_mode else ["link set dev tap0 mtu 1400\n"])
    assert len(world.asked) == (1 if check_mode else 3)


def test_nothing_to_do_is_one_process() -> None:
    world = World(TAP)
    result, have = reconcile([Wish("tap0", kind="tun", state="up")], False, False, world)
    assert (result["changed"], world.asked) == (False, ["ip -j -d address show"])
    assert shown(Wish("tap0"), have, details)["owned"]
    assert shown(Wish("other"), have, details) == {"name": "other", "netns": None, "state": "absent"}
    asking = Wish("tap0", vlans={}, fdb=())
    assert {"vlans", "fdb"} < set(shown(asking, have, details))


def test_a_port_that_is_made_anew_keeps_its_vlans_and_what_differs_from_a_new_port() -> None:
    world = World(PORT, BRIDGE)
    result, _have = reconcile([Wish("tap0", kind="tun", attributes={"vnet_hdr": True})], False, True, world)
    assert "bridge vlan add dev tap0 vid 5 pvid" in result["commands"]
    assert [command for command in result["commands"] if "bridge_slave" in command] == [
        "ip link set dev tap0 type bridge_slave priority 8",
    ]
    assert result["diff"]["after"] == {"tap0": {"vnet_hdr": True}}


def test_a_vxlan_that_is_made_anew_keeps_its_endpoints() -> None:
    vxlan = {**BRIDGE, "ifname": "x0", "ifalias": MARK, "linkinfo": {"info_kind": "vxlan", "info_data": {"id": 7}}}
    world = World(vxlan)
    wish = Wish("x0", kind="vxlan", attributes={"dstport": 4790})
    commands = reconcile([wish], False, True, world)[0]["commands"]
    assert "bridge fdb append 02:00:00:00:00:07 dev x0 dst 192.0.2.7 self permanent" in commands


def test_what_is_held_is_refused_and_by_force_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_reconcile, "holders", lambda links, runner: {key: [Holder(7, "qemu")] for key in links})
    wish = Wish("tap0", kind="tun", attributes={"owner": 0})
    with pytest.raises(LabError, match=r"tap0 is held by qemu \(pid 7\) and the change sets its owner"):
        reconcile([wish], False, True, World(TAP))
    result, _have = reconcile([wish], True, True, World(TAP))
    assert result["commands"][:2] == ["ip link delete dev tap0", "ip tuntap add dev tap0 mode tap user 0"]


def test_the_names_of_other_namespaces(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By what `ip netns list` says in a namespace; the own one may have a name too."""
    (tmp_path / "b").write_text("")
    (tmp_path / "own").symlink_to("/proc/self/ns/net")
    monkeypatch.setattr(_read, "NETNS_DIR", str(tmp_path))
    veth = {"ifindex": 2, "ifname": "v0", "link_index": 3, "link_netnsid": 0, "linkinfo": {"info_kind": "veth"}}
    peer = {**veth, "ifname": "v1", "ifindex": 3, "link_index": 2}

    def runner(argv: list[str]) -> Result:
        if "netns" in argv:
            return Result(0, json.dumps([{"name": "own", "id": 0}, {"name": "b"}]), "")
        return Result(0, json.dumps([peer if "-n" in argv else veth]), "")

    wish = Wish("v1", netns="b", kind="veth", attributes={"peer": "v0", "peer_netns": ""})
    have = _read.read([wish], runner)
    assert have["b"]["v1"].attributes == {"peer": "v0", "peer_netns": ""}


def a_process(proc: Path, pid: int, target: str, fdinfo: str = "") -> None:
    (proc / str(pid) / "fd").mkdir(parents=True)
    (proc / str(pid) / "fdinfo").mkdir()
    (proc / str(pid) / "fd" / "9").symlink_to(target)
    (proc / str(pid) / "fdinfo" / "9").write_text(fdinfo)
    (proc / str(pid) / "comm").write_text("qemu\n")


@pytest.fixture
def proc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Processes that hold /dev/zero in place of /dev/net/tun, and /dev/null in place of a macvtap."""
    monkeypatch.setattr(_holders, "TUN", os.makedev(1, 5))
    (tmp_path / "self" / "ns").mkdir(parents=True)
    (tmp_path / "self" / "ns" / "net").write_text("")
    a_process(tmp_path, 4000001, "/dev/zero", "pos:\t0\niff:\ttap0\n")
    a_process(tmp_path, 4000002, "/dev/null")
    a_process(tmp_path, 4000003, "/dev/full")
    a_process(tmp_path, 4000004, "/dev/zero", "iff:\tother\n")
    a_process(tmp_path, 4000006, "/dev/tap8")
    a_process(tmp_path, 4000007, "/etc/passwd", "iff:\ttap0\n")
    (tmp_path / "4000005").mkdir()
    return tmp_path


HELD = {
    ("", "tap0"): Link("tap0", "tun", True, 1500),
    ("", "mt0"): Link("mt0", "macvtap", True, 1500, index=8),
    ("", "mt1"): Link("mt1", "macvtap", True, 1500, index=9),
    ("", "br0"): Link("br0", "bridge", True, 1500),
}


def test_holders_are_known_by_the_number_of_the_device_whatever_its_name(proc: Path) -> None:
    found = holders(HELD, lambda argv, check: Result(0, "8 1:3\n9 1:4\n", ""), str(proc))
    assert found == {("", "tap0"): [Holder(4000001, "qemu")], ("", "mt0"): [Holder(4000002, "qemu")]}
    assert holders({("", "br0"): HELD["", "br0"]}, lambda argv, check: Result(1, "", ""), str(proc)) == {}


def test_who_holds_some_macvtap_counts_where_its_number_cannot_be_read(
    proc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_holders, "_majors", lambda driver: [1])
    found = holders(HELD, lambda argv, check: Result(1, "", "Operation not permitted\n"), str(proc))
    assert [holder.pid for holder in found["", "mt0"]] == [4000002, 4000003]


def test_the_number_of_a_device() -> None:
    assert number_of("/dev/null") == os.makedev(1, 3)
    assert _number_by_stat("/dev/null") == os.makedev(1, 3)
    for path in ("/etc/passwd", "/no/such/file"):
        assert number_of(path) is None
        assert _number_by_stat(path) is None


def test_the_namespace_of_an_open_file_that_is_no_tun_is_unknown() -> None:
    read_end, write_end = os.pipe()
    try:
        assert _holders._device_namespace(os.getpid(), read_end) is None
    finally:
        os.close(read_end)
        os.close(write_end)

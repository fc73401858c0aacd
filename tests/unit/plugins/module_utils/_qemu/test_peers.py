# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is at the other end of a vhost-user socket: trees of /proc as they were captured, with one thing changed."""

from __future__ import annotations

import os

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._qemu._peers import Peer, passt_sockets, peers_of

PATH = "/run/virtio.lab.testpmd/vlu525400009001/socket"
QEMU, TESTPMD = 140, 194
# As Linux 6.18 shows them.
UNIX = f"""Num       RefCount Protocol Flags    Type St Inode Path
00000000e2daeb03: 00000002 00000000 00010000 0001 01 8149358 {PATH}
00000000678951dd: 00000003 00000000 00000000 0001 03 8149745 {PATH}
00000000a28a2f8c: 00000003 00000000 00000000 0001 03 8149746
00000000b28a2f8c: 00000003 00000000 00000000 0001 03 8149747 /run/other
"""
MEMORY = "7f4dd0000000-7f4de0000000 rw-s 00000000 00:01 {}           /memfd:memory-backend-memfd (deleted)"
GUESTS = MEMORY.format(56269)
OWN = "100338000-110338000 rw-s 00000000 00:01 56325                            /memfd:nohuge (deleted)"
LIBRARY = "7f4df0000000-7f4df0001000 r-xp 00000000 fe:00 77                         /usr/lib/libc.so.6"


@pytest.fixture(name="proc")
def _proc(tmp_path):
    def make(maps=(GUESTS, OWN, LIBRARY), unix=UNIX, inode=8149745, state="S"):
        (tmp_path / "net").mkdir(exist_ok=True)
        (tmp_path / "net" / "unix").write_text(unix, encoding="utf-8")
        for pid, argv, lines in (
            (QEMU, "qemu-system-x86_64", (GUESTS, LIBRARY)),
            (TESTPMD, "/usr/bin/dpdk-testpmd", maps),
        ):
            folder = tmp_path / str(pid)
            (folder / "fd").mkdir(parents=True, exist_ok=True)
            (folder / "cmdline").write_text(f"{argv}\0--no-huge\0", encoding="utf-8")
            (folder / "maps").write_text("\n".join(lines) + "\n", encoding="utf-8")
            (folder / "stat").write_text(f"{pid} (a) T (b) {state} 1 0\n", encoding="utf-8")
        os.symlink(f"socket:[{inode}]", tmp_path / str(TESTPMD) / "fd" / "30")
        return str(tmp_path)

    return make


def test_the_process_that_has_accepted_and_has_the_memory(proc):
    assert peers_of(QEMU, [PATH], proc()) == {PATH: Peer(TESTPMD, "dpdk-testpmd", True)}


@pytest.mark.parametrize("maps", [(OWN, LIBRARY), (MEMORY.format(56270),), ()])
def test_a_process_without_the_guests_memory(proc, maps):
    assert peers_of(QEMU, [PATH], proc(maps)) == {PATH: Peer(TESTPMD, "dpdk-testpmd", False)}


@pytest.mark.parametrize(("state", "stopped"), [("T", True), ("t", True), ("R", False), ("Z", False), ("", False)])
def test_one_that_was_stopped_is_told(proc, state, stopped):
    assert peers_of(QEMU, [PATH], proc(state=state)) == {PATH: Peer(TESTPMD, "dpdk-testpmd", True, stopped)}


def test_one_that_only_listens_is_no_peer(proc):
    assert peers_of(QEMU, [PATH], proc(inode=8149358)) == {}


@pytest.mark.parametrize("unix", ["", "Num RefCount\n", UNIX.replace(PATH, f"{PATH}2"), "Num\n" + "x " * 7 + PATH])
def test_a_socket_that_nobody_is_seen_at(proc, unix):
    assert peers_of(QEMU, [PATH], proc(unix=unix)) == {}


def test_nothing_is_looked_for_without_a_socket(proc):
    assert peers_of(QEMU, [], proc()) == {}


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        (["/run/libvirt/qemu/passt/7-guest-a-net0.socket"], {"net0": 0}),
        (["/run/user/0/libvirt/qemu/run/passt/7-guest-a-net0.socket"], {"net0": 0}),
        (["/run/libvirt/qemu/passt/7-guest-a-ua-net0.socket"], {"ua-net0": 0}),
        (
            ["/run/libvirt/qemu/passt/7-guest-a-ua-net0.socket", "/run/libvirt/qemu/passt/7-guest-a-net0.socket"],
            {"ua-net0": 0, "net0": 1},
        ),
        (["/run/libvirt/qemu/passt/17-guest-a-net0.socket", "/run/libvirt/qemu/passt/8-net0.socket"], {}),
        (["/run/libvirt/qemu/passt/7-guest-a-net1.socket", "/run/elsewhere/7-guest-a-net0.socket"], {}),
        ([], {}),
    ],
)
def test_the_socket_of_a_nics_passt_is_found_by_domain_and_alias(proc, paths, found):
    lines = [f"000000006f49928c: 00000003 00000000 00000000 0001 03 {at} {path}\n" for at, path in enumerate(paths)]
    root = proc(unix=UNIX + "".join(lines))
    assert passt_sockets(QEMU, 7, ["net0", "ua-net0"], root) == {alias: paths[at] for alias, at in found.items()}

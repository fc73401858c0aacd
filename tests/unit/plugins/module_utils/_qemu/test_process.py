# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._qemu import _process, _threads


@pytest.mark.parametrize("name", ["vhost", "qemu"])
def test_the_process_of_a_domain_is_found_by_its_uuid(guest, name):
    one = guest(name)
    assert _process.qemu_pid(one.data["uuid"], one.root) == one.pid
    assert _process.qemu_pid("00000000-0000-0000-0000-000000000000", one.root) is None


@pytest.mark.parametrize(
    ("name", "classes"),
    [("vhost", {"main", "vcpu", "vhost", "other"}), ("qemu", {"main", "vcpu", "other"})],
)
def test_threads_have_a_class_and_their_time(guest, name, classes):
    one = guest(name)
    threads = _threads.threads(one.pid, one.root)
    assert {thread.klass for thread in threads} == classes
    assert [thread.tid for thread in threads if thread.klass == "main"] == [one.pid]
    assert {str(thread.tid): thread.cpu_ns for thread in threads} == {
        tid: int(task["schedstat"].split()[0]) for tid, task in one.data["tasks"].items()
    }


def test_a_vhost_worker_of_an_older_kernel_is_found_outside_of_qemu(guest):
    one = guest("vhost")
    one.turn_worker_into_kernel_thread(7777)
    assert _threads.vhost_kthreads(one.pid, one.root) == [7777]
    workers = [thread for thread in _threads.threads(one.pid, one.root) if thread.klass == "vhost"]
    assert workers == [_threads.Thread(7777, f"vhost-{one.pid}", "vhost", 77)]


def test_a_program_that_calls_itself_vhost_is_no_worker(guest):
    one = guest("qemu")
    Path(one.root, "88").mkdir()
    Path(one.root, "88", "comm").write_text(f"vhost-{one.pid}\n", encoding="utf-8")
    Path(one.root, "88", "cmdline").write_text("sleep\0", encoding="utf-8")
    assert _threads.vhost_kthreads(one.pid, one.root) == []


@pytest.mark.parametrize(
    ("comm", "klass"),
    [
        ("CPU 12/KVM", "vcpu"),
        ("CPU 0/TCG", "vcpu"),
        ("ALL CPUs/TCG", "vcpu"),
        ("vhost-1", "vhost"),
        ("vhost_user_x", "other"),
        ("IO iothread1", "iothread"),
        ("IO mon_iothread", "other"),
        ("worker", "worker"),
        ("vnc_worker", "other"),
        ("call_rcu", "other"),
    ],
)
def test_class_by_name(comm, klass):
    assert _threads.classify(comm) == klass


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("vhost", {"vhost_net": 1, "tun": 1, "tap": 0, "vfio": 0}),
        ("qemu", {"vhost_net": 0, "tun": 1, "tap": 0, "vfio": 0}),
    ],
)
def test_devices_are_counted(guest, name, counts):
    one = guest(name)
    assert _process.fds(one.pid, one.root) == counts


def test_macvtap_and_vfio_count_and_the_vfio_container_does_not():
    links = {1: "/dev/tap7", 2: "/dev/vfio/vfio", 3: "/dev/vfio/12", 4: "/dev/vfio/devices/vfio0", 5: "/dev/tapestry"}
    assert _process.count_devices(links) == {"vhost_net": 0, "tun": 0, "tap": 1, "vfio": 2}


def test_a_process_that_has_gone_is_said_so(tmp_path):
    for look in (_threads.threads, _process.links):
        with pytest.raises(LabError, match="no process 4: QEMU has ended"):
            look(4, str(tmp_path))


def test_a_tap_is_known_by_the_kernel_s_word(guest):
    one = guest("qemu")
    tun = [number for number, target in one.data["links"].items() if target == "/dev/net/tun"]
    assert _process.taps(one.pid, one.root) == {}, "a capture without fdinfo says nothing"
    folder = Path(one.root, str(one.pid), "fdinfo")
    folder.mkdir()
    (folder / tun[0]).write_text("pos:\t0\nflags:\t0104002\niff:\tvnet3\n", encoding="utf-8")
    assert _process.taps(one.pid, one.root) == {int(tun[0]): "vnet3"}


def test_what_only_root_may_see(monkeypatch):
    def denied(_path):
        raise PermissionError

    monkeypatch.setattr(_process.os, "listdir", denied)
    with pytest.raises(LabError, match="/proc/4/fd may be read by root only"):
        _process.links(4)


def test_a_descriptor_that_closes_while_it_is_looked_at(tmp_path, monkeypatch):
    folder = tmp_path / "4" / "fd"
    folder.mkdir(parents=True)
    (folder / "1").symlink_to("/dev/null")
    monkeypatch.setattr(_process.os, "listdir", lambda _path: ["1", "2"])
    assert _process.links(4, str(tmp_path)) == {1: "/dev/null"}


def test_a_thread_that_ends_while_it_is_looked_at(tmp_path):
    (tmp_path / "4" / "task" / "5").mkdir(parents=True)
    assert _threads.threads(4, str(tmp_path)) == []

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kept files tell what the kernel says now, and threads that come, end or change their name are seen."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._meter import Meter, Threads
from ansible_collections.virtio.lab.plugins.module_utils._qemu import _process, _threads


def spend(seconds: float) -> None:
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def test_a_kept_file_tells_what_is_true_now():
    meter = Meter("/proc/thread-self/schedstat")
    first = int(meter.read().split()[0])
    spend(0.05)
    assert int(meter.read().split()[0]) >= first + 40_000_000


def test_what_is_not_there_and_what_has_gone_read_as_nothing():
    assert Meter("/proc/no-such-file").read() == ""
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        meter = Meter(f"/proc/{sleeper.pid}/schedstat")
        assert meter.read()
        sleeper.kill()
    assert meter.read() == ""


def test_the_file_is_closed_with_its_meter():
    meter = Meter("/proc/stat")
    meter.read()
    held = [link for link in _links() if link == "/proc/stat"]
    del meter
    assert len([link for link in _links() if link == "/proc/stat"]) == len(held) - 1


def _links() -> list[str]:
    return list(_process.links(os.getpid()).values())


@pytest.mark.parametrize("name", ["vhost", "qemu"])
def test_threads_are_those_that_a_single_look_sees(guest, name):
    one = guest(name)
    once = {thread.tid: (thread.klass, thread.cpu_ns) for thread in _threads.threads(one.pid, one.root)}
    threads = Threads(one.pid, one.root)
    assert [threads.read() for _time in range(3)] == [once] * 3


def test_a_worker_outside_of_qemu_is_read_on(guest):
    one = guest("vhost")
    one.turn_worker_into_kernel_thread(7777)
    threads = Threads(one.pid, one.root)
    assert threads.read()[7777] == ("vhost", 77)
    Path(one.root, "7777", "schedstat").write_text("99 0 1", encoding="utf-8")
    assert threads.read()[7777] == ("vhost", 99)


def test_a_thread_is_classed_by_the_name_it_settles_on(guest):
    one = guest("qemu")
    task = Path(one.root, str(one.pid), "task", "4242")
    one.add_thread(task, "qemu-system-x86")
    threads = Threads(one.pid, one.root)
    assert threads.read()[4242] == ("other", 5)
    (task / "comm").write_text("CPU 1/KVM\n", encoding="utf-8")
    assert threads.read()[4242] == ("vcpu", 5)
    assert threads.read()[4242] == ("vcpu", 5)


def test_a_thread_that_ends_is_no_longer_told_of(guest):
    one = guest("vhost")
    threads = Threads(one.pid, one.root)
    tid = next(tid for tid, (klass, _ns) in threads.read().items() if klass == "vhost")
    shutil.rmtree(Path(one.root, str(one.pid), "task", str(tid)))
    assert tid not in threads.read()


def test_a_process_that_has_gone_is_an_error():
    gone = subprocess.Popen(["true"])
    gone.wait()
    with pytest.raises(LabError, match=f"no process {gone.pid}: QEMU has ended"):
        Threads(gone.pid).read()


def test_own_threads_come_and_go():
    threads, stop = Threads(os.getpid()), threading.Event()
    known = set(threads.read())
    other = threading.Thread(target=stop.wait)
    other.start()
    assert set(threads.read()) - known == {other.native_id}
    stop.set()
    other.join()
    _until_the_kernel_has_ended(other)
    assert other.native_id not in threads.read()


def _until_the_kernel_has_ended(thread):
    """Python's join returns before the kernel has taken the thread out of /proc: a busy machine lists it still."""
    task, patience = Path(f"/proc/self/task/{thread.native_id}"), time.monotonic() + 30
    while task.exists() and time.monotonic() < patience:
        time.sleep(0.01)
    assert not task.exists()


def test_a_thread_that_is_known_costs_no_opening_of_a_file(monkeypatch):
    threads = Threads(os.getpid())
    for _time in range(2):
        threads.read()
    monkeypatch.setattr(os, "open", lambda path, _flags: pytest.fail(f"{path} was opened"))
    assert os.getpid() in threads.read()


def test_the_threads_of_a_process_beside_qemu_are_told_by_dpdks_names(tmp_path):
    for tid, comm in ((5, "dpdk-testpmd"), (6, "rte-worker-1"), (7, "vhost-events")):
        place = tmp_path / "5" / "task" / str(tid)
        place.mkdir(parents=True)
        (place / "comm").write_text(f"{comm}\n", encoding="utf-8")
        (place / "schedstat").write_text(f"{tid}0 0 1\n", encoding="utf-8")
    threads = Threads(5, str(tmp_path), beside=True)
    assert [threads.read() for _time in range(2)] == [{5: ("other", 50), 6: ("poller", 60), 7: ("other", 70)}] * 2
    shutil.rmtree(tmp_path / "5")
    with pytest.raises(LabError, match="no process 5: what is at the other end of the NIC's socket has ended"):
        threads.read()

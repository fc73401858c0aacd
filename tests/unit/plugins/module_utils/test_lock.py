# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two never work at the same time, one that was killed is in nobody's way, and nobody else can hold the lock."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
import threading

import pytest

from ansible_collections.virtio.lab.plugins.module_utils import _lock
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._lock import alone, lock_folder

HOLD = """
import fcntl, os, sys
held = open(sys.argv[1], 'w')
fcntl.flock(held, fcntl.LOCK_EX)
held.write(f'{os.getpid()}')
held.flush()
print('held', flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path):
    return str(tmp_path / "run" / "locks")


@pytest.fixture
def path(folder):
    return f"{folder}/links"


def is_free(path: str) -> bool:
    number = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(number)
    return True


@pytest.fixture
def other(folder, path):
    """Another process that holds the lock."""
    with alone("links", folder=folder):
        pass
    command = [sys.executable, "-c", HOLD, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_the_lock_is_held_for_the_block_and_let_go_after_an_error(folder, path):
    def fails():
        with alone("links", folder=folder):
            assert not is_free(path)
            raise LabError("it went wrong")

    with pytest.raises(LabError, match="it went wrong"):
        fails()
    assert is_free(path)


def test_folder_and_file_are_for_this_user_alone(folder, path):
    mask = os.umask(0)
    try:
        with alone("links", folder=folder):
            assert os.stat(folder).st_mode & 0o777 == 0o700
            assert os.stat(path).st_mode & 0o777 == 0o600
    finally:
        os.umask(mask)


def test_another_process_is_waited_for_until_it_is_dead(folder, other):
    entered = threading.Event()

    def enter():
        with alone("links", folder=folder):
            entered.set()

    waiting = threading.Thread(target=enter)
    waiting.start()
    assert not entered.wait(0.2)
    other.kill()
    assert entered.wait(60)
    waiting.join()


def test_the_wait_ends_with_a_sentence_that_names_the_holder(folder, path, other):
    sentence = rf"the lock {path} is still held by python\S* \(pid {other.pid}\) after 0\.1 s; wait until .*"
    with pytest.raises(LabError) as raised, alone("links", 0.1, folder):
        pass
    assert re.fullmatch(sentence, str(raised.value))
    with alone("toggle", 0.1, folder):  # another lock is another lock
        pass


def test_a_link_in_place_of_the_file_is_not_followed(folder, path, tmp_path):
    target = tmp_path / "target"
    os.makedirs(folder, mode=0o700)
    os.symlink(target, path)
    with (
        pytest.raises(LabError, match=r"the lock .*/links cannot be opened: Too many levels"),
        alone("links", 1, folder),
    ):
        pass
    assert not target.exists()


def test_a_link_in_place_of_the_folder_is_not_followed(folder, tmp_path):
    target = tmp_path / "target"
    target.mkdir(mode=0o700)
    os.makedirs(os.path.dirname(folder))
    os.symlink(target, folder)
    with (
        pytest.raises(LabError, match=r"the lock .*/links cannot be opened: Not a directory"),
        alone("links", 1, folder),
    ):
        pass
    assert not list(target.iterdir())


@pytest.mark.parametrize("mode", [0o1777, 0o770, 0o755])
def test_a_folder_that_others_may_use_is_refused(folder, path, mode):
    os.makedirs(folder)
    os.chmod(folder, mode)
    sentence = rf"{folder} belongs to user id {os.geteuid()} with mode {mode:04o}, .*; remove it, it is made anew .*"
    with pytest.raises(LabError, match=sentence), alone("links", 1, folder):
        pass
    assert not os.path.exists(path)


def test_a_file_that_others_may_open_is_refused(folder, path):
    os.makedirs(folder, mode=0o700)
    with open(path, "w", encoding="ascii"):
        os.chmod(path, 0o644)
    with pytest.raises(LabError, match=rf"{path} belongs to .* with mode 0644"), alone("links", 1, folder):
        pass


def test_a_fifo_in_place_of_the_file_is_refused(folder, path):
    os.makedirs(folder, mode=0o700)
    os.mkfifo(path, 0o600)
    with pytest.raises(LabError, match=f"{path} belongs to "), alone("links", 1, folder):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file to another user")
def test_a_folder_of_somebody_else_is_refused(folder, path):
    os.makedirs(folder, mode=0o700)
    os.chown(folder, 65534, 65534)
    with pytest.raises(LabError, match=f"{folder} belongs to user id 65534 with mode 0700"), alone("links", 1, folder):
        pass
    assert not os.path.exists(path)


@pytest.mark.parametrize(
    ("uid", "writable", "expected"),
    [
        (0, ["/run"], "/run/virtio.lab"),
        (1000, ["/run/user/1000"], "/run/user/1000/virtio.lab"),
        (65534, ["/run/lock", "/tmp"], "{home}/.cache/virtio.lab/locks"),
        (0, ["/run/lock", "/tmp"], "{home}/.cache/virtio.lab/locks"),
    ],
)
def test_where_the_locks_are(monkeypatch, uid, writable, expected):
    monkeypatch.setattr(_lock.os, "geteuid", lambda: uid)
    monkeypatch.setattr(_lock.os, "access", lambda path, mode: path in writable)
    homes = {0: "/root", 65534: "/nonexistent", 1000: "/home/somebody"}
    monkeypatch.setattr(_lock.pwd, "getpwuid", lambda uid: type("Entry", (), {"pw_dir": homes[uid]}))
    assert lock_folder() == expected.format(home=homes[uid])

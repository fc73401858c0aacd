# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two toggles never work at the same time, and one that was killed is in nobody's way."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._datapath._lock import alone
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError

HOLD = "import fcntl, sys; held = open(sys.argv[1], 'w'); fcntl.flock(held, fcntl.LOCK_EX); print('held', flush=True)"


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "lock" / "toggle")


def is_free(path: str) -> bool:
    number = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(number)
    return True


def test_the_lock_is_held_for_the_block_and_let_go_after_an_error(path):
    def fails():
        with alone(path):
            assert not is_free(path)
            raise LabError("it went wrong")

    with pytest.raises(LabError, match="it went wrong"):
        fails()
    assert is_free(path)


def test_another_process_is_waited_for_until_it_is_dead(path):
    with alone(path):
        pass
    command = [sys.executable, "-c", f"{HOLD}; sys.stdin.read()", path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        entered = threading.Event()

        def enter():
            with alone(path):
                entered.set()

        waiting = threading.Thread(target=enter)
        waiting.start()
        assert not entered.wait(0.2)
        other.kill()
        assert entered.wait(60)
        waiting.join()


def test_a_lock_that_somebody_else_put_there_is_refused(path, tmp_path):
    target = tmp_path / "target"
    os.makedirs(os.path.dirname(path))
    os.symlink(target, path)
    with pytest.raises(LabError, match=r"the lock .*toggle cannot be opened: .*; run this module as root"), alone(path):
        pass
    assert not target.exists()

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""apt-get itself, with folders of its own, while another process has the lock of its lists."""

from __future__ import annotations

import fcntl
import os
import subprocess
import threading
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "scripts" / "apt_get.sh"


@pytest.fixture(name="lists")
def _lists(tmp_path: Path) -> Path:
    lists = tmp_path / "lists"
    (lists / "partial").mkdir(parents=True)
    (tmp_path / "sources.list").touch()
    (tmp_path / "apt.conf").write_text(
        f'Dir::State::Lists "{lists}"; Dir::Cache "{tmp_path}"; Dir::Etc::Main "-"; Dir::Etc::Parts "-";\n'
        f'Dir::Etc::SourceList "{tmp_path}/sources.list"; Dir::Etc::SourceParts "-";\n'
        f'APT::Update::Post-Invoke {{ "touch {tmp_path}/updated"; }};\n',
        encoding="ascii",
    )
    return lists


def updated(lists: Path, patience_s: int) -> subprocess.CompletedProcess[str]:
    known = {**os.environ, "APT_CONFIG": str(lists.parent / "apt.conf"), "APT_PATIENCE_S": str(patience_s)}
    return subprocess.run([SCRIPT, "update", "-qq"], env=known, capture_output=True, text=True, check=False)


def test_a_lock_that_is_given_back_is_waited_for(lists):
    with (lists / "lock").open("w") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        threading.Timer(1.5, lambda: fcntl.lockf(lock, fcntl.LOCK_UN)).start()
        done = updated(lists, 60)
    assert done.returncode == 0, done.stderr
    assert "waiting for apt: E: Could not get lock" in done.stderr
    assert (lists.parent / "updated").exists()


def test_one_that_is_not_is_named_in_the_end(lists):
    with (lists / "lock").open("w") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        done = updated(lists, 1)
    assert done.returncode == 100
    assert f"Could not get lock {lists}/lock" in done.stderr


def test_another_failure_is_not_waited_for(lists):
    (lists.parent / "sources.list").write_text("this is no source\n", encoding="ascii")
    done = updated(lists, 60)
    assert done.returncode == 100
    assert "waiting" not in done.stderr
    assert "sources.list" in done.stderr

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking another program: real ones, which behave badly."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._preflight import _ask
from ansible_collections.virtio.lab.plugins.module_utils._preflight._ask import LateError, ask

SOON, LONG = 20, 1000


def sh(script: str) -> list[str]:
    return ["/bin/sh", "-c", script]


def test_both_streams_and_the_code_come_back():
    assert ask(sh("echo $LC_ALL; echo b >&2; exit 3"), timeout=SOON, check=False) == (3, "C\n", "b\n")


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (sh("echo first; echo it broke >&2; exit 1"), "failed with exit code 1: it broke"),
        (sh("exit 2"), "failed with exit code 2: it printed nothing"),
        (["/nowhere/qemu"], "/nowhere/qemu cannot be run: No such file or directory"),
        (["/proc/version"], "/proc/version cannot be run: Permission denied"),
    ],
)
def test_what_fails_is_one_sentence(argv, says):
    with pytest.raises(LabError, match=says):
        ask(argv, timeout=SOON)


def test_a_file_that_is_no_program_is_one_sentence(tmp_path):
    file = tmp_path / "qemu"
    file.write_bytes(b"\x7fELF not really")
    file.chmod(0o755)
    with pytest.raises(LabError, match="cannot be run: Exec format error"):
        ask([str(file)], timeout=SOON)


def test_what_does_not_answer_is_killed_with_all_that_it_started(tmp_path):
    pid = tmp_path / "pid"
    with pytest.raises(LateError, match=r"did not answer within 0\.5 s"):
        ask(sh(f"sleep {LONG} & echo $! > {pid}.new; mv {pid}.new {pid}; wait"), timeout=0.5)
    left = Path("/proc", pid.read_text(encoding="ascii").strip(), "stat") if pid.exists() else None
    until = time.monotonic() + SOON
    while left and left.exists() and ") Z " not in left.read_text(encoding="ascii"):
        assert time.monotonic() < until, "it still runs"
        time.sleep(0.05)


def test_a_pipe_that_a_child_keeps_is_not_waited_for():
    # Of no interest is how long it takes: with the child it would be LONG, and SOON is when it is given up.
    assert ask(sh(f"sleep {LONG} & echo done"), timeout=SOON).stdout == "done\n"


def test_what_prints_without_end_is_kept_in_part_and_ended(monkeypatch):
    monkeypatch.setattr(_ask, "MOST", 1000)
    said = ask(sh("head -c 300000 /dev/zero | tr '\\0' x"), timeout=SOON)
    assert (len(said.stdout), said.rc) == (1000, 0)
    with pytest.raises(LateError):
        ask(["yes"], timeout=0.3)

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nothing stays attached to what is measured, and a full disk leaves no half record. With real processes and disks."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _results
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._background import Background

CONFTEST = Path(__file__).parents[3] / "conftest.py"
# A process that starts argv in the background, as a module does, and waits.
MODULE = f"""
import runpy, sys, time
from pathlib import Path
runpy.run_path({str(CONFTEST)!r})
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._background import Background
with Background(sys.argv[2:], Path(sys.argv[1]), "tool", keep=None) as tool:
    print(tool.pid, flush=True)
    time.sleep(60)
"""


def status(pid: int, key: str) -> str | None:
    """A line of /proc/PID/status; None when the process is gone or a zombie that nobody has reaped yet."""
    try:
        lines = dict(
            line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
        )
    except FileNotFoundError:
        return None
    return None if lines["State"].strip().startswith("Z") else lines[key].strip()


def comes(condition, within_s: float = 20) -> bool:
    end = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def target():
    process = subprocess.Popen([sys.executable, "-c", "import time\nwhile True: time.sleep(0.01)"])
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def module(tmp_path):
    """Return a function that starts MODULE with argv and returns (its process, the pid of argv)."""
    started = []

    def start(*argv: str) -> tuple[subprocess.Popen, int]:
        process = subprocess.Popen([sys.executable, "-c", MODULE, str(tmp_path), *argv], stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout is not None
        return process, int(process.stdout.readline())

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_module_takes_its_tool_along(module, blow):
    process, tool = module("sleep", "60")
    assert status(tool, "State") is not None
    process.send_signal(blow)
    process.wait()
    assert comes(lambda: status(tool, "State") is None)


def test_a_module_that_is_killed_before_its_tool_knows_it_leaves_none(tmp_path):
    tools = []
    for _time in range(40):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writing, b"%d" % Background(["sleep", "60"], tmp_path, "tool").pid)
            os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(child, 0)
        tools.append(int(os.read(reading, 16)))
        os.close(reading)
        os.close(writing)
    assert comes(lambda: all(status(tool, "State") is None for tool in tools))


def test_strace_of_a_killed_module_lets_go_and_its_target_runs_on(module, target, tmp_path):
    process, tool = module("strace", "-c", "-f", "-p", str(target.pid), "-o", str(tmp_path / "table"))
    assert comes(lambda: status(target.pid, "TracerPid") == str(tool))
    process.kill()
    process.wait()
    assert comes(lambda: status(target.pid, "TracerPid") == "0")
    before = Path(f"/proc/{target.pid}/schedstat").read_text(encoding="ascii")
    assert comes(lambda: Path(f"/proc/{target.pid}/schedstat").read_text(encoding="ascii") != before)


def test_a_tool_that_cannot_write_is_an_error(tmp_path):
    with pytest.raises(LabError, match=r"sleep could not be started in .*: No such file or directory"):
        Background(["sleep", "1"], tmp_path / "absent", "tool")


def in_child(action) -> str:
    """Run action in a forked child, where its limits and mounts stay; return what it raised, as text."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            action()
            os.write(writing, b"nothing")
        except BaseException as error:
            os.write(writing, f"{type(error).__name__}: {error}".encode())
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(pid, 0)
    with os.fdopen(reading, encoding="utf-8") as stream:
        return stream.read()


def test_a_record_that_does_not_fit_leaves_nothing_of_itself(tmp_path):
    def write_too_much() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        _results.write(tmp_path, {"run_id": "a", "samples": ["x" * 100] * 1000})

    assert in_child(write_too_much) == f"LabError: {tmp_path}/run.json: File too large; it is not recorded"
    assert list(tmp_path.iterdir()) == []


def test_a_record_that_does_not_fit_leaves_the_one_before_it(tmp_path):
    _results.write(tmp_path, {"run_id": "a"})

    def write_too_much() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        _results.write(tmp_path, {"run_id": "b", "samples": ["x" * 100] * 1000})

    assert "File too large" in in_child(write_too_much)
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]
    assert json.loads((tmp_path / "run.json").read_text(encoding="utf-8")) == {"run_id": "a"}


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 KiB, which only root may mount; a skipped test would count as passed."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=755", "virtio-lab-test", str(place)], check=True)
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_leaves_no_half_record(small_disk):
    with pytest.raises(LabError, match=r"run\.json: No space left on device; it is not recorded"):
        _results.write(small_disk, {"run_id": "a", "samples": ["x" * 100] * 1000})
    assert list(small_disk.iterdir()) == []


def test_a_disk_that_is_about_full_is_refused_before_anything_is_measured(small_disk):
    with pytest.raises(LabError, match="0 MiB of its disk are free, a run may need 8"):
        _results.prepare(small_disk / "campaign" / "run")


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(LabError, match=r"results folder .*/file/run: Not a directory"):
        _results.prepare(tmp_path / "file" / "run")
    (tmp_path / "run" / "folder").mkdir(parents=True)
    with pytest.raises(LabError, match=r"results folder .*/run: Is a directory"):
        _results.prepare(tmp_path / "run")

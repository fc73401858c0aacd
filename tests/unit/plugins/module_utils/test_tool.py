# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tool that takes long: why it failed, and that nothing of it is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils import _tool
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError

PRINTED = Path(__file__).parents[3] / "unit" / "fixtures" / "tools" / "mmdebstrap"
ROOT = Path(__file__).resolve().parents[4]


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("release", "E: The repository 'http://deb.debian.org/debian nosuch Release' does not have a Release file."),
        (
            "mirror",
            "E: Failed to fetch http://127.0.0.1:9/debian/dists/trixie/InRelease  Could not connect to 127.0.0.1:9",
        ),
        (
            "host",
            "E: Failed to fetch http://nosuch.invalid/debian/dists/trixie/InRelease  Could not resolve ",
        ),
        (
            "key",
            "W: GPG error: http://deb.debian.org/debian trixie InRelease: The following signatures couldn't be",
        ),
        ("space", "Write error - write (28: No space left on device)"),
        ("package", "E: Unable to locate package nosuchpackage"),
    ],
)
def test_of_all_that_mmdebstrap_prints_the_cause_is_told(case, said):
    assert _tool.why((PRINTED / f"{case}.txt").read_text(encoding="utf-8")).startswith(said)


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("", ""),
        ("\n \n", ""),
        ("first\nlast\n\n", "last"),
        ("virt-sysprep: error: no operating systems were found\n\nIf reporting bugs, run virt-sysprep -v\n",
         "virt-sysprep: error: no operating systems were found"),
        ("Allocating group tables: done\nmke2fs: No space left on device while writing out and closing file system\n",
         "mke2fs: No space left on device while writing out and closing file system"),
        (("dpkg: error processing archive a.deb (--unpack):\n cannot copy extracted data: No space left on device\n"
         "E: Sub-process dpkg returned an error code (1)\nE: mmdebstrap failed to run\n"),
         "cannot copy extracted data: No space left on device"),
        ("E: Unable to locate package x\nvirtio-lab: its repositories have no x\nvirt-sysprep: error: sh: exited\n",
         "virtio-lab: its repositories have no x"),
        ("E: mmdebstrap failed to run\n", ""),
        ("E: " + "x" * 9000, "E: " + "x" * 497),
    ],
)  # fmt: skip
def test_of_other_tools_the_line_with_the_error_is_told(printed, said):
    assert _tool.why(printed) == said


def test_a_long_and_hostile_text_takes_no_time():
    began = time.process_time()
    _tool.why("E: a " + "failed:" * 20000 + "\n" + "E: a - \n" * 20000 + "error" * 100000)
    assert time.process_time() - began < 5


# Run apart: what ends here ends all children of its process.
CUT = """
import os, sys
from ansible_collections.virtio.lab.plugins.module_utils import _tool
if sys.argv[1] == "bare":
    _tool._namespaces = lambda: ()
lifeline = _tool.Lifeline(int(sys.argv[2]))
mark = sys.argv[3]
# A daemon of a daemon, in a session of its own, that wants to hear of nothing.
daemon = 'trap "" TERM; (setsid sh -c "trap \\"\\" TERM HUP; sleep 7777.$0 & wait" &) ; echo > "$1"; sleep 7777.$0'
try:
    with _tool.signals_cut():
        _tool.run(["sh", "-c", daemon, mark, sys.argv[4]], lifeline)
except _tool.CutError:
    print("cut")
"""


@pytest.fixture
def environment(tmp_path):
    """For a Python of its own that knows the collection."""
    (tmp_path / "path" / "ansible_collections" / "virtio").mkdir(parents=True)
    (tmp_path / "path" / "ansible_collections" / "virtio" / "lab").symlink_to(ROOT)
    return {**os.environ, "PYTHONPATH": str(tmp_path / "path")}


def running(mark: str) -> list[str]:
    found = []
    for cmdline in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = cmdline.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[:2] == [b"sleep", f"7777.{mark}".encode()]:
            found.append(str(cmdline))
    return found


# Without namespaces a tool's daemons outlive a SIGKILL of the module itself, but nothing that is told to end.
ENDS = ["reader", signal.SIGTERM, signal.SIGINT, signal.SIGHUP]
KINDS = [("bare", how) for how in ENDS]
if os.geteuid() == 0:
    KINDS += [("namespaces", how) for how in (*ENDS, signal.SIGKILL)]


@pytest.mark.parametrize(("kind", "how"), KINDS)
def test_nothing_outlives_the_one_who_asked(kind, how, environment, tmp_path, request):
    mark = f"{os.getpid()}{abs(hash(request.node.name)) % 10**6}"
    reader, writer = os.pipe()
    begun = tmp_path / "begun"
    with subprocess.Popen(
        [sys.executable, "-c", CUT, kind, str(writer), mark, str(begun)],
        pass_fds=[writer],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as asked:
        os.close(writer)
        while not begun.exists() or len(running(mark)) < 2:
            assert asked.poll() is None
            time.sleep(0.05)
        os.close(reader) if how == "reader" else asked.send_signal(how)
        assert asked.communicate(timeout=60)[0] == ("" if how == signal.SIGKILL else "cut\n")
    until = time.monotonic() + 20
    while running(mark) and time.monotonic() < until:
        time.sleep(0.05)
    assert running(mark) == []


TIED = """
import os, subprocess, sys
from ansible_collections.virtio.lab.plugins.module_utils import _tool
lifeline = _tool.Lifeline(int(sys.argv[1]))
try:
    with _tool.tied(lifeline):
        open(sys.argv[3], "w").close()
        subprocess.run(["sleep", f"7777.{sys.argv[2]}"])
except _tool.CutError:
    print("cut")
"""


@pytest.mark.parametrize("how", ["reader", signal.SIGTERM])
def test_a_module_is_cut_off_in_what_it_does_and_so_is_what_it_waits_for(how, environment, tmp_path):
    mark = f"{os.getpid()}1"
    reader, writer = os.pipe()
    begun = tmp_path / "begun"
    with subprocess.Popen(
        [sys.executable, "-c", TIED, str(writer), mark, str(begun)],
        pass_fds=[writer],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as asked:
        os.close(writer)
        while not running(mark):
            assert asked.poll() is None
            time.sleep(0.05)
        os.close(reader) if how == "reader" else asked.send_signal(how)
        assert asked.communicate(timeout=60)[0] == "cut\n"
    assert running(mark) == []


FAILING = """
from ansible_collections.virtio.lab.plugins.module_utils import _tool
try:
    _tool.run(["sh", "-c", "echo cannot do it >&2; echo done; exit 3"], _tool.Lifeline())
except _tool.LabError as error:
    print(error)
"""


def test_what_fails_is_told_with_its_code(environment):
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            FAILING,
        ],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert done.stdout == "`sh` failed with exit code 3: cannot do it\n"


def test_a_folder_is_removed_whole_and_no_other(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    (tmp_path / "a" / "link").symlink_to(tmp_path / "other")
    assert _tool.remove(str(tmp_path / "a"))
    assert [path.name for path in tmp_path.iterdir()] == ["other"]
    assert not _tool.remove(str(tmp_path / "a"))


def test_a_folder_that_cannot_be_removed_is_named():
    with pytest.raises(LabError, match=r"^/proc/self/fd could not be removed: rm: "):
        _tool.remove("/proc/self/fd")


def test_the_second_waits_for_its_turn_as_long_as_somebody_waits_for_it(tmp_path):
    folder = str(tmp_path / "sub" / "work")
    reader, writer = os.pipe()
    with _tool.turn(folder, _tool.Lifeline(writer)):
        os.close(reader)
        with pytest.raises(_tool.CutError), _tool.turn(folder, _tool.Lifeline(writer)):
            pass
    with _tool.turn(folder, _tool.Lifeline(writer)):
        os.close(writer)

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records are written whole and once; background commands are awaited, interrupted or killed. All for real."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure import _run
from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _manifest, _results
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._background import Background
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._sampler import Reader, Sampler, schedule
from ansible_collections.virtio.lab.plugins.module_utils._qemu import _threads
from ansible_collections.virtio.lab.plugins.module_utils._runner import run

pytestmark = pytest.mark.slow


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_record_is_there_whole_or_not_at_all(tmp_path):
    assert _results.finished(tmp_path) is None
    path = _results.write(tmp_path, {"run_id": "a"})
    assert _results.finished(tmp_path) == {"run_id": "a"}
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_a_record_that_cannot_be_written_leaves_none(tmp_path):
    with pytest.raises(LabError, match=r"run\.json: .*; it is not recorded"):
        _results.write(tmp_path / "absent", {})


def test_a_broken_record_is_an_error(tmp_path):
    (tmp_path / _results.RECORD).write_text("{", encoding="utf-8")
    with pytest.raises(LabError, match=r"run\.json is no JSON"):
        _results.finished(tmp_path)


@pytest.mark.parametrize("text", ["{}", "[]", "null"])
def test_a_record_of_something_else_is_an_error_and_is_never_taken_for_none(tmp_path, text):
    (tmp_path / _results.RECORD).write_text(text, encoding="utf-8")
    with pytest.raises(LabError, match=r"run\.json holds no run document"):
        _results.finished(tmp_path)


def test_an_interrupted_run_leaves_nothing_behind(tmp_path):
    folder = tmp_path / "campaign" / "run"
    _results.prepare(folder)
    (folder / "iperf3.stdout").write_text("old", encoding="utf-8")
    _results.prepare(folder)
    assert list(folder.iterdir()) == []


def test_raw_output_is_listed_with_its_checksum(tmp_path):
    (tmp_path / "iperf3.stdout").write_bytes(b"x")
    (tmp_path / "iperf3.stderr").write_bytes(b"")
    assert _results.raw(tmp_path) == [{"path": "iperf3.stdout", "sha256": hashlib.sha256(b"x").hexdigest()}]


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", ".hidden", "a\n"])
def test_names_that_are_no_folder_are_refused(name):
    with pytest.raises(LabError, match="campaign_id"):
        _results.folder_of("/results", name, "run")


def test_a_missing_program_is_named(tmp_path):
    with pytest.raises(LabError, match="no-such-tool: no such program"):
        Background(["no-such-tool"], tmp_path, "tool")


def test_a_command_that_hangs_is_an_error_and_is_killed(tmp_path):
    with pytest.raises(LabError, match="did not finish in time"), Background(["sleep", "60"], tmp_path, "s") as command:
        command.finish(0.2)
    assert command._process.returncode == -signal.SIGKILL


def test_interrupt_reaches_a_command_even_where_it_was_ignored(tmp_path):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Background(["sleep", "60"], tmp_path, "s") as command:
            command.interrupt()
            assert command.finish(5) == -signal.SIGINT
    finally:
        signal.signal(signal.SIGINT, before)


def test_output_goes_to_files(tmp_path):
    with Background(["sh", "-c", "echo o; echo e >&2"], tmp_path, "p") as command:
        assert command.finish(20) == 0
    assert (command.stdout(), command.stderr()) == ("o\n", "e\n")


def test_the_sampler_sees_the_cpu_time_of_a_busy_process():
    busy = subprocess.Popen(python("while True: pass"))
    try:
        time.sleep(0.3)
        sampler = Sampler(Reader(busy.pid, None), schedule(time.monotonic(), 1))
        sampler.start()
        sampler.join()
    finally:
        busy.kill()
        busy.wait()
    first, last = sampler.ticks
    assert last.at_s > first.at_s
    klass, spent = last.threads[busy.pid]
    assert klass == "main"
    assert spent > first.threads[busy.pid][1]


def test_the_sampler_reports_a_process_that_has_gone():
    gone = subprocess.Popen(["true"])
    gone.wait()
    sampler = Sampler(Reader(gone.pid, None), schedule(time.monotonic(), 1))
    sampler.run()
    assert sampler.failure is not None


def test_two_starts_of_a_process_have_two_boot_ids():
    own = _run.boot_id(os.getpid())
    assert own == _run.boot_id(os.getpid())
    assert own.startswith(f"{os.getpid()}-")
    assert int(own.split("-")[1]) > 0


def test_the_emulated_cpu_is_told():
    assert _manifest.software_emulation("kvm", "QEMU TCG CPU version 2.5+")["is"] is True
    assert _manifest.software_emulation("qemu", "AMD EPYC 9354P")["is"] is True
    assert _manifest.software_emulation("kvm", "AMD EPYC 9354P")["is"] is False
    assert (
        _manifest.cpu_model("processor\t: 0\nmodel name\t: QEMU TCG CPU version 2.5+\n") == "QEMU TCG CPU version 2.5+"
    )


def test_versions_as_the_tools_print_them():
    def printed(text):
        return lambda *_argv, **_options: run(["printf", "%s", text])

    assert _manifest.tool_version("iperf3", printed("iperf 3.18 (cJSON 1.7.15)\n")) == "3.18"
    assert _manifest.tool_version("netperf", printed("Netperf version 2.7.1\n")) == "2.7.1"
    assert _manifest.tool_version("perf", printed("perf version 6.12.107\n")) == "6.12.107"
    assert _manifest.tool_version("strace", printed("strace -- version 6.13\n")) == "6.13"


def test_collection_version_is_that_of_galaxy_yml():
    galaxy = (Path(__file__).parents[6] / "galaxy.yml").read_text(encoding="utf-8")
    assert f"version: {_manifest.COLLECTION_VERSION}\n" in galaxy


def test_no_vhost_kernel_thread_is_invented():
    assert _threads.vhost_kthreads(os.getpid()) == []

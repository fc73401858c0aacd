# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which process is the testpmd of a NIC, and which only looks like it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._datapaths import _attachments
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._switch import _host_side, _testpmd

NAME = "vlu525400009001"


def test_its_command_line_is_known_again():
    assert _testpmd.is_its(_testpmd.command(NAME, 1), NAME)
    assert _testpmd.is_its(["/opt/dpdk/bin/dpdk-testpmd", *_testpmd.command(NAME, 0)[1:]], NAME)


@pytest.mark.parametrize(
    "words",
    [
        [],
        [""],
        _testpmd.command("vlu525400009002", 1),
        ["python3", *_testpmd.command(NAME, 1)[1:]],
        ["dpdk-testpmd", f"--file-prefix={NAME}", "--vdev=net_vhost0,iface=/run/mine,queues=1"],
        [word for word in _testpmd.command(NAME, 1) if "file-prefix" not in word],
        [" ".join(_testpmd.command(NAME, 1))],
    ],
)
def test_others_are_not(words):
    assert not _testpmd.is_its(words, NAME)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (f"/run/virtio.lab.testpmd/{NAME}/socket", NAME),
        (f"/run/virtio.lab.testpmd/{NAME}/socket2", None),
        (f"/run/elsewhere/{NAME}/socket", None),
        ("/run/virtio.lab.testpmd/../socket", None),
        (f"/run/virtio.lab.testpmd/{NAME}\n/socket", None),
        ("", None),
    ],
)
def test_a_socket_tells_whose_it_is(path, name):
    assert _attachments.testpmd_at(path) == name


@pytest.fixture(name="process")
def _process() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A process that looks like the testpmd of a NIC, and only sleeps; its name is that of no other test."""
    name = f"vlu{os.getpid():012x}"
    words = _testpmd.command(name, 0)
    sleeping = [*words[:1], "-c", "import time; time.sleep(600)", *words[1:]]
    with subprocess.Popen(sleeping, executable=sys.executable) as process:
        while not Path(f"/proc/{process.pid}/cmdline").read_bytes():  # it is empty for a moment after exec
            time.sleep(0.01)
        yield name, process
        process.kill()


def test_one_that_was_stopped_is_seen_and_can_be_ended(process, tmp_path, monkeypatch):
    name, running = process
    monkeypatch.setattr(_testpmd, "TESTPMD_FOLDER", str(tmp_path))
    assert (_testpmd.found(name), _testpmd.halted([name])) == ([running.pid], {})
    running.send_signal(signal.SIGSTOP)
    os.waitpid(running.pid, os.WUNTRACED)
    assert _testpmd.halted([name, NAME]) == {name: running.pid}
    _testpmd.end(name)
    assert running.wait() == -signal.SIGTERM


def test_a_call_that_waits_for_it_is_ended_with_it(process):
    name, running = process
    element = parse(f"<interface type='vhostuser'><source path='{_attachments.testpmd_socket(name)}'/></interface>")
    with _host_side.served([element], 3600):
        assert running.poll() is None
    said = f"no NIC; dpdk-testpmd, process {running.pid}, did not serve {name} within 0 s"

    def call() -> None:
        with _host_side.served([element], 0):
            assert running.wait() == -signal.SIGKILL
            raise LabError("no NIC")

    with pytest.raises(LabError, match=said):
        call()


def test_all_that_it_has_lies_in_one_folder():
    assert _attachments.testpmd_socket(NAME) == f"{_attachments.TESTPMD_FOLDER}/{NAME}/socket"
    assert len(_attachments.testpmd_socket(NAME)) < 108  # the longest address of a Unix socket

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which process serves a NIC over vhost-user, and which only looks like it; how it is ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._server import (
    OVS_DPDK,
    SERVERS,
    TESTPMD,
    served_at,
    server_of,
)
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._switch import _host_side, _serving, _testpmd

NAME, SWITCH = "vlu525400009001", "vld525400009001"
FOLDER = f"/run/virtio.lab.ovs-dpdk/{SWITCH}"
VSWITCHD = ["/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk", f"unix:{FOLDER}/db.sock"]
DATABASE = ["ovsdb-server", f"{FOLDER}/conf.db", f"--remote=punix:{FOLDER}/db.sock"]


def is_its(words, name):
    server = server_of(name)
    return any(_serving.is_its(words, name, process, server) for process in server.processes)


def test_its_command_line_is_known_again():
    assert is_its(_testpmd.command(NAME, 1), NAME)
    assert is_its(["/opt/dpdk/bin/dpdk-testpmd", *_testpmd.command(NAME, 0)[1:]], NAME)
    assert is_its(VSWITCHD, SWITCH)
    assert is_its(["unshare", "--net", *VSWITCHD], SWITCH)
    assert is_its(DATABASE, SWITCH)


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
        ["ovs-vswitchd", "unix:/run/openvswitch/db.sock"],
        ["ovs-vswitchd", f"unix:{FOLDER}1/db.sock"],
        ["ovsdb-server", "/etc/openvswitch/conf.db", "--remote=punix:/run/openvswitch/db.sock"],
        ["ovs-vsctl", f"--db=unix:{FOLDER}/db.sock"],
        ["vi", f"unix:{FOLDER}/db.sock"],
    ],
)
@pytest.mark.parametrize("name", [NAME, SWITCH])
def test_others_are_not(words, name):
    assert not is_its(words, name)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (f"/run/virtio.lab.testpmd/{NAME}/socket", NAME),
        (f"/run/virtio.lab.testpmd/{NAME}/socket2", None),
        (f"/run/elsewhere/{NAME}/socket", None),
        ("/run/virtio.lab.testpmd/../socket", None),
        (f"/run/virtio.lab.testpmd/{NAME}\n/socket", None),
        (f"{FOLDER}/vhost", SWITCH),
        (f"{FOLDER}/socket", None),
        (f"/run/virtio.lab.ovs-dpdk/{NAME}/vhost", None),
        ("", None),
    ],
)
def test_a_socket_tells_whose_it_is(path, name):
    assert served_at(path) == name


@pytest.mark.parametrize(
    "name", ["vlu52540000900", "vlu5254000090012", "vlt525400009001", "vlu52540000900g", "", "vlu"]
)
def test_the_name_of_anything_else_is_nobodys(name):
    assert server_of(name) is None


@pytest.fixture(name="process", params=SERVERS, ids=lambda server: server.kind)
def _process(request) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A process that looks like the one of a NIC, and only sleeps; its name is that of no other test."""
    server = request.param
    name = f"{server.prefix}{os.getpid():012x}"
    words = [each.format(name=name, folder=server.folder(name)) for each in server.processes[0].words]
    sleeping = [server.programs[0], "-c", "import time; time.sleep(600)", *words]
    with subprocess.Popen(sleeping, executable=sys.executable) as process:
        while not Path(f"/proc/{process.pid}/cmdline").read_bytes():  # it is empty for a moment after exec
            time.sleep(0.01)
        yield name, process
        process.kill()


def test_one_that_was_stopped_is_seen_and_can_be_ended(process):
    name, running = process
    assert (_serving.found(name), _serving.halted([name])) == ([running.pid], {})
    assert _serving.remains([name, NAME, "vlt525400009001"]) == [name]
    running.send_signal(signal.SIGSTOP)
    os.waitpid(running.pid, os.WUNTRACED)
    assert _serving.halted([name, NAME]) == {name: running.pid}
    _serving.end(name)
    assert running.wait() == -signal.SIGTERM


def test_a_call_that_waits_for_it_is_ended_with_it(process):
    name, running = process
    server = server_of(name)
    element = parse(f"<interface type='vhostuser'><source path='{server.socket(name)}'/></interface>")
    with _host_side.served([element], 3600):
        assert running.poll() is None
    said = f"no NIC; {server.programs[0]}, process {running.pid}, did not serve {name} within 0 s"

    def call() -> None:
        with _host_side.served([element], 0):
            assert running.wait() == -signal.SIGKILL
            raise LabError("no NIC")

    with pytest.raises(LabError, match=said):
        call()


@pytest.mark.parametrize("server", [TESTPMD, OVS_DPDK])
def test_all_that_it_has_lies_in_one_folder(server):
    name = server.name("52:54:00:00:90:01")
    assert server.socket(name).startswith(f"{server.root}/{name}/")
    assert len(server.socket(name)) < 108  # the longest address of a Unix socket
    assert len(name) == 15  # the longest name of a link


@pytest.mark.parametrize("begins", [True, False])
def test_what_does_not_come_up_says_why_and_leaves_nothing(begins, tmp_path, monkeypatch):
    name = f"{TESTPMD.prefix}{os.getpid():012x}"
    monkeypatch.setattr(_serving, "server_of", lambda _name: TESTPMD._replace(root=str(tmp_path / "root")))
    words = [sys.executable, "-c", "print('no memory'); raise SystemExit(1)"] if begins else ["/no/such/program"]

    def call() -> None:
        with _serving.started(name) as folder:
            process = _serving.begin(words, folder / "log")
            _serving.until_up(process, "switch", lambda: False, folder / "log")

    with pytest.raises(LabError, match="switch did not come up .*no memory" if begins else "No such file"):
        call()
    assert list(tmp_path.iterdir()) == []


def test_a_link_that_is_there_already_is_left_alone(monkeypatch, tmp_path):
    monkeypatch.setattr(_serving, "server_of", lambda _name: TESTPMD._replace(root=str(tmp_path / "root")))
    with pytest.raises(LabError, match="there is a link lo, which would be"), _serving.started("lo"):
        pass
    assert list(tmp_path.iterdir()) == []

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an ovs-vswitchd says of the ports that it polls, and what is made of its silence."""

from __future__ import annotations

import json
import os
import socket
import threading

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._qemu import _ovs_control
from ansible_collections.virtio.lab.plugins.module_utils._qemu._ovs_control import idle, idle_port, parse_polled

# As Open vSwitch 3.1 prints it.
SHOWN = """Displaying last 60 seconds pmd usage %
pmd thread numa_id 0 core_id 1:
  isolated : false
  port: vhost             queue-id:  0 (enabled)   pmd usage:  3 %
  port: vhost1            queue-id:  0 (disabled)  pmd usage: NOT AVAIL
  port: dpdk0             queue-id: 10 (enabled)   pmd usage: NOT AVAIL
  overhead: NOT AVAIL
"""


def answer(text):
    return json.dumps({"id": 0, "result": text, "error": None}).encode()


def test_a_port_is_polled_where_a_queue_of_it_is_enabled():
    assert parse_polled(answer(SHOWN).decode()) == {"vhost", "dpdk0"}
    assert parse_polled(answer("").decode()) == set()
    assert parse_polled(answer("  port: " + "a" * 100000).decode()) == set()


@pytest.fixture(name="switch")
def _switch(tmp_path):
    """Who answers at a control socket: each of the given pieces after the other, and then no more."""
    with socket.socket(socket.AF_UNIX) as listening:
        path = str(tmp_path / "ovs-vswitchd.1.ctl")
        listening.bind(path)
        listening.listen()

        def serve(pieces):
            door, _address = listening.accept()
            with door:
                assert json.loads(door.recv(4096))["method"] == "dpif-netdev/pmd-rxq-show"
                for piece in pieces:
                    door.sendall(piece)

        def answers(*pieces):
            threading.Thread(target=serve, args=(pieces,), daemon=True).start()
            return path

        yield answers


def test_it_is_asked_at_its_control_socket(switch):
    whole = answer(SHOWN)
    assert idle_port(switch(whole[:20], whole[20:]), "vhost") is None
    assert idle_port(switch(whole), "vhost1") == "no thread of it polls the port vhost1, as its log tells"


@pytest.mark.parametrize("said", [b"", b"{", b"no JSON", b"[]", answer(None), answer(7)])
def test_an_answer_that_is_none_is_no_yes(switch, said):
    assert idle_port(switch(said), "vhost")


def test_silence_is_no_yes(tmp_path):
    why = idle_port(str(tmp_path / "none"), "vhost")
    assert why == f"it does not tell at {tmp_path}/none what it polls: No such file or directory"


def test_its_control_socket_is_the_one_that_it_holds_itself(switch):
    path = switch(answer(SHOWN))
    assert _ovs_control._control_of(os.getpid(), "/proc") == path
    assert idle(os.getpid(), "/run/any/vhost") is None


def test_one_without_a_control_socket_is_believed_nothing():
    assert idle(os.getpid(), "/run/any/vhost") == "it has no control socket to be asked at"

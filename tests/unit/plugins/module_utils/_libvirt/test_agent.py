# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guest agent's answers: what is returned, what is an error."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace

import libvirt
import libvirt_qemu
import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt import _agent
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._agent import Agent
from ansible_collections.virtio.lab.plugins.module_utils._measure._window import _counters
from ansible_collections.virtio.lab.plugins.module_utils._runner import Result


@pytest.fixture
def agent(monkeypatch):
    """Return a function that makes an agent which gives these answers in turn, and notes what it was asked."""

    def make(*answers):
        left, asked = list(answers), []

        def command(_domain, text, _timeout, _flags):
            asked.append(json.loads(text))
            answer = left.pop(0) if len(left) > 1 else left[0]
            if answer is None:
                raise libvirt.libvirtError("guest agent is not connected")
            return json.dumps({"return": answer})

        monkeypatch.setattr(libvirt_qemu, "qemuAgentCommand", command)
        monkeypatch.setattr(_agent.time, "sleep", lambda _seconds: None)
        made = Agent(SimpleNamespace(name=lambda: "a"))
        return made, asked

    return make


def test_a_call_has_arguments_only_when_given(agent):
    made, asked = agent({"x": 1})
    assert made.call("guest-info") == {"x": 1}
    made.call("guest-exec", path="/bin/true")
    assert asked == [{"execute": "guest-info"}, {"execute": "guest-exec", "arguments": {"path": "/bin/true"}}]


def test_silence_is_an_error(agent):
    made, _asked = agent(None)
    with pytest.raises(LabError, match="the guest agent of a did not do guest-info: "):
        made.call("guest-info")
    assert not made.ping()
    with pytest.raises(LabError, match="did not answer within 0 s"):
        made.wait(0)


def test_an_agent_that_comes_late_is_waited_for(agent):
    made, asked = agent(None, {}, {})
    made.wait(60)
    assert len(asked) == 2


def test_interfaces_have_their_addresses(agent):
    links = [
        {"name": "lo"},
        {
            "name": "eth0",
            "hardware-address": "52:54:00:00:00:0A",
            "ip-addresses": [{"ip-address": "10.0.0.9", "prefix": 24, "ip-address-type": "ipv4"}],
        },
    ]
    made, _asked = agent(links)
    address = {"address": "10.0.0.9", "prefix": 24, "family": "ipv4"}
    assert made.interfaces() == [
        {"name": "lo", "mac": "", "addresses": []},
        {"name": "eth0", "mac": "52:54:00:00:00:0a", "addresses": [address]},
    ]


@pytest.mark.parametrize(
    ("status", "result"),
    [
        ({"exitcode": 3, "out-data": base64.b64encode(b"out").decode()}, Result(3, "out", "")),
        ({"signal": 9, "err-data": base64.b64encode(b"err").decode()}, Result(-9, "", "err")),
    ],
)
def test_a_program_in_the_guest_ends(agent, status, result):
    made, asked = agent({"pid": 7}, {"exited": False}, {"exited": True, **status})
    assert made.exec(["/bin/x", "-y"]) == result
    assert asked[0]["arguments"] == {"path": "/bin/x", "arg": ["-y"], "capture-output": True}
    assert asked[1]["arguments"] == {"pid": 7}


def test_a_program_that_ends_at_once_is_looked_at_soon_and_a_long_one_seldom(agent, monkeypatch):
    made, _asked = agent({"pid": 7}, *[{"exited": False}] * 7, {"exited": True, "exitcode": 0})
    slept = []
    monkeypatch.setattr(_agent.time, "sleep", slept.append)
    made.exec(["/bin/x"])
    assert slept == [0.01, 0.02, 0.04, 0.08, 0.16, 0.2, 0.2]


def test_a_program_in_the_guest_that_does_not_end(agent):
    made, _asked = agent({"pid": 7}, {"exited": False}, {"exited": False})
    with pytest.raises(LabError, match="sleep in guest a did not end within 0 s"):
        made.exec(["sleep"], timeout_s=0)


@pytest.mark.parametrize("name", ["--help", "-S", "a b", "a/../b", "..", "x" * 16, "", "a\nb", "$(id)"])
def test_a_link_whose_name_could_be_an_option_is_not_put_into_a_command(agent, name):
    """Tools in the guest are told which link is meant; what could be an option, or a path, is refused."""
    mac = "52:54:00:00:00:0a"
    made, asked = agent([{"name": name, "hardware-address": mac}])
    with pytest.raises(LabError, match="the guest calls a link "):
        _counters.ethtool(made, "-S", mac)
    assert [message["execute"] for message in asked] == ["guest-network-get-interfaces"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("x", "a list of"),
        ({}, "a list of"),
        ([7], "an object would be right"),
        ([{}], "name is None"),
        ([{"name": "a", "ip-addresses": [{}]}], "ip-address is None"),
        ([{"name": "a", "ip-addresses": [{"ip-address": "10.0.0.9"}]}], "prefix is None"),
        ([{"name": "a", "ip-addresses": [{"ip-address": "10.0.0.9", "prefix": 33}]}], "prefix is 33"),
        ([{"name": "a", "ip-addresses": [{"ip-address": "10.0.0.9", "prefix": "24"}]}], "prefix is '24'"),
        ([{"name": "a", "hardware-address": 7}], "hardware-address is 7"),
        ([{"name": "a"}] * 5000, "a list of 4096 at most"),
    ],
)
def test_an_agent_that_answers_anything_else_is_an_error(agent, answer, said):
    made, _asked = agent(answer)
    with pytest.raises(LabError, match=said):
        made.interfaces()


@pytest.mark.parametrize("pid", [None, 0, -1, "7", True, 7.0])
def test_a_process_of_the_guest_has_a_number(agent, pid):
    """kill in the guest is given it: -1 would be every process."""
    made, _asked = agent({"pid": pid})
    with pytest.raises(LabError, match="the process in what the guest agent of a says to guest-exec is "):
        made.exec(["/bin/x"])


def test_what_a_program_prints_is_bounded(agent):
    printed = base64.b64encode(b"x" * (_agent.LARGEST_OUTPUT + 1)).decode()
    made, _asked = agent({"pid": 7}, {"exited": True, "exitcode": 0, "out-data": printed})
    with pytest.raises(LabError, match=r"out-data in what the guest agent of a says .* at most would be right"):
        made.exec(["/bin/x"])
    made, _asked = agent({"pid": 7}, {"exited": True, "exitcode": 0, "out-data": "x"})
    with pytest.raises(LabError, match="is no base64"):
        made.exec(["/bin/x"])


@pytest.mark.parametrize("text", ["", "[]", "{}", "NaN", '{"return": NaN}', "[" * 9999])
def test_an_answer_that_is_none_is_an_error(agent, monkeypatch, text):
    made, _asked = agent({})
    monkeypatch.setattr(libvirt_qemu, "qemuAgentCommand", lambda *_arguments: text)
    with pytest.raises(LabError, match="what the guest agent of a says to guest-info"):
        made.call("guest-info")

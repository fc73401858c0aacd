# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a guest says of itself: libvirt's test driver for the domain, an agent's answers as QEMU documents them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import libvirt
import libvirt_qemu
import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _host_keys
from ansible_collections.virtio.lab.plugins.module_utils._guest import _info

MAC = "aa:bb:cc:dd:ee:ff"  # of the test driver's own domain


def key(kind: str) -> str:
    """A public key of that kind, as far as its first field goes."""
    blob = len(kind).to_bytes(4, "big") + kind.encode() + bytes(40)
    return f"{kind} {base64.b64encode(blob).decode()}"


KEYS = [key("ssh-ed25519"), key("ecdsa-sha2-nistp256"), key("ssh-rsa")]


def link(mac: str, *addresses: str) -> dict[str, Any]:
    """Return an interface as guest-network-get-interfaces has it."""
    ips = [
        {"ip-address": address, "prefix": 24, "ip-address-type": "ipv6" if ":" in address else "ipv4"}
        for address in addresses
    ]
    return {"name": "eth0", "hardware-address": mac.upper(), "ip-addresses": ips}


@pytest.fixture(name="say")
def _say(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what has the agent answer from its question number silent on: with links, and with text for a program."""

    def say(*links: dict[str, Any], silent: int = 0, text: str = "") -> None:
        asked: list[str] = []

        def answer(_domain: libvirt.virDomain, question: str, _timeout: int, _flags: int) -> str:
            asked.append(json.loads(question)["execute"])
            if len(asked) <= silent:
                raise libvirt.libvirtError("Guest agent is not responding")
            answers: dict[str, Any] = {
                "guest-network-get-interfaces": links,
                "guest-exec": {"pid": 7},
                "guest-exec-status": {
                    "exited": True,
                    "exitcode": 1,
                    "out-data": base64.b64encode(text.encode()).decode(),
                },
            }
            return json.dumps({"return": answers.get(asked[-1], {})})

        monkeypatch.setattr(libvirt_qemu, "qemuAgentCommand", answer)

    return say


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_info, "_POLL_S", 0)


def test_a_silent_guest_has_the_address_that_libvirt_leased(connection):
    assert _info.read(connection, "test", None) == {
        "name": "test",
        "state": "running",
        "lab": None,
        "agent": False,
        "mac": MAC,
        "address": "192.168.122.3",
        "address_refused": None,
        "reachable": True,
        "interfaces": [],
    }


def test_what_the_agent_says_counts_more_than_a_lease(connection, say):
    say(link("00:00:00:00:00:01", "10.0.0.9"), link(MAC, "fe80::1", "169.254.1.1", "192.168.122.8"))
    guest = _info.read(connection, "test", MAC.upper())
    assert (guest["agent"], guest["address"]) == (True, "192.168.122.8")
    assert [len(each["addresses"]) for each in guest["interfaces"]] == [1, 3]
    say(link(MAC, "fe80::1", "169.254.1.1"))
    assert _info.read(connection, "test", None)["address"] is None


def test_a_guest_that_is_off_has_no_address(connection):
    connection.lookupByName("test").destroy()
    try:
        guest = _info.read(connection, "test", None)
        assert (guest["state"], guest["agent"], guest["address"]) == ("shut off", False, None)
        with pytest.raises(LabError, match="guest test is shut off; it must run to be waited for"):
            _info.wait(connection, "test", None, 60)
    finally:
        connection.lookupByName("test").create()


@pytest.mark.parametrize(
    ("name", "mac", "said"),
    [
        ("missing", None, "there is no domain missing at test:///default"),
        ("test", "52:54:00:00:00:01", f"guest test has no interface with MAC 52:54:00:00:00:01; it has {MAC}"),
    ],
)
def test_what_is_not_there_is_an_error(connection, name, mac, said):
    with pytest.raises(LabError, match=said):
        _info.read(connection, name, mac)


def test_waiting_ends_with_the_agent_and_an_address(connection, say):
    say(link(MAC, "192.168.122.8"), silent=3)
    assert _info.wait(connection, "test", None, 60)["address"] == "192.168.122.8"


def test_waiting_ends_too_where_the_address_is_out_of_reach(connection, say):
    connection.createXML(
        "<domain type='test'><name>inside</name><memory>1024</memory><os><type>hvm</type></os><devices>"
        f"<interface type='user'><mac address='{MAC}'/></interface></devices></domain>"
    )
    say(link(MAC, "10.0.2.15"))
    guest = _info.wait(connection, "inside", MAC, 60)
    assert (guest["address"], guest["reachable"]) == (None, False)
    assert "10.0.2.15, in a network that is made for that NIC alone" in guest["address_refused"]
    say(link(MAC, "192.168.122.8"))
    with pytest.raises(LabError, match=r"not in the network of that NIC \(10\.0\.2\.0/24\)"):
        _info.wait(connection, "inside", MAC, 0)


def test_waiting_has_an_end(connection, say):
    with pytest.raises(LabError, match="guest test is running but does not answer through its agent after 0 s"):
        _info.wait(connection, "test", None, 0)
    say(link(MAC))
    with pytest.raises(LabError, match=r"guest test is running but has no IPv4 address after 0\.01 s"):
        _info.wait(connection, "test", None, 0.01)


def test_a_guest_without_a_nic_is_only_asked(connection, say):
    connection.createXML("<domain type='test'><name>bare</name><memory>1024</memory><os><type>hvm</type></os></domain>")
    say()
    guest = _info.wait(connection, "bare", None, 60)
    assert (guest["mac"], guest["address"]) == (None, None)


def test_host_keys_are_read_without_their_comments(connection, say):
    say(text=f"{KEYS[0]} root@debian\ncat: nothing\n\n{KEYS[1]}\n{KEYS[2]} a b\n")
    assert _info.host_keys(connection, "test") == KEYS
    say(text="")
    assert _info.host_keys(connection, "test") == []


def test_an_agent_that_runs_no_programs_is_an_error(connection):
    with pytest.raises(LabError, match="the guest agent of test did not do guest-exec"):
        _info.host_keys(connection, "test")


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("192.168.122.1", "an address of the hypervisor itself"),
        ("192.168.122.0", "the network 192.168.122.0/24 itself or its broadcast address"),
        ("192.168.122.255", "the network 192.168.122.0/24 itself or its broadcast address"),
        ("127.0.0.1", "it means another place"),
        ("0.0.0.0", "it means another place"),
        ("224.0.0.1", "it means another place"),
        ("255.255.255.255", "it means another place"),
        ("203.0.113.9", "not in the network of that NIC"),
        ("192.168.123.8", "not in the network of that NIC"),
    ],
)
def test_an_address_that_is_not_the_guests_own_is_not_believed(connection, say, told, why):
    say(link(MAC, told))
    guest = _info.read(connection, "test", None)
    assert (guest["agent"], guest["address"]) == (True, None)
    assert why in guest["address_refused"]
    with pytest.raises(LabError, match=f"has no IPv4 address after 0.01 s: .*{why}"):
        _info.wait(connection, "test", None, 0.01)


@pytest.mark.parametrize("told", ["x$(id)", "--listen=x", "192.168.122.8\n", "1", "::ffff:127.0.0.1%lo x", ""])
def test_what_is_no_address_is_not_taken_for_one(connection, say, told):
    say(link(MAC, told))
    with pytest.raises(LabError, match="is not to be believed"):
        _info.read(connection, "test", None)


@pytest.mark.parametrize(
    "told",
    ["ssh-ed25519 AAAA", KEYS[0].replace("ssh-ed25519", "ssh-rsa"), f"{KEYS[0]}*", "ssh-rsa", "ecdsa-x " + "A" * 60],
)
def test_a_host_key_that_is_none_is_an_error(connection, say, told):
    say(text=f"{told} root@a\n")
    with pytest.raises(LabError, match="is no public host key"):
        _info.host_keys(connection, "test")


def test_the_hypervisors_own_host_key_is_refused(connection, say, tmp_path, monkeypatch):
    (tmp_path / "ssh_host_rsa_key.pub").write_text(f"{KEYS[2]} root@hypervisor\n", encoding="ascii")
    (tmp_path / "sshd_config").write_text(f"Port 22\n  hostkey {tmp_path}/other\n", encoding="ascii")
    (tmp_path / "other.pub").write_text(f"{KEYS[0]}\n", encoding="ascii")
    monkeypatch.setattr(_info, "own", lambda: _host_keys.own(str(tmp_path)))
    for told, believed in ((KEYS[0], False), (KEYS[1], True), (KEYS[2], False)):
        say(text=f"{told} root@guest\n")
        if believed:
            assert _info.host_keys(connection, "test") == [told]
            continue
        with pytest.raises(LabError, match="is told by guest test and the hypervisor's own"):
            _info.host_keys(connection, "test")

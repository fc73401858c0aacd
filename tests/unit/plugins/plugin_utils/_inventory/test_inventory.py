# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guests in the inventory: nobody's name, nobody's address, nobody's host key."""

from __future__ import annotations

import base64

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _host_keys
from ansible_collections.virtio.lab.plugins.plugin_utils._inventory._inventory import names, told

GROUPS = {"all": ["hv1", "hv2", "web1", "vhost-a"], "production": ["web1"], "guests": ["vhost-a"], "hypervisors": []}
HOSTVARS = {"hv1": {}, "hv2": {}, "web1": {"ansible_host": "10.0.0.1"}, "vhost-a": {"guest_hypervisor": "hv1"}}


def key(number: int) -> str:
    blob = (11).to_bytes(4, "big") + b"ssh-ed25519" + bytes([number]) * 40
    return f"ssh-ed25519 {base64.b64encode(blob).decode()}"


def guest(name: str = "a", address: str = "192.168.150.21", *keys: str, **more) -> dict:
    return {"name": name, "mac": "52:54:00:00:96:01", "address": address, "host_keys": list(keys), **more}


def test_a_guest_that_was_left_in_user_mode_is_told_so():
    with pytest.raises(LabError, match=r"guest a is in a network that is made for its NIC alone .*playbooks/restore"):
        told([{**guest("a", None), "reachable": False}])


@pytest.mark.parametrize(
    "name", ["web1", "production", "hypervisors", "all", "localhost", "ungrouped", "hv2", "guests"]
)
def test_a_guest_never_takes_the_place_of_a_host_or_a_group(name):
    with pytest.raises(LabError, match=f"has a host or a group '{name}' already; give the guest of the lab"):
        names([name, "free"], GROUPS, HOSTVARS, "hv1")


def test_the_guest_that_was_added_before_is_added_again():
    assert names(["vhost-a", "b"], GROUPS, HOSTVARS, "hv1") == {"vhost-a": "vhost-a", "b": "b"}


def test_where_the_hypervisor_is_not_known_yet_a_guest_may_be_the_one_to_come():
    assert names(["vhost-a", "b"], GROUPS, HOSTVARS, None) == {"vhost-a": "vhost-a", "b": "b"}
    with pytest.raises(LabError, match="'web1'"):
        names(["web1"], GROUPS, HOSTVARS, None)


def test_the_guest_of_another_hypervisor_stays():
    assert names(["vhost-a"], GROUPS, HOSTVARS, "hv2") == {"vhost-a": "vhost-a.hv2"}


def test_what_guests_tell_is_kept_in_order():
    believed = told([guest("a", "192.168.150.21", key(1)), guest("b", "192.168.150.22", key(2), key(3))])
    assert [(each["name"], each["address"], each["host_keys"]) for each in believed] == [
        ("a", "192.168.150.21", [key(1)]),
        ("b", "192.168.150.22", [key(2), key(3)]),
    ]
    assert told([guest(more=1)]) == [guest()]


@pytest.mark.parametrize(
    ("results", "said"),
    [
        (
            [guest("a", "192.168.150.21", key(1)), guest("b", "192.168.150.22", key(1))],
            "guests a and b both tell the host key",
        ),
        ([guest("a"), guest("b")], "guests a and b both tell the address 192.168.150.21"),
        ([guest("a"), guest("a", "192.168.150.22")], "both tell the name a"),
        ([guest("a", "127.0.0.1")], "it means another place"),
        ([guest("a", "x -o ProxyCommand=id")], "an IPv4 or IPv6 address would be right"),
        ([guest("a", None)], "an IPv4 or IPv6 address would be right"),
        ([guest("a", "192.168.150.21", "ssh-ed25519 x\n* ssh-rsa y")], "is no public host key"),
        ([guest("a", "192.168.150.21", key(1) + "\n")], "is no public host key"),
        ([guest("a\nb")], "is no usable name"),
        ([guest("-oProxyCommand=id")], "is no usable name"),
        ([guest(mac="{{ 1 }}")], "is no MAC address"),
        (["x"], "an object would be right"),
    ],
)
def test_what_cannot_be_is_refused_on_the_control_node_too(results, said):
    with pytest.raises(LabError, match=said):
        told(results)


def test_another_machines_host_key_is_refused(tmp_path, monkeypatch):
    """Names in a known_hosts file may be hashed, and a guest that is made again in another lab has its own key."""
    known = tmp_path / "known_hosts"
    known.write_text(f"|1|c2FsdA==|aGFzaA== {key(1)}\na {key(2)}\n", encoding="ascii")
    assert told([guest("a", "192.168.150.21", key(2))], [known, tmp_path / "absent"])
    for name, claimed in (("a", key(1)), ("b", key(2))):
        with pytest.raises(LabError, match=f"told by guest {name} and another machine's"):
            told([guest(name, "192.168.150.21", claimed)], [known])
    monkeypatch.setattr(_host_keys, "own", lambda: {key(9)})
    with pytest.raises(LabError, match="told by guest a and this control node's own"):
        told([guest("a", "192.168.150.21", key(9))])

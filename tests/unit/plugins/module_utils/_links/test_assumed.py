# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode over a play: what earlier tasks would have made is taken as made. And diffs of what comes and goes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links import _due, _read, _reconcile
from ansible_collections.virtio.lab.plugins.module_utils._links._link_options import link_wishes
from ansible_collections.virtio.lab.plugins.module_utils._links._model import MARK
from ansible_collections.virtio.lab.plugins.module_utils._links._reconcile import reconcile
from ansible_collections.virtio.lab.plugins.module_utils._links._tuntap_options import device_wishes
from ansible_collections.virtio.lab.plugins.module_utils._runner import Result

CARD = {"ifname": "eth0", "ifindex": 2, "flags": [], "mtu": 1500, "link_type": "ether", "address": "02:00:00:00:00:01"}
BRIDGE = {
    "ifname": "br0",
    "ifindex": 3,
    "flags": ["UP"],
    "mtu": 1500,
    "ifalias": MARK,
    "linkinfo": {"info_kind": "bridge"},
}


def ip(argv: list[str], stdin: str | None = None, check: bool = True) -> Result:
    assert stdin is None, "something is changed"
    return Result(0, json.dumps([CARD, BRIDGE]), "")


@pytest.fixture(autouse=True)
def nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(_due, "lock_folder", lambda: str(tmp_path))
    monkeypatch.setattr(_read, "NETNS_DIR", str(tmp_path))
    monkeypatch.setattr(_reconcile, "holders", lambda links, runner: {})


def checked(*entries: dict[str, Any]) -> dict[str, Any]:
    return reconcile(link_wishes(entries), False, True, ip)[0]


ASSUMED = [
    # what is asked for, what is missing by the warning, what the diff shows afterwards
    (
        {"name": "br1", "kind": "bridge", "netns": "new", "state": "up"},
        ["network namespace 'new' does not exist yet"],
        {"br1 in network namespace new": {"kind": "bridge", "state": "up"}},
    ),
    (
        {"name": "eth9", "state": "up", "mtu": 1400, "netns": "new"},
        ["network namespace 'new' does not exist yet", "eth9 in network namespace new does not exist there yet"],
        {"eth9 in network namespace new": {"state": "up", "mtu": 1400}},
    ),
    ({"name": "eth0", "master": "br9"}, ["eth0: bridge 'br9' does not exist there yet"], {"eth0": {"master": "br9"}}),
    (
        {"name": "eth0", "master": "br9", "port": {"cost": 5}, "state": "up"},
        ["eth0: bridge 'br9'"],
        {"eth0": {"master": "br9", "port cost": 5, "state": "up"}},
    ),
    ({"name": "eth0", "port": {"cost": 5}}, ["eth0: port is for a port of a bridge"], {"eth0": {"port cost": 5}}),
    (
        {"name": "v5", "kind": "vlan", "parent": "bond0", "id": 5, "mtu": 9000, "state": "up"},
        ["v5: parent 'bond0' does not exist there yet"],
        {"v5": {"kind": "vlan", "parent": "bond0", "id": 5, "mtu": 9000, "state": "up"}},
    ),
    (
        {"name": "v5", "kind": "vlan", "parent": "eth0", "id": 5, "state": "up"},
        ["v5 cannot go up while its parent eth0 is down"],
        {"v5": {"kind": "vlan", "parent": "eth0", "id": 5, "state": "up"}},
    ),
    (
        {"name": "a", "kind": "veth", "peer": "b", "peer_netns": "new"},
        ["network namespace 'new' does not exist yet"],
        {
            "a": {"kind": "veth", "peer": "b", "peer_netns": "new", "state": "down"},
            "b in network namespace new": {"state": "down"},
        },
    ),
    ({"name": "b", "addresses": ["192.0.2.1/24"], "mac": "02:00:00:00:00:09"}, ["b does not exist there yet"],
     {"b": {"state": "present", "addresses": ["192.0.2.1/24"], "mac": "02:00:00:00:00:09"}}),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "warnings", "after"), ASSUMED)
def test_what_is_missing_is_a_warning_and_the_diff_still_comes(
    entry: dict[str, Any], warnings: list[str], after: dict[str, Any]
) -> None:
    result = checked(entry)
    assert result["changed"]
    assert result["diff"]["after"] == after
    assert len(result["warnings"]) == len(warnings)
    for warning, words in zip(result["warnings"], warnings, strict=True):
        assert words in warning
    with pytest.raises(LabError):
        reconcile(link_wishes([entry]), False, False, ip)


def test_in_a_namespace_that_is_missing_nothing_is_to_be_removed() -> None:
    result = checked({"name": "a", "netns": "new", "state": "absent"})
    assert not result["changed"]


def test_what_is_listed_is_not_missing() -> None:
    result = checked({"name": "eth0", "master": "br9"}, {"name": "br9", "kind": "bridge"})
    assert result["warnings"] == []


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"name": "eth0", "master": "eth0"}, "is the link itself"),
        ({"name": "eth0", "kind": "bridge"}, "is a physical or built-in link, not a bridge"),
        ({"name": "a", "kind": "macvlan", "parent": "eth0", "mtu": 1501}, "is more than the 1500 of its parent"),
        ({"name": "a", "kind": "macvlan"}, "its parent is needed"),
    ],
)
def test_what_cannot_be_is_refused_in_check_mode_too(entry: dict[str, Any], words: str) -> None:
    with pytest.raises(LabError, match=words):
        checked(entry)


def test_a_user_that_is_missing_is_a_warning() -> None:
    notes: list[str] = []
    entry = {"name": "tap0", "owner": "no-such-user", "group": "no-such-group", "netns": "new"}
    result, _have = reconcile(device_wishes([entry], notes), False, True, ip)
    assert [note.split(";")[0] for note in notes] == [
        "device tap0: owner 'no-such-user' is no user of this host",
        "device tap0: group 'no-such-group' is no group of this host",
    ]
    assert result["diff"]["after"] == {
        "tap0 in network namespace new": {"owner": "no-such-user", "group": "no-such-group", "state": "down"}
    }
    with pytest.raises(LabError, match="is no user of this host"):
        device_wishes([entry])


SHOWN = [
    ({"name": "b", "kind": "bridge"}, {"kind": "bridge", "state": "down"}),
    ({"name": "b", "kind": "bridge", "mtu": 1500, "stp": False, "state": "up"},
     {"kind": "bridge", "state": "up", "mtu": 1500, "stp": False}),
    ({"name": "b", "kind": "bridge", "vlans": [{"vid": 1, "pvid": True, "untagged": True}, {"vid": 7}]},
     {"kind": "bridge", "state": "down", "vlans": ["1 pvid untagged", "7"]}),
    ({"name": "d", "kind": "dummy", "addresses": []}, {"kind": "dummy", "state": "down", "addresses": []}),
    ({"name": "x", "kind": "vxlan", "id": 7}, {"kind": "vxlan", "state": "down", "id": 7}),
    ({"name": "m", "kind": "macvlan", "parent": "eth0"}, {"kind": "macvlan", "state": "down", "parent": "eth0"}),
    ({"name": "m", "kind": "macvtap", "parent": "eth0", "mac": "02:00:00:00:00:07"},
     {"kind": "macvtap", "state": "down", "parent": "eth0", "mac": "02:00:00:00:00:07"}),
    ({"name": "v", "kind": "vlan", "parent": "eth0", "id": 7, "master": "br0", "port": {"cost": 7}},
     {"kind": "vlan", "state": "down", "parent": "eth0", "id": 7, "master": "br0", "port cost": 7}),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "after"), SHOWN)
def test_the_diff_of_a_new_link_is_what_was_asked_for(entry: dict[str, Any], after: dict[str, Any]) -> None:
    diff = checked(entry)["diff"]
    assert diff == {"before": {entry["name"]: {"state": "absent"}}, "after": {entry["name"]: after}}


def test_the_diff_of_a_new_veth_says_that_its_peer_comes_too() -> None:
    diff = checked({"name": "a", "kind": "veth", "peer": "b"})["diff"]
    assert diff == {
        "before": {"a": {"state": "absent"}, "b": {"state": "absent"}},
        "after": {"a": {"kind": "veth", "state": "down", "peer": "b"}, "b": {"state": "down"}},
    }


def test_the_diff_of_a_device() -> None:
    result, _have = reconcile(device_wishes([{"name": "t", "multi_queue": True}]), False, True, ip)
    assert result["diff"] == {
        "before": {"t": {"state": "absent"}},
        "after": {"t": {"multi_queue": True, "state": "down"}},
    }


def test_the_diff_of_what_goes() -> None:
    assert checked({"name": "br0", "state": "absent", "mtu": 1500})["diff"] == {
        "before": {"br0": {"state": "up"}},
        "after": {"br0": {"state": "absent"}},
    }

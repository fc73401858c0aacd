# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The planner with TUN/TAP devices: a decision table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._model import MARK, Action, Link, Wish
from ansible_collections.virtio.lab.plugins.module_utils._links._plan import plan

FLAGS = {"multi_queue": False, "vnet_hdr": False, "packet_info": False}
OF_TAP = {"mode": "tap", "owner": 1000, "group": None, **FLAGS}
TAP = Link("tap0", "tun", up=True, mtu=1500, mac="02:00:00:00:00:01", alias=MARK, attributes=OF_TAP)
FOREIGN = replace(TAP, alias="")
BRIDGE = Link("br0", "bridge", up=True, mtu=1500)
KEEP = "link set dev tap0"
MARKED = f"{KEEP} alias virtio.lab"

DECISIONS = [
    # wanted beside the name, what is there, lines
    ({}, None, ["tuntap add dev tap0 mode tap", MARKED]),
    ({}, TAP, []),
    ({"state": "absent"}, None, []),
    ({"state": "absent"}, TAP, ["link delete dev tap0"]),
    ({"state": "up"}, TAP, []),
    ({"state": "down"}, TAP, [f"{KEEP} down"]),
    ({"state": "up"}, replace(TAP, up=False), [f"{KEEP} up"]),
    ({"mtu": 9000}, TAP, [f"{KEEP} mtu 9000"]),
    ({"mac": "02:00:00:00:00:02"}, TAP, [f"{KEEP} address 02:00:00:00:00:02"]),
    ({"master": "br0"}, TAP, [f"{KEEP} master br0"]),
    ({"master": ""}, replace(TAP, master="br0"), [f"{KEEP} nomaster"]),
    ({"addresses": ("192.0.2.1/24",)}, TAP, ["address add 192.0.2.1/24 dev tap0"]),
    (
        {"addresses": ()},
        replace(TAP, addresses=("192.0.2.1/24", "fe80::1/64")),
        ["address delete 192.0.2.1/24 dev tap0"],
    ),
    # an IPv4 address may go with the first one of its network
    (
        {"addresses": ("192.0.2.3/24", "192.0.2.2/24", "198.51.100.1/24")},
        replace(TAP, addresses=("192.0.2.1/24", "198.51.100.1/24", "192.0.2.2/24", "192.0.2.4/24")),
        [
            "address delete 192.0.2.4/24 dev tap0",
            "address delete 192.0.2.1/24 dev tap0",
            "address add 192.0.2.3/24 dev tap0",
            "address replace 192.0.2.2/24 dev tap0",
        ],
    ),
    (
        {"addresses": ("192.0.2.1/24",)},
        replace(TAP, addresses=("192.0.2.1/24", "192.0.2.2/24")),
        ["address delete 192.0.2.2/24 dev tap0"],
    ),
    (
        {"state": "down", "addresses": ("2001:db8::1/64",)},
        replace(TAP, addresses=("2001:db8::1/64",)),
        [f"{KEEP} down", "address add 2001:db8::1/64 dev tap0"],
    ),
    (
        {"attributes": {"mode": "tun", "multi_queue": True, "packet_info": True, "group": 5}, "state": "up"},
        None,
        ["tuntap add dev tap0 mode tun group 5 multi_queue pi", MARKED, f"{KEEP} up"],
    ),
    (
        {"attributes": {"vnet_hdr": True}},
        replace(TAP, master="br0", mtu=1400, addresses=("192.0.2.1/24", "fe80::1/64")),
        [
            "link delete dev tap0",
            "tuntap add dev tap0 mode tap user 1000 vnet_hdr",
            MARKED,
            f"{KEEP} mtu 1400",
            f"{KEEP} address 02:00:00:00:00:01",
            f"{KEEP} master br0",
            "address add 192.0.2.1/24 dev tap0",
            f"{KEEP} up",
        ],
    ),
    # owner and group: without making it anew, with the flags it has
    ({"attributes": {"owner": 1000}}, TAP, []),
    ({"attributes": {"owner": 0, "group": 5}}, TAP,
     ["dev tap0 mode tap TUNSETOWNER 0", "dev tap0 mode tap TUNSETGROUP 5"]),
    ({"attributes": {"group": 5}}, replace(TAP, attributes={**OF_TAP, "mode": "tun", "packet_info": True}),
     ["dev tap0 mode tun pi TUNSETGROUP 5"]),
    # what somebody else made is configured all the same
    ({"state": "down"}, FOREIGN, [f"{KEEP} down"]),
    ({"attributes": {"owner": 0}}, FOREIGN, ["dev tap0 mode tap TUNSETOWNER 0"]),
]  # fmt: skip


def lines(actions: list[Action]) -> list[str]:
    return [" ".join(action.words) for action in actions]


@pytest.mark.parametrize(("wanted", "there", "expected"), DECISIONS)
def test_decision(wanted: dict, there: Link | None, expected: list[str]) -> None:
    have = {"": {"br0": BRIDGE, **({"tap0": there} if there else {})}}
    assert lines(plan([Wish("tap0", kind="tun", **wanted)], have)) == expected


REFUSALS = [
    ({"name": "br0"}, "is a bridge link"),
    ({"name": "br0", "state": "absent"}, "is a bridge link"),
    ({"name": "other"}, "alternative name of link lo"),
    ({"name": "tap0", "master": "br9"}, "does not exist there"),
    ({"name": "tap0", "master": "lo"}, "not a bridge"),
    ({"name": "tap0", "mtu": 1000, "addresses": ("2001:db8::1/64",)}, "1280 or more, not 1000"),
    ({"name": "tun0", "master": "br0"}, "needs mode tap"),
    ({"name": "theirs", "state": "absent"}, "was not made by this collection .its alias is 'uplink'.* removes it"),
    (
        {"name": "theirs", "attributes": {"vnet_hdr": True}},
        "was not made .* recreates it, because vnet_hdr can only be",
    ),
    (
        {"name": "theirs", "attributes": {"vnet_hdr": True, "multi_queue": True}},
        "multi_queue and vnet_hdr|vnet_hdr and",
    ),
    ({"name": "below", "state": "absent"}, "is used by vlan5 and the change removes it"),
    ({"name": "below", "attributes": {"vnet_hdr": True}}, "is used by vlan5 and the change recreates it"),
]


@pytest.mark.parametrize(("wanted", "words"), REFUSALS)
def test_refusal(wanted: dict, words: str) -> None:
    loopback = Link("lo", "", up=True, mtu=65536, altnames=("other",))
    links = [
        TAP, BRIDGE, loopback,
        replace(TAP, name="tun0", attributes={**OF_TAP, "mode": "tun"}),
        replace(TAP, name="theirs", alias="uplink"),
        replace(TAP, name="below"),
        Link("vlan5", "vlan", up=False, mtu=1500, attributes={"parent": "below", "id": 5, "protocol": "802.1Q"}),
    ]  # fmt: skip
    with pytest.raises(LabError, match=words):
        plan([Wish(kind="tun", **wanted)], {"": {link.name: link for link in links}})


@pytest.mark.parametrize("there", [FOREIGN, replace(TAP, master="br0")])
def test_force_removes_and_makes_anew_all_the_same(there: Link) -> None:
    have = {"": {"tap0": there, "br0": BRIDGE}}
    assert lines(plan([Wish("tap0", kind="tun", state="absent")], have, force=True)) == ["link delete dev tap0"]
    anew = lines(plan([Wish("tap0", kind="tun", attributes={"vnet_hdr": True})], have, force=True))
    assert anew[:3] == ["link delete dev tap0", "tuntap add dev tap0 mode tap user 1000 vnet_hdr", MARKED]


def test_a_device_that_is_held_gets_its_owner_only_by_being_made_anew() -> None:
    wish = Wish("tap0", kind="tun", attributes={"owner": 0})
    actions = plan([wish], {"": {"tap0": TAP}}, force=True, held=[("", "tap0")])
    assert lines(actions)[:2] == ["link delete dev tap0", "tuntap add dev tap0 mode tap user 0"]
    assert actions[0].cuts == "recreates it, because owner can only be set when a link is made"


def test_nothing_physical_is_removed_even_by_force() -> None:
    with pytest.raises(LabError, match="eth0 is a physical or built-in link"):
        plan([Wish("eth0", state="absent")], {"": {"eth0": Link("eth0", "", True, 1500)}}, force=True)

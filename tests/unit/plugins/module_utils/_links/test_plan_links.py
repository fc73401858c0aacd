# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The planner with links of all kinds: a decision table, the order of what depends on each other, refusals."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._model import MARK, FdbEntry, Link, Wish
from ansible_collections.virtio.lab.plugins.module_utils._links._plan import plan

from .kernel import NEW, NEW_PORT

BRIDGE = Link("br0", "bridge", True, 1500, alias=MARK, attributes=NEW["bridge"], vlans={1: ("pvid", "untagged")})
OTHER = replace(BRIDGE, name="br1", default_pvid=0)
CARD = Link("eth0", "", True, 1500, "02:00:00:00:00:01", vlans={}, fdb=())
SECOND = replace(CARD, name="eth2", mac="02:00:00:00:00:02")
PORT = replace(CARD, name="eth1", master="br0", port=NEW_PORT, vlans={1: ("pvid", "untagged")})
VLAN = Link("v5", "vlan", True, 1500, alias=MARK, attributes={"parent": "eth0", "protocol": "802.1Q", "id": 5})
MACVLAN = Link("m0", "macvlan", False, 1500, alias=MARK, attributes={"parent": "eth0", "mode": "vepa"})
VXLAN = Link(
    "x0", "vxlan", False, 1450, alias=MARK, attributes={**NEW["vxlan"], "id": 7, "remote": "192.0.2.1"}, fdb=()
)
ON_TOP = replace(MACVLAN, name="top", alias="", attributes={"parent": "x0", "mode": "bridge"})
VETH = Link("a0", "veth", False, 1500, alias=MARK, attributes={"peer": "a1", "peer_netns": "lab"})
PEER = Link("a1", "veth", False, 1500, alias=MARK, attributes={"peer": "a0", "peer_netns": ""})
HAVE = {
    "": {link.name: link for link in (BRIDGE, OTHER, CARD, SECOND, PORT, VLAN, MACVLAN, VXLAN, ON_TOP, VETH)},
    "lab": {"a1": PEER},
}


def commands(*wishes: Wish, force: bool = False) -> list[str]:
    return [action.command for action in plan(wishes, HAVE, force)]


def marked(name: str) -> str:
    return f"ip link set dev {name} alias virtio.lab"


def made(name: str, kind: str, *netns: str, **attributes: object) -> Wish:
    return Wish(name, *netns, kind=kind, attributes=attributes)


DECISIONS = [
    (made("d0", "dummy"), ["ip link add name d0 type dummy", marked("d0")]),
    (
        made("b", "bridge", stp=True, forward_delay=4),
        ["ip link add name b type bridge forward_delay 400 stp_state 1", marked("b")],
    ),
    (
        replace(made("b", "bridge"), mtu=1500),
        ["ip link add name b type bridge", marked("b"), "ip link set dev b mtu 1499", "ip link set dev b mtu 1500"],
    ),
    (
        replace(made("b", "bridge"), mtu=1400),
        ["ip link add name b type bridge", marked("b"), "ip link set dev b mtu 1400"],
    ),
    (
        made("m", "macvtap", parent="eth0", mode="bridge"),
        ["ip link add link eth0 name m type macvtap mode bridge", marked("m")],
    ),
    (
        made("v", "vlan", parent="eth0", id=7, protocol="802.1ad"),
        ["ip link add link eth0 name v type vlan protocol 802.1ad id 7", marked("v")],
    ),
    (
        made("x", "vxlan", id=8, remote="239.0.0.1", parent="eth0", learning=False),
        ["ip link add name x type vxlan id 8 dev eth0 group 239.0.0.1 dstport 4789 nolearning", marked("x")],
    ),
    (
        made("c", "veth", peer="d", peer_netns=""),
        ["ip link add name c type veth peer name d", marked("c"), marked("d")],
    ),
    (
        made("c", "veth", "lab", peer="d", peer_netns=""),
        [
            "ip link add name c netns lab type veth peer name d",
            "ip -n lab link set dev c alias virtio.lab",
            marked("d"),
        ],
    ),
    # while it lives
    (
        made("br0", "bridge", stp=True, forward_delay=4),
        ["ip link set dev br0 type bridge forward_delay 400", "ip link set dev br0 type bridge stp_state 1"],
    ),
    (made("m0", "macvlan", mode="bridge"), ["ip link set dev m0 type macvlan mode bridge"]),
    (made("x0", "vxlan", remote="192.0.2.2"), ["ip link set dev x0 type vxlan remote 192.0.2.2"]),
    (made("a0", "veth", peer="a1", peer_netns="lab"), []),
    # made anew
    (
        made("v5", "vlan", id=6),
        [
            "ip link delete dev v5",
            "ip link add link eth0 name v5 type vlan protocol 802.1Q id 6",
            marked("v5"),
            "ip link set dev v5 mtu 1500",
            "ip link set dev v5 up",
        ],
    ),
    # ports
    (
        Wish("eth2", master="br0", port={"cost": 5, "isolated": True}, state="up"),
        [
            "ip link set dev eth2 master br0",
            "ip link set dev eth2 type bridge_slave cost 5",
            "ip link set dev eth2 type bridge_slave isolated on",
        ],
    ),
    (Wish("eth1", port={"cost": 2, "priority": 8}), ["ip link set dev eth1 type bridge_slave priority 8"]),
    (
        Wish("eth1", vlans={10: ("pvid", "untagged"), 20: ()}),
        [
            "bridge vlan delete dev eth1 vid 1",
            "bridge vlan add dev eth1 vid 10 pvid untagged",
            "bridge vlan add dev eth1 vid 20",
        ],
    ),
    (Wish("br0", vlans={1: ("pvid", "untagged"), 5: ()}), ["bridge vlan add dev br0 vid 5 self"]),
    (Wish("eth2", master="br1", vlans={}), ["ip link set dev eth2 master br1"]),
    (
        Wish("eth1", fdb=(FdbEntry("02:00:00:00:00:09", 1), FdbEntry("02:00:00:00:00:08"))),
        [
            "bridge fdb replace 02:00:00:00:00:08 dev eth1 master static",
            "bridge fdb replace 02:00:00:00:00:09 dev eth1 master static vlan 1",
        ],
    ),
    (
        made("x0", "vxlan", id=7),
        [],
    ),
    (
        Wish("x0", fdb=tuple(FdbEntry("00:00:00:00:00:00", 0, dst) for dst in ("192.0.2.1", "192.0.2.2"))),
        ["bridge fdb append 00:00:00:00:00:00 dev x0 dst 192.0.2.2 self permanent"],
    ),
    (
        Wish("x0", fdb=(FdbEntry("02:00:00:00:00:09", 0, "192.0.2.9"),)),
        ["bridge fdb append 02:00:00:00:00:09 dev x0 dst 192.0.2.9 self permanent"],
    ),
]


@pytest.mark.parametrize(("wish", "expected"), DECISIONS)
def test_decision(wish: Wish, expected: list[str]) -> None:
    assert commands(wish) == expected


def test_what_others_need_comes_first() -> None:
    wishes = [
        Wish("t0", kind="tun", master="b", state="up"),
        made("v", "vlan", parent="c", id=7),
        Wish("d", "lab", addresses=("192.0.2.1/24",)),
        made("c", "veth", peer="d", peer_netns="lab"),
        made("b", "bridge"),
    ]
    lines = commands(*wishes)
    created = [line for line in lines if " add " in line]
    assert created == [
        "ip link add name b type bridge",
        "ip tuntap add dev t0 mode tap",
        "ip link add name c type veth peer name d netns lab",
        "ip link add link c name v type vlan id 7",
        "ip -n lab address add 192.0.2.1/24 dev d",
    ]
    assert lines[-2:] == ["ip -n lab link set dev d alias virtio.lab", "ip -n lab address add 192.0.2.1/24 dev d"]


def test_a_port_goes_up_when_its_vlans_are_set() -> None:
    lines = commands(*(Wish(name, kind="tun", master="br0", vlans={5: ()}, state="up") for name in ("t0", "t1")))
    kinds = [" ".join(line.split()[:2]) for line in lines]
    assert kinds == ["ip tuntap", "ip link", "ip link"] * 2 + ["bridge vlan"] * 4 + ["ip link"] * 2


def test_a_vlan_goes_up_after_a_parent_that_waits() -> None:
    wishes = [
        replace(made("v", "vlan", parent="p", id=7), state="up"),
        replace(made("w", "vlan", parent="v", id=8), state="up"),
        Wish("p", kind="dummy", master="br0", vlans={5: ()}, state="up"),
    ]
    lines = commands(*wishes)
    assert lines[-3:] == [f"ip link set dev {name} up" for name in "pvw"]


def test_an_fdb_entry_goes_from_one_port_to_another() -> None:
    entry = FdbEntry("02:00:00:00:00:09")
    have = {"": {**HAVE[""], "eth1": replace(PORT, fdb=(entry,)), "eth2": replace(PORT, name="eth2", fdb=())}}
    for wishes in (
        [Wish("eth1", fdb=()), Wish("eth2", fdb=(entry,))],
        [Wish("eth2", fdb=(entry,)), Wish("eth1", fdb=())],
    ):
        assert [action.command for action in plan(wishes, have)] == [
            "bridge fdb delete 02:00:00:00:00:09 dev eth1 master static",
            "bridge fdb replace 02:00:00:00:00:09 dev eth2 master static",
        ]


def test_a_bridge_has_one_port_for_an_address() -> None:
    wishes = [
        Wish("eth2", master="br0", fdb=(FdbEntry("02:00:00:00:00:09", 5),)),
        Wish("eth1", fdb=(FdbEntry("02:00:00:00:00:09"),)),
    ]
    with pytest.raises(LabError, match="eth1 and eth2 both list 02:00:00:00:00:09 in fdb; bridge br0 has one port"):
        commands(*wishes)
    commands(wishes[0], replace(wishes[1], fdb=(FdbEntry("02:00:00:00:00:09", 6),)))


def test_alternative_names_are_kept() -> None:
    have = {"": {**HAVE[""], "v5": replace(VLAN, altnames=("five", "fünf"))}}
    lines = [action.command for action in plan([made("v5", "vlan", id=6)], have)]
    assert lines[-2:] == [f"ip link property add dev v5 altname {name}" for name in ("five", "fünf")]


@pytest.mark.parametrize(
    ("wish", "refused"),
    [
        (Wish("v5", addresses=()), True),
        (made("v5", "vlan", id=6), True),
        (Wish("v5", addresses=("192.0.2.1/32",)), False),
        (Wish("v5", mtu=1400), False),
        (Wish("v5", state="absent"), False),
    ],
)
def test_an_address_with_a_peer_is_not_lost(wish: Wish, refused: bool) -> None:
    have = {"": {**HAVE[""], "v5": replace(VLAN, addresses=("192.0.2.1/32",), peers=("192.0.2.1/32",))}}
    assert plan([wish], have, force=True) or not refused
    if refused:
        with pytest.raises(LabError, match=r"v5 has 192.0.2.1/32 with a peer \(point to point\)"):
            plan([wish], have)
    else:
        plan([wish], have)


def test_what_is_on_top_goes_first() -> None:
    have = {"": {link.name: link for link in (CARD, replace(PORT, alias=MARK, kind="dummy"), BRIDGE, VLAN)}}
    have[""]["top"] = replace(VLAN, name="top", attributes={**VLAN.attributes, "parent": "v5"})
    gone = plan([Wish(name, state="absent") for name in ("br0", "v5", "eth1", "top")], have)
    names = [action.link for action in gone]
    assert names.index("top") < names.index("v5")
    assert names.index("eth1") < names.index("br0")


def test_a_bridge_may_go_when_its_port_moves() -> None:
    assert commands(Wish("br0", state="absent"), Wish("eth1", master="br1")) == [
        "ip link delete dev br0",
        "ip link set dev eth1 master br1",
    ]


def test_with_one_end_of_a_veth_goes_the_other() -> None:
    assert commands(Wish("a0", state="absent"), Wish("a1", "lab", state="absent")) in (
        ["ip link delete dev a0"],
        ["ip -n lab link delete dev a1"],
    )


def test_what_is_on_one_end_of_a_veth_goes_before_the_other() -> None:
    have = {**HAVE, "lab": {"a1": PEER, "on": replace(MACVLAN, name="on", attributes={"parent": "a1"})}}
    gone = plan([Wish("a0", state="absent"), Wish("on", "lab", state="absent")], have)
    assert [action.link for action in gone] == ["on", "a0"]


REFUSALS = [
    ([Wish("br0", state="absent")], "br0 is used by eth1 and the change removes it"),
    ([made("x0", "vxlan", id=8), Wish("top", master="br0")], "x0 is used by top and the change recreates it"),
    ([Wish("nobody")], "nobody does not exist; give its kind"),
    ([Wish("eth0", state="absent")], "physical or built-in"),
    ([made("v", "vlan", id=5)], "to make a vlan link its parent is needed"),
    ([made("v", "vlan", id=5, parent="nobody")], "parent 'nobody' does not exist"),
    ([made("eth0", "bridge")], "is a physical or built-in link, not a bridge link"),
    ([made("c", "veth", peer="eth0", peer_netns="")], "peer eth0 exists and has another peer"),
    ([made("a0", "veth", peer="eth0", peer_netns="")], "peer eth0 exists and has another peer"),
    ([made("c", "veth", peer="p", peer_netns=""), made("d", "veth", peer="p", peer_netns="")], "have the same peer p"),
    ([made("c", "veth", peer="p", peer_netns=""), Wish("p", state="absent")], "listed as absent"),
    ([made("c", "veth", peer="p", peer_netns=""), made("p", "veth", peer="q", peer_netns="")], "with another peer"),
    ([Wish("eth0", port={"cost": 1})], "port is for a port of a bridge"),
    ([Wish("eth0", vlans={})], None),
    ([Wish("eth0", vlans={5: ()}), Wish("eth0", "lab")], "vlans is for a port of a bridge"),
    ([Wish("eth1", master="", fdb=(FdbEntry("02:00:00:00:00:09"),))], "fdb is for a port of a bridge"),
    ([Wish("v5", mtu=1501, kind="vlan")], "mtu 1501 is more than the 1500 of its parent eth0"),
    ([replace(made("br0", "bridge", forward_delay=1, stp=True))], "forward_delay 1 is too short with stp"),
    ([replace(made("v", "vlan", parent="x0", id=9), state="up")], "cannot go up while its parent x0 is down"),
    ([made("m1", "macvlan", parent="m2"), made("m2", "macvlan", parent="m1")], "need each other"),
]


@pytest.mark.parametrize(("wishes", "words"), REFUSALS)
def test_refusal(wishes: list[Wish], words: str | None) -> None:
    if words is None:  # nothing is asked of what has nothing
        assert commands(*wishes) == []
        return
    with pytest.raises(LabError, match=words):
        commands(*wishes)

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Links made anew: what is given back and what is not, what the kernel would refuse, what is due after a failure."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import ApplyError, LabError
from ansible_collections.virtio.lab.plugins.module_utils._links import _due, _reconcile
from ansible_collections.virtio.lab.plugins.module_utils._links._apply import apply
from ansible_collections.virtio.lab.plugins.module_utils._links._change import diff
from ansible_collections.virtio.lab.plugins.module_utils._links._due import Due, Dues
from ansible_collections.virtio.lab.plugins.module_utils._links._model import MARK, Action, FdbEntry, Key, Link, Wish
from ansible_collections.virtio.lab.plugins.module_utils._links._plan import plan
from ansible_collections.virtio.lab.plugins.module_utils._links._reconcile import reconcile
from ansible_collections.virtio.lab.plugins.module_utils._runner import Result

from .kernel import NEW, NEW_PORT

OWN_VLAN = {1: ("pvid", "untagged")}
CARD = Link("u", "", True, 1500, "02:00:00:00:00:01", max_mtu=9000)
SMALL = Link("small", "", True, 1300, "02:00:00:00:00:02")
BRIDGE = Link("br", "bridge", True, 1500, alias=MARK, attributes=NEW["bridge"], vlans=OWN_VLAN)
OF_VXLAN = {**NEW["vxlan"], "id": 45, "remote": "192.0.2.9", "local": "192.0.2.1", "dstport": 4789}
VXLAN = Link(
    "x", "vxlan", True, 1500, "02:00:00:00:00:0a", "br", alias=MARK, attributes=OF_VXLAN,
    port={**NEW_PORT, "cost": 100}, vlans=OWN_VLAN, fdb=(),
)  # fmt: skip
MACVLAN = Link(
    "m", "macvlan", True, 1500, "02:00:00:00:00:0b", alias=MARK, attributes={"parent": "u", "mode": "bridge"}
)
VLAN = Link("v", "vlan", True, 1500, CARD.mac, alias=MARK, attributes={"parent": "u", "protocol": "802.1Q", "id": 5})
HAVE = {link.name: link for link in (CARD, SMALL, BRIDGE, VXLAN, MACVLAN, VLAN)}


def planned(*wishes: Wish, have: dict[str, Link] | None = None, **more: Any) -> list[Action]:
    links = HAVE if have is None else {**HAVE, **have}
    netns = {wish.netns for wish in wishes} | {wish.attributes.get("peer_netns", "") for wish in wishes}
    return plan(wishes, {"": links, **{name: {} for name in netns if name}}, **more)


def commands(*wishes: Wish, **more: Any) -> list[str]:
    return [action.command for action in planned(*wishes, **more)]


def made(name: str, kind: str, **attributes: Any) -> Wish:
    return Wish(name, kind=kind, attributes=attributes)


def test_a_vxlan_on_a_parent_keeps_its_bridge_and_has_the_mtu_that_fits() -> None:
    actions = planned(made("x", "vxlan", parent="u"))
    assert [action.command for action in actions] == [
        "ip link delete dev x",
        "ip link add name x type vxlan id 45 dev u remote 192.0.2.9 local 192.0.2.1 dstport 4789 learning",
        "ip link set dev x alias virtio.lab",
        "ip link set dev x address 02:00:00:00:00:0a",
        "ip link set dev x master br",
        "ip link set dev x up",
    ]
    shown = diff((action.label, change) for action in actions for change in action.changes)
    assert shown == {"before": {"x": {"parent": None, "mtu": 1500}}, "after": {"x": {"parent": "u", "mtu": 1450}}}


MTUS = [
    (made("x", "vxlan", parent="u"), VXLAN, None),  # 1500 does not fit
    (made("x", "vxlan", parent="u"), replace(VXLAN, mtu=1400), 1400),
    (made("x", "vxlan", parent="u"), replace(VXLAN, mtu=1450), 1450),
    (made("x", "vxlan", parent="u", remote="2001:db8::9", local="2001:db8::1"), replace(VXLAN, mtu=1450), None),
    (made("m", "macvlan", parent="small"), MACVLAN, None),
    (made("m", "macvlan", parent="small"), replace(MACVLAN, mtu=1280), 1280),
    (made("v", "vlan", parent="small"), VLAN, None),
    (made("v", "vlan", id=6), VLAN, 1500),
    (replace(made("v", "vlan", id=6), mtu=1400), VLAN, 1400),
    (
        Wish("t", kind="tun", attributes={"mode": "tap"}),
        Link("t", "tun", True, 65535, alias=MARK, attributes={"mode": "tun"}),
        None,
    ),
]


@pytest.mark.parametrize(("wish", "link", "mtu"), MTUS)
def test_an_mtu_that_does_not_fit_is_left_to_the_kernel(wish: Wish, link: Link, mtu: int | None) -> None:
    lines = [line for line in commands(wish, have={link.name: link}) if " mtu " in line]
    assert lines == ([] if mtu is None else [f"ip link set dev {wish.name} mtu {mtu}"])


def test_a_mac_address_that_is_the_parents_is_not_kept() -> None:
    assert not [line for line in commands(made("v", "vlan", parent="small")) if " address " in line]
    own = {"v": replace(VLAN, mac="02:00:00:00:00:0c")}
    assert "ip link set dev v address 02:00:00:00:00:0c" in commands(made("v", "vlan", parent="small"), have=own)
    alone = {"m": replace(MACVLAN, mac=CARD.mac, attributes={"parent": "u", "mode": "passthru"})}
    for wish in (made("m", "macvlan", mode="bridge"), made("m", "macvlan", parent="small")):
        assert not [line for line in commands(wish, have=alone) if " address " in line]
    assert not [line for line in commands(made("m", "macvlan", mode="passthru")) if " address " in line]


def test_a_mac_address_that_is_left_to_the_kernel_is_not_in_the_diff() -> None:
    actions = planned(made("m", "macvlan", mode="passthru"))
    shown = diff((action.label, change) for action in actions for change in action.changes)
    assert shown == {"before": {"m": {"mode": "bridge"}}, "after": {"m": {"mode": "passthru"}}}


def test_of_a_port_only_what_a_new_one_has_not_is_given_back() -> None:
    def settings(port: dict[str, Any], parent: Link | None = None) -> list[str]:
        attributes = {**OF_VXLAN, "parent": parent.name if parent else None}
        have = {
            "x": replace(VXLAN, mtu=1400, port=port, attributes=attributes),
            **({parent.name: parent} if parent else {}),
        }
        return [
            line.split("bridge_slave ")[1]
            for line in commands(made("x", "vxlan", id=46), have=have)
            if "bridge_s" in line
        ]

    assert settings({"cost": 100, "priority": 32, "isolated": False}) == []
    assert settings({"cost": 7, "priority": 8, "isolated": True}) == ["cost 7", "priority 8", "isolated on"]
    veth = Link("w", "veth", True, 1500, attributes={"peer": "z", "peer_netns": ""})
    assert settings({"cost": 2, "priority": 32, "isolated": False}, veth) == []
    assert settings({"cost": 2, "priority": 32, "isolated": False}, CARD) == ["cost 2"]  # of a speed not known here


def test_an_address_for_a_time_is_given_back_for_that_time_and_a_routers_one_is_left_to_the_router() -> None:
    addresses = ("192.0.2.5/24", "192.0.2.6/24", "2001:db8::5/64", "2001:db8::6/64")
    lifetimes = {"192.0.2.5/24": (3000, 2000), "2001:db8::5/64": (3000, 2000)}
    have = {"m": replace(MACVLAN, addresses=addresses, lifetimes=lifetimes)}
    assert [
        line
        for line in commands(made("m", "macvlan", parent="small"), have=have)
        if " add 192" in line or " add 20" in line
    ] == [
        "ip address add 192.0.2.5/24 dev m valid_lft 3000 preferred_lft 2000",
        "ip address add 192.0.2.6/24 dev m",
        "ip address add 2001:db8::6/64 dev m",
    ]


ENDS = {
    "a": Link("a", "veth", True, 1500, alias=MARK, attributes={"peer": "b", "peer_netns": ""}),
    "b": Link(
        "b", "veth", True, 1400, "02:00:00:00:00:0d", "br", ("192.0.2.7/24",), alias=MARK,
        attributes={"peer": "a", "peer_netns": ""}, port={**NEW_PORT, "cost": 9}, vlans=OWN_VLAN, fdb=(),
        altnames=("other",),
    ),
}  # fmt: skip


def test_the_other_end_of_a_veth_gets_back_what_it_had_by_its_new_name() -> None:
    lines = commands(made("a", "veth", peer="c", peer_netns=""), have=ENDS)
    assert [line for line in lines if " dev c" in line] == [
        "ip link set dev c alias virtio.lab",
        "ip link set dev c mtu 1400",
        "ip link set dev c address 02:00:00:00:00:0d",
        "ip link set dev c master br",
        "ip link set dev c type bridge_slave cost 9",
        "ip address add 192.0.2.7/24 dev c",
        "ip link set dev c up",
        "ip link property add dev c altname other",
    ]
    elsewhere = commands(made("a", "veth", peer="b", peer_netns="lab"), have=ENDS)
    assert [line for line in elsewhere if "lab " in line and " dev b" in line] == [
        "ip -n lab link set dev b alias virtio.lab",
        "ip -n lab link set dev b mtu 1400",
        "ip -n lab link set dev b address 02:00:00:00:00:0d",
        "ip -n lab address add 192.0.2.7/24 dev b",
        "ip -n lab link set dev b up",
        "ip -n lab link property add dev b altname other",
    ]
    listed = commands(made("a", "veth", peer="c", peer_netns=""), Wish("c", state="down", master=""), have=ENDS)
    assert "ip link set dev c up" not in listed
    assert "ip link set dev c master br" not in listed


def test_an_end_that_cannot_be_seen_is_not_lost() -> None:
    unseen = {"a": replace(ENDS["a"], attributes={"peer": None, "peer_netns": None})}
    with pytest.raises(LabError, match="its other end is in a network namespace without a name"):
        planned(made("a", "veth", peer="c", peer_netns=""), have=unseen)
    assert planned(made("a", "veth", peer="c", peer_netns=""), have=unseen, force=True)


REFUSALS = [
    (replace(made("x", "vxlan"), mtu=1500), {"x": replace(VXLAN, mtu=1450, attributes={**OF_VXLAN, "parent": "u"})},
     "x: mtu 1500 is more than the 1450 that the 1500 of its parent u leaves to VXLAN over IPv4"),
    (replace(made("x", "vxlan", parent="u"), mtu=1500), {}, "mtu 1500 is more than the 1450"),
    (replace(made("y", "vxlan", id=1, parent="u", remote="2001:db8::1"), mtu=1431), {}, "than the 1430 .* over IPv6"),
    (replace(made("y", "vxlan", id=1, parent="u", local="2001:db8::1"), mtu=1431), {}, "than the 1430 .* over IPv6"),
    (replace(made("w", "macvlan", parent="small"), mtu=1301), {}, "mtu 1301 is more than the 1300 of its parent small"),
    (replace(made("m", "macvlan", parent="small"), mtu=1301), {}, "mtu 1301 is more than the 1300 of its parent small"),
    (Wish("u", mtu=9001), {}, "mtu 9001 is more than the 9000 that this link takes"),
    (Wish("t", kind="tun", attributes={"mode": "tap"}, mtu=65535),
     {"t": Link("t", "tun", True, 1500, alias=MARK, attributes={"mode": "tun"})}, "more than 65521"),
    (made("x", "vxlan", parent="small"), {"x": replace(VXLAN, addresses=("2001:db8::5/64",))},
     "IPv6 addresses need an mtu of 1280 or more, not 1250"),
    (Wish("m", mtu=1200), {"m": replace(MACVLAN, addresses=("2001:db8::5/64", "fe80::1/64"))},
     "m has 2001:db8::5/64, which an mtu of 1200 would take away"),
    (made("y", "vxlan", id=45), {}, "y: x has id 45 at port 4789 already"),
    (made("x", "vxlan", remote="2001:db8::9"), {}, "are of different IP versions"),
    (made("y", "vxlan", id=1, remote="239.1.1.1"), {}, "remote 239.1.1.1 is a multicast group, which needs a parent"),
    (made("y", "vxlan", id=1, local="239.1.1.1"), {}, "local 239.1.1.1 is a multicast group"),
    (replace(made("y", "vxlan", id=1, remote="192.0.2.7"), fdb=(FdbEntry("02:00:00:00:00:09", 0, "2001:db8::1"),)), {},
     "has dst 2001:db8::1, but it sends by IPv4"),
    (made("x", "vxlan", remote="2001:db8::9", local="2001:db8::1"),
     {"x": replace(VXLAN, fdb=(FdbEntry("02:00:00:00:00:09", 0, "192.0.2.8"),))}, "has dst 192.0.2.8, but .* by IPv6"),
    (made("w", "vlan", parent="u", id=5), {}, "w: VLAN 5 of u is v; give another id"),
    (made("w", "macvlan", parent="u", mode="passthru"), {}, "beside m: one of mode passthru is alone there"),
    (made("m", "macvlan", mode="passthru"), {"n": replace(MACVLAN, name="n")}, "beside n: one of mode passthru"),
    (made("w", "macvlan", parent="p"), {"p": replace(CARD, name="p", master="br")}, "p, which is a port of br"),
    (Wish("u", master="br"), {}, "u cannot be a port of bridge br while m is on top of it"),
    (Wish("b2", master="br"), {"b2": replace(BRIDGE, name="b2")}, "b2 is a bridge, which cannot be a port of bridge"),
]  # fmt: skip


@pytest.mark.parametrize(("wish", "have", "words"), REFUSALS)
def test_what_the_kernel_would_refuse_later_is_refused_before(wish: Wish, have: dict[str, Link], words: str) -> None:
    with pytest.raises(LabError, match=words):
        planned(wish, have=have)


def test_what_the_kernel_takes_is_not_refused() -> None:
    assert commands(made("y", "vxlan", id=45, remote="2001:db8::1"))  # the other IP version is another VXLAN
    assert commands(replace(made("x", "vxlan"), mtu=1500)) == []  # as it is
    vrf = {"p": replace(CARD, name="p", master="red"), "red": Link("red", "vrf", True, 65536)}
    assert commands(made("w", "macvlan", parent="p"), have=vrf)


def test_on_top_of_a_macvlan_is_on_its_parent() -> None:
    assert commands(made("n", "macvlan", parent="m", mode="bridge"))[0] == (
        "ip link add link u name n type macvlan mode bridge"
    )
    assert commands(made("n", "macvlan", parent="m"), have={"n": replace(MACVLAN, name="n")}) == []


OLD = replace(
    MACVLAN, master="br", addresses=("192.0.2.7/24", "fe80::1/64"), port={**NEW_PORT, "cost": 9}, vlans=OWN_VLAN
)
BARE = replace(MACVLAN, up=False, mac="02:00:00:00:00:ee", port={}, vlans={})


@pytest.mark.parametrize(
    ("wish", "there", "lines"),
    [
        (Wish("m"), BARE, [
            "address 02:00:00:00:00:0b", "master br", "type bridge_slave cost 9",
            "address add 192.0.2.7/24 dev m", "up",
        ]),
        (Wish("m", state="down", master="", addresses=(), mac=BARE.mac), BARE, []),
        (Wish("m", state="absent"), BARE, ["link delete dev m"]),
        (Wish("m"), OLD, []),
        # what it was given since stays
        (Wish("m"), replace(OLD, master="br2", mac=MACVLAN.mac), []),
        (Wish("m"), replace(OLD, addresses=("192.0.2.8/24",)), ["address add 192.0.2.7/24 dev m"]),
        (Wish("m", kind="macvlan"), None, [
            "link add link u name m type macvlan mode bridge", "alias virtio.lab", "mtu 1500",
            "address 02:00:00:00:00:0b",
            "master br", "type bridge_slave cost 9", "address add 192.0.2.7/24 dev m", "up",
        ]),
        (Wish("m", kind="dummy"), None, ["link add name m type dummy", "alias virtio.lab"]),
    ],
)  # fmt: skip
def test_what_was_lost_is_due(wish: Wish, there: Link | None, lines: list[str]) -> None:
    have = {**HAVE, "br2": replace(BRIDGE, name="br2")}
    have.pop("m")
    if there:
        have["m"] = there
    actions = plan([wish], {"": have}, lost={("", "m"): OLD})
    assert [" ".join(action.words).replace("link set dev m ", "") for action in actions] == lines


def test_dues_are_written_down_and_struck_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = {"": "11", "lab": "22", "gone": ""}
    monkeypatch.setattr(_due, "_number", numbers.__getitem__)
    folder = str(tmp_path / "locks")
    link = replace(OLD, fdb=(FdbEntry("02:00:00:00:00:09", 5),), lifetimes={"192.0.2.7/24": (10, 5)})
    owed: dict[Key, tuple[Key, Link]] = {("", "m"): (("", "m"), link), ("lab", "n"): (("", "m"), OLD)}
    Dues(folder).add(owed)
    found = Dues(folder).of([Wish("m")])
    assert found == [Due("11", "", "m", ("11", "m"), link), Due("22", "lab", "n", ("11", "m"), OLD)]
    assert Dues(folder).of([Wish("m", "lab")]) == []
    assert (tmp_path / "locks" / "links.due").stat().st_mode & 0o777 == 0o600
    Dues(folder).index({"": {"m": replace(BARE, index=7)}})
    assert [due.index for due in Dues(folder).of([Wish("m")])] == [7, 0]
    numbers["lab"] = "33"  # another namespace of that name owes nothing
    assert [due.name for due in Dues(folder).of([Wish("m")])] == ["m"]
    dues = Dues(folder)
    dues.settle(dues.of([Wish("m")]))
    numbers["lab"] = "22"
    dues = Dues(folder)
    dues.settle(dues.of([Wish("n", "lab")]))
    assert not (tmp_path / "locks" / "links.due").exists()


@pytest.mark.parametrize("text", ["", "[", "[1]", '[{"name": "m"}]', '{"a": 1}'])
def test_a_file_that_says_nothing_owes_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "links.due").write_text(text)
    assert Dues(str(tmp_path)).of([Wish("m")]) == []


class Kernel:
    """`ip` with a macvlan, which refuses the lines that have a word, until it is told otherwise."""

    def __init__(self, refuses: str) -> None:
        self.refuses = refuses
        self.index = 5
        self.done: list[str] = []
        self.addresses = [{"local": "192.0.2.7", "prefixlen": 24}, {"local": "2001:db8::7", "prefixlen": 64}]

    def __call__(self, argv: list[str], stdin: str | None = None, check: bool = True) -> Result:
        if "-batch" not in argv:
            base = {"flags": ["UP"], "mtu": 1500, "link_type": "ether", "ifalias": MARK, "address": CARD.mac}
            parents = [{**base, "ifname": name, "ifindex": at} for at, name in enumerate(("u", "small"), 2)]
            data = {"info_kind": "macvlan", "info_data": {"mode": "bridge"}}
            link = {**base, "ifname": "m", "ifindex": self.index, "address": "02:00:00:00:00:0b", "link": "u"}
            return Result(0, json.dumps([*parents, {**link, "linkinfo": data, "addr_info": self.addresses}]), "")
        for at, line in enumerate((stdin or "").splitlines()):
            if self.refuses and self.refuses in line:
                return Result(1, "", f"Error: no.\nCommand failed -:{at + 1}\n")
            self.done.append(line)
            if line.startswith("link delete"):
                self.addresses, self.index = [], self.index + 1
            elif line.startswith("address add"):
                address, prefix = line.split()[2].split("/")
                self.addresses.append({"local": address, "prefixlen": int(prefix)})
        return Result(0, "", "")


def test_after_a_failure_the_rest_is_given_back_and_what_is_missing_stays_due(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_due, "lock_folder", lambda: str(tmp_path / "locks"))
    monkeypatch.setattr(_reconcile, "holders", lambda links, runner: {})
    kernel = Kernel("2001:db8")
    wish = Wish("m", kind="macvlan", attributes={"mode": "passthru"})
    with pytest.raises(
        ApplyError, match=r"1 after it were too, which give back what was lost .*; 0 after it were"
    ) as failed:
        reconcile([wish], False, False, kernel)
    assert failed.value.applied[-1] == "ip link set dev m up"
    assert kernel.done[-1] == "link set dev m up"
    again = Wish("m")
    for check_mode in (True, False):
        if check_mode:
            assert reconcile([again], False, True, kernel)[0]["commands"] == ["ip address add 2001:db8::7/64 dev m"]
        else:
            with pytest.raises(ApplyError):
                reconcile([again], False, False, kernel)
    kernel.refuses = ""
    assert reconcile([again], False, False, kernel)[0]["changed"]
    assert kernel.done[-1] == "address add 2001:db8::7/64 dev m"
    assert not reconcile([again], False, False, kernel)[0]["changed"]


def test_another_link_of_the_name_owes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_due, "lock_folder", lambda: str(tmp_path / "locks"))
    monkeypatch.setattr(_reconcile, "holders", lambda links, runner: {})
    kernel = Kernel("2001:db8")
    with pytest.raises(ApplyError):
        reconcile([Wish("m", kind="macvlan", attributes={"mode": "passthru"})], False, False, kernel)
    kernel.index += 1
    assert not reconcile([Wish("m")], False, False, kernel)[0]["changed"]


def test_where_the_new_link_is_refused_nothing_of_it_is_tried() -> None:
    kernel = Kernel("link add")
    with pytest.raises(ApplyError, match="after it were not run"):
        apply(planned(made("m", "macvlan", parent="small")), kernel)
    assert kernel.done == ["link delete dev m"]

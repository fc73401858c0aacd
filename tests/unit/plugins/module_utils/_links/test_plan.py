# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The planner of TUN/TAP devices: a decision table, and convergence on a model of the kernel.

The model below is small; that the kernel behaves like it is what the integration target tuntap checks.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._change import diff
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Action, Device, Link
from ansible_collections.virtio.lab.plugins.module_utils._links._plan import plan

TAP = Link("tap0", "tun", up=True, mtu=1500, mac="02:00:00:00:00:01", mode="tap", owner=1000)
BRIDGE = Link("br0", "bridge", up=True, mtu=1500)
KEEP = "link set dev tap0"

DECISIONS = [
    # wanted beside the name, what is there, lines
    ({}, None, ["tuntap add dev tap0 mode tap"]),
    ({}, TAP, []),
    ({"state": "absent"}, None, []),
    ({"state": "absent"}, TAP, ["link delete dev tap0"]),
    ({"state": "up"}, TAP, []),
    ({"state": "down"}, TAP, [f"{KEEP} down"]),
    ({"state": "up"}, replace(TAP, up=False), [f"{KEEP} up"]),
    ({"mtu": 9000}, TAP, [f"{KEEP} mtu 9000"]),
    ({"mac": "02:00:00:00:00:02"}, TAP, [f"{KEEP} address 02:00:00:00:00:02"]),
    ({"bridge": "br0"}, TAP, [f"{KEEP} master br0"]),
    ({"bridge": ""}, replace(TAP, bridge="br0"), [f"{KEEP} nomaster"]),
    ({"addresses": ("192.0.2.1/24",)}, TAP, ["address add 192.0.2.1/24 dev tap0"]),
    (
        {"addresses": ()},
        replace(TAP, addresses=("192.0.2.1/24", "fe80::1/64")),
        ["address delete 192.0.2.1/24 dev tap0"],
    ),
    (
        {"state": "down", "addresses": ("2001:db8::1/64",)},
        replace(TAP, addresses=("2001:db8::1/64",)),
        [f"{KEEP} down", "address add 2001:db8::1/64 dev tap0"],
    ),
    (
        {"mode": "tun", "multi_queue": True, "packet_info": True, "group": 5, "state": "up"},
        None,
        ["tuntap add dev tap0 mode tun group 5 multi_queue pi", f"{KEEP} up"],
    ),
    (
        {"vnet_hdr": True},
        replace(TAP, bridge="br0", mtu=1400, addresses=("192.0.2.1/24", "fe80::1/64")),
        [
            "link delete dev tap0",
            "tuntap add dev tap0 mode tap user 1000 vnet_hdr",
            f"{KEEP} mtu 1400",
            f"{KEEP} address 02:00:00:00:00:01",
            f"{KEEP} master br0",
            "address add 192.0.2.1/24 dev tap0",
            f"{KEEP} up",
        ],
    ),
]


def lines(actions: list[Action]) -> list[str]:
    return [" ".join(action.words) for action in actions]


@pytest.mark.parametrize(("wanted", "there", "expected"), DECISIONS)
def test_decision(wanted: dict, there: Link | None, expected: list[str]) -> None:
    have = {"": {"br0": BRIDGE, **({"tap0": there} if there else {})}}
    assert lines(plan([Device("tap0", **wanted)], have)) == expected


REFUSALS = [
    ({"name": "br0"}, "is a bridge link"),
    ({"name": "br0", "state": "absent"}, "is a bridge link"),
    ({"name": "other"}, "alternative name of link lo"),
    ({"name": "tap0", "bridge": "br9"}, "does not exist there"),
    ({"name": "tap0", "bridge": "lo"}, "not a bridge"),
    ({"name": "tap0", "mtu": 1000, "addresses": ("2001:db8::1/64",)}, "1280 or more, not 1000"),
    ({"name": "tun0", "bridge": "br0"}, "needs mode tap"),
]


@pytest.mark.parametrize(("wanted", "words"), REFUSALS)
def test_refusal(wanted: dict, words: str) -> None:
    loopback = Link("lo", "", up=True, mtu=65536, altnames=("other",))
    links = [TAP, BRIDGE, loopback, replace(TAP, name="tun0", mode="tun")]
    with pytest.raises(LabError, match=words):
        plan([Device(**wanted)], {"": {link.name: link for link in links}})


class Kernel:
    """What `ip -batch` does to links, as far as the planner's lines go."""

    def __init__(self, links: list[Link]) -> None:
        self.links = {link.name: link for link in links}

    def run(self, words: tuple[str, ...]) -> None:
        if words[:2] == ("tuntap", "add"):
            return self._add(words)
        name = words[words.index("dev") + 1]
        link = self.links[name]
        if words[:2] == ("link", "delete"):
            del self.links[name]
        elif words[0] == "address":
            self._address(link, words[1], words[2])
        else:
            self._set(link, words[4:])
        return None

    def _add(self, words: tuple[str, ...]) -> None:
        options = dict(zip(words[2::2], words[3::2], strict=False))
        name = options["dev"]
        assert name not in self.links, "EBUSY"
        number = {key: int(options[word]) for key, word in (("owner", "user"), ("group", "group")) if word in options}
        flags = {key: word in words for key, word in (("multi_queue",) * 2, ("vnet_hdr",) * 2, ("packet_info", "pi"))}
        mac = "02:ff:ff:ff:ff:ff" if options["mode"] == "tap" else None
        self.links[name] = Link(name, "tun", up=False, mtu=1500, mac=mac, mode=options["mode"], **number, **flags)

    def _address(self, link: Link, verb: str, address: str) -> None:
        assert (address in link.addresses) == (verb == "delete"), "EEXIST or EADDRNOTAVAIL"
        assert ":" not in address or link.mtu >= 1280, "EINVAL"
        rest = tuple(other for other in link.addresses if other != address)
        self.links[link.name] = replace(link, addresses=rest if verb == "delete" else (*rest, address))

    def _set(self, link: Link, words: tuple[str, ...]) -> None:
        if words[0] == "down":
            link = replace(link, up=False, addresses=tuple(a for a in link.addresses if ":" not in a))
        elif words[0] == "up":
            link = replace(link, up=True)
        elif words[0] == "mtu":
            mtu = int(words[1])
            link = replace(link, mtu=mtu, addresses=tuple(a for a in link.addresses if ":" not in a or mtu >= 1280))
        else:
            link = replace(
                link,
                mac=words[1] if words[0] == "address" else link.mac,
                bridge={"master": words[-1], "nomaster": ""}.get(words[0], link.bridge),
            )
        self.links[link.name] = link


ADDRESSES = st.lists(
    st.sampled_from(["192.0.2.1/24", "198.51.100.1/25", "2001:db8::1/64", "2001:db8::2/64"]), unique=True
).map(tuple)
MACS = st.sampled_from(["02:00:00:00:00:01", "02:00:00:00:00:02"])
IDS = st.sampled_from([0, 1000])
NAMES = st.sampled_from(["a", "b", "c"])


@st.composite
def existing(draw: st.DrawFn) -> list[Link]:
    names = draw(st.lists(NAMES, unique=True))
    return [draw(_link(name)) for name in names] + [BRIDGE]


@st.composite
def _link(draw: st.DrawFn, name: str) -> Link:
    mode = draw(st.sampled_from(["tap", "tun"]))
    mtu = draw(st.sampled_from([1000, 1500, 9000]))
    addresses = tuple(a for a in draw(ADDRESSES) if ":" not in a or mtu >= 1280)
    return Link(
        name,
        "tun",
        up=draw(st.booleans()),
        mtu=mtu,
        mac=draw(MACS) if mode == "tap" else None,
        bridge=draw(st.sampled_from(["", "br0"])) if mode == "tap" else "",
        addresses=addresses,
        mode=mode,
        owner=draw(st.none() | IDS),
        group=draw(st.none() | IDS),
        multi_queue=draw(st.booleans()),
        vnet_hdr=draw(st.booleans()),
        packet_info=draw(st.booleans()),
    )


@st.composite
def wanted(draw: st.DrawFn) -> list[Device]:
    optional = st.none() | st.booleans()
    return [
        Device(
            name,
            state=draw(st.sampled_from(["present", "up", "down", "absent"])),
            mode="tap",
            owner=draw(st.none() | IDS),
            group=draw(st.none() | IDS),
            multi_queue=draw(optional),
            vnet_hdr=draw(optional),
            packet_info=draw(optional),
            mtu=draw(st.sampled_from([None, 1280, 1500, 9000])),
            mac=draw(st.none() | MACS),
            bridge=draw(st.sampled_from([None, "", "br0"])),
            addresses=draw(st.none() | ADDRESSES),
        )
        for name in draw(st.lists(NAMES, unique=True))
    ]


@given(devices=wanted(), links=existing())
def test_planning_again_after_applying_is_empty(devices: list[Device], links: list[Link]) -> None:
    kernel = Kernel(links)
    try:
        actions = plan(devices, {"": dict(kernel.links)})
    except LabError:  # an MTU that was there leaves no room for the IPv6 addresses wanted
        assert any(link.mtu < 1280 for link in links)
        return
    for action in actions:
        kernel.run(action.words)
    assert plan(devices, {"": kernel.links}) == []


@given(devices=wanted(), links=existing())
def test_the_diff_is_what_happened_to_the_links(devices: list[Device], links: list[Link]) -> None:
    kernel = Kernel(links)
    before = dict(kernel.links)
    try:
        actions = plan(devices, {"": before})
    except LabError:
        return
    for action in actions:
        kernel.run(action.words)
    shown = diff((action.device, change) for action in actions for change in action.changes)
    for side, state in (("before", before), ("after", kernel.links)):
        for name, attributes in shown[side].items():
            link = state.get(name)
            for attribute, value in attributes.items():
                if attribute == "state":
                    assert value == ("absent" if link is None else "up" if link.up else "down")
                elif link is not None:
                    actual = getattr(link, attribute)
                    assert value == (sorted(actual) if attribute == "addresses" else actual)

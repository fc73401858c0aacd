# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Properties of the planner, on the model of the kernel: it converges, and its diff is what happens."""

from __future__ import annotations

import contextlib
from dataclasses import fields, replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._change import diff
from ansible_collections.virtio.lab.plugins.module_utils._links._model import (
    MARK,
    Action,
    FdbEntry,
    Link,
    Wish,
    label,
)
from ansible_collections.virtio.lab.plugins.module_utils._links._plan import plan
from ansible_collections.virtio.lab.plugins.module_utils._links._port import fdb_shown, vlans_shown

from .kernel import NEW_PORT, Kernel

# The kind goes by the name, so that most draws can be met; test_plan has what cannot.
KIND_OF = {
    "t1": "tun", "t2": "tun", "g1": "bridge", "v1": "veth", "w1": "veth", "m1": "macvlan", "m2": "macvlan",
    "l1": "vlan", "l2": "vlan", "x1": "vxlan", "u1": "dummy",
}  # fmt: skip
NAMES = st.sampled_from(list(KIND_OF))
PARENTS = st.sampled_from(["u0", "u0", "br0", "u1", "t1", "l1", "m2"])
REQUIRED = {"macvlan": ["parent"], "vlan": ["parent", "id"], "vxlan": ["id"], "veth": ["peer", "peer_netns"]}
NAMESPACES = st.sampled_from(["", "n"])
ADDRESSES = st.lists(
    st.sampled_from(["192.0.2.1/24", "192.0.2.2/24", "192.0.2.3/24", "2001:db8::1/64", "2001:db8::2/64"]), unique=True
).map(tuple)
MACS = st.sampled_from(["02:00:00:00:00:01", "02:00:00:00:00:02"])
BOOLEANS = st.booleans()
FLAGS = st.sampled_from([(), ("untagged",), ("pvid", "untagged")])
STATES = st.sampled_from(["present", "up", "up", "down", "absent"])
FDB = st.lists(st.builds(FdbEntry, MACS, st.sampled_from([0, 1, 5]), st.just("")), unique=True).map(tuple)
ENDPOINTS = st.lists(
    st.builds(FdbEntry, MACS, st.just(0), st.sampled_from(["192.0.2.8", "192.0.2.9"])), unique=True
).map(tuple)
VLANS = st.dictionaries(st.sampled_from([1, 5, 9]), FLAGS).filter(
    lambda vlans: sum("pvid" in flags for flags in vlans.values()) < 2
)
PORT = {"cost": st.sampled_from([2, 7]), "priority": st.sampled_from([32, 8]), "isolated": BOOLEANS}
BRIDGES = st.sampled_from(["br0", "br1"])
VALUES: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "tun": {
        "mode": st.just("tap"), "owner": st.sampled_from([0, 1000]), "group": st.sampled_from([0, 5]),
        "multi_queue": BOOLEANS, "vnet_hdr": BOOLEANS, "packet_info": BOOLEANS,
    },
    "bridge": {
        "stp": BOOLEANS, "forward_delay": st.sampled_from([0, 4, 15]), "priority": st.sampled_from([4096, 32768]),
        "vlan_filtering": BOOLEANS,
    },
    "veth": {"peer": st.sampled_from(["w1", "p", "q"]), "peer_netns": NAMESPACES},
    "macvlan": {"parent": PARENTS, "mode": st.sampled_from(["vepa", "bridge", "passthru"])},
    "vlan": {"parent": PARENTS, "id": st.sampled_from([1, 2]), "protocol": st.sampled_from(["802.1Q", "802.1ad"])},
    "vxlan": {
        "id": st.sampled_from([1, 2]), "remote": st.sampled_from(["192.0.2.1", "239.1.1.1", "2001:db8::9"]),
        "learning": BOOLEANS, "dstport": st.sampled_from([4789, 8472]), "parent": PARENTS,
    },
    "dummy": {},
}  # fmt: skip
UPLINK = Link("u0", "", True, 1500, "02:00:00:00:00:09", vlans={}, fdb=())


@st.composite
def wishes(draw: st.DrawFn) -> list[Wish]:
    keys = draw(st.lists(st.tuples(NAMESPACES, NAMES), unique=True, max_size=6))
    return [draw(_wish(netns, name)) for netns, name in keys]


@st.composite
def _wish(draw: st.DrawFn, netns: str, name: str) -> Wish:
    kind = KIND_OF[name]
    values = VALUES[kind]
    required = {option: values[option] for option in REQUIRED.get(kind, [])}
    chosen = draw(st.fixed_dictionaries(required, optional={key: values[key] for key in values if key not in required}))
    if (chosen.get("peer_netns"), chosen.get("peer")) == (netns, name):
        chosen["peer"] = "p"
    master = None if kind == "bridge" else draw(st.none() | st.just("") | BRIDGES)
    port = bool(master)
    return Wish(
        name,
        netns,
        draw(STATES),
        kind,
        chosen,
        mtu=draw(st.sampled_from([None, None, 1280, 1400, 1450, 1500])),
        mac=draw(st.none() | MACS),
        master=master,
        addresses=draw(st.none() | ADDRESSES),
        port=draw(st.fixed_dictionaries({}, optional=PORT)) if port else {},
        vlans=draw(st.none() | VLANS) if port else None,
        fdb=draw(st.none() | (FDB if port else ENDPOINTS)) if port or kind == "vxlan" else None,
    )


@st.composite
def kernels(draw: st.DrawFn) -> Kernel:
    """A world that the planner itself could have made, and what others did to it since."""
    kernel = Kernel({netns: [*map(Kernel.made_bridge, ("br0", "br1")), UPLINK] for netns in ("", "n")})
    with contextlib.suppress(LabError):
        carry_out(plan(draw(wishes()), kernel.copy(), force=True), kernel)
    for netns, links in kernel.copy().items():
        for link in links.values():
            changed = replace(link, alias=draw(st.sampled_from([MARK, "", "theirs"])), up=draw(BOOLEANS))
            if link.master:
                changed = replace(changed, vlans=draw(VLANS), port={**NEW_PORT, "cost": draw(PORT["cost"])})
            kernel.links[netns][link.name] = changed
    return kernel


def carry_out(actions: list[Action], kernel: Kernel) -> None:
    for action in actions:
        kernel.run(action)


@given(wanted=wishes(), kernel=kernels(), force=BOOLEANS)
def test_planning_again_after_applying_is_empty(wanted: list[Wish], kernel: Kernel, force: bool) -> None:
    try:
        actions = plan(wanted, kernel.copy(), force)
    except LabError:
        return
    carry_out(actions, kernel)
    assert [action.command for action in plan(wanted, kernel.copy(), force)] == []


@given(wanted=wishes(), kernel=kernels())
def test_the_diff_is_what_happened_to_the_links(wanted: list[Wish], kernel: Kernel) -> None:
    before = kernel.copy()
    try:
        actions = plan(wanted, before, force=True)
    except LabError:
        return
    carry_out(actions, kernel)
    shown = diff((action.label, change) for action in actions for change in action.changes)
    for side, state in (("before", before), ("after", kernel.links)):
        links = {label(netns, name): link for netns, there in state.items() for name, link in there.items()}
        for name, attributes in shown[side].items():
            for attribute, value in attributes.items():
                assert value == _actual(links.get(name), attribute, value), (side, name, attribute)


@given(wanted=wishes(), kernel=kernels())
def test_without_force_nothing_is_removed_that_others_made(wanted: list[Wish], kernel: Kernel) -> None:
    theirs = {
        (netns, name) for netns, links in kernel.links.items() for name, link in links.items() if link.alias != MARK
    }
    try:
        actions = plan(wanted, kernel.copy())
    except LabError:
        return
    assert not [action.command for action in actions if action.words[:2] == ("link", "delete") and action.key in theirs]


@given(wanted=wishes(), kernel=kernels(), order=st.randoms(use_true_random=False))
def test_the_order_of_the_list_does_not_matter(wanted: list[Wish], kernel: Kernel, order: Any) -> None:
    shuffled = list(wanted)
    order.shuffle(shuffled)
    worlds = []
    for some in (wanted, shuffled):
        try:
            actions = plan(some, kernel.copy(), force=True)
        except LabError:
            worlds.append(None)
            continue
        world = Kernel({netns: list(links.values()) for netns, links in kernel.copy().items()})
        carry_out(actions, world)
        worlds.append(world.links)
    assert worlds[0] == worlds[1]


def _actual(link: Link | None, attribute: str, shown: Any) -> Any:
    """What the diff should show of the link; of one that is not there anything is right."""
    if attribute == "state":
        return "absent" if link is None else link.state
    if link is None:
        return shown
    if attribute.startswith("port "):
        return link.port.get(attribute[5:])
    if attribute == "vlans":
        return vlans_shown(link.vlans)
    if attribute == "fdb":
        return fdb_shown(link.fdb)
    if attribute == "addresses":
        return sorted(link.addresses)
    if attribute in {each.name for each in fields(Link)}:
        return getattr(link, attribute)
    return link.attributes[attribute]

# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The decision table of the network planner."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._network import Definition, Network, Route, World
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._network_plan import diff, facts, plan
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._network_wish import wish

EMPTY = World((), (), ())
OPTIONS = {"name": "net", "lab": "lab", "mode": "nat", "subnet": "10.0.0.0/24"}
WANT = wish(OPTIONS)
OTHER = wish({**OPTIONS, "subnet": "10.0.1.0/24"})
LEASES = wish({**OPTIONS, "hosts": [{"mac": "52:54:00:00:00:01", "address": "10.0.0.9"}]})
MADE = replace(WANT, bridge="virbr9", hosts=())


def network(configured=MADE, live=MADE, *, persistent=True, autostart=False, guests=()):
    return Network(configured, live, persistent, autostart, guests, "")


def steps(want, have, state, autostart=None, world=EMPTY):
    return [action.action for action in plan(want, have, state=state, autostart=autostart, world=world)]


@pytest.mark.parametrize(
    ("want", "have", "state", "autostart", "expected"),
    [
        (WANT, None, "present", None, ["define"]),
        (WANT, None, "inactive", False, ["define"]),
        (WANT, None, "active", True, ["define", "autostart", "start"]),
        (WANT, None, "absent", None, []),
        (WANT, network(), "active", False, []),
        (WANT, network(), "present", None, []),
        (WANT, network(), "active", True, ["autostart"]),
        (WANT, network(), "inactive", None, ["stop"]),
        (WANT, network(), "absent", None, ["stop", "undefine"]),
        (WANT, network(live=None), "present", None, []),
        (WANT, network(live=None), "active", None, ["start"]),
        (WANT, network(live=None), "absent", None, ["undefine"]),
        (WANT, network(persistent=False), "present", None, ["define"]),
        (WANT, network(persistent=False), "absent", None, ["stop"]),
        (OTHER, network(), "present", None, ["define", "restart"]),
        (OTHER, network(), "inactive", None, ["define", "stop"]),
        (OTHER, network(live=None), "active", None, ["define", "start"]),
        (WANT, network(live=replace(MADE, mode="open")), "present", None, ["restart"]),
        (LEASES, network(), "present", None, ["define", "update_hosts"]),
        (LEASES, network(live=None), "present", None, ["define"]),
    ],
)
def test_steps(want, have, state, autostart, expected):
    assert steps(want, have, state, autostart) == expected


@pytest.mark.parametrize("state", ["present", "active", "inactive", "absent"])
@pytest.mark.parametrize(("lab", "says"), [(None, "was not made by a lab"), ("theirs", "belongs to the lab 'theirs'")])
def test_what_is_not_ours_is_not_touched(state, lab, says):
    with pytest.raises(LabError, match=says):
        steps(WANT, network(replace(MADE, lab=lab)), state)


@pytest.mark.parametrize(("want", "state"), [(OTHER, "present"), (WANT, "inactive"), (WANT, "absent")])
def test_attached_guests_are_not_cut_off(want, state):
    with pytest.raises(LabError, match=r"guests attached \(a, b\)"):
        steps(want, network(guests=("a", "b")), state)


def test_attached_guests_do_not_hinder_the_rest():
    assert steps(LEASES, network(guests=("a",)), "active", True) == ["define", "autostart", "update_hosts"]


@pytest.mark.parametrize(
    ("world", "says"),
    [
        (World((Definition("n", subnet="10.0.0.128/25"),), (), ()), r"overlaps 10\.0\.0\.128/25 of the network n"),
        (World((Definition("n", bridge="br-w"),), (), ()), "bridge br-w is that of the network n"),
        (World((), ("lo", "br-w"), ()), "a link named br-w"),
        (World((), (), (Route("10.0.0.0/8", "eth0"),)), r"route to 10\.0\.0\.0/8 by eth0"),
    ],
)
def test_clashes(world, says):
    want = replace(WANT, bridge="br-w")
    for have in (None, network(live=None)):
        with pytest.raises(LabError, match=says):
            steps(want, have, "active", world=world)


def test_a_running_network_does_not_clash_with_itself():
    itself = World((), ("virbr9",), (Route("10.0.0.0/24", "virbr9"), Route("10.0.0.1/32", "virbr9")))
    assert steps(replace(OTHER, subnet="10.0.0.0/23"), network(), "active", world=itself) == ["define", "restart"]


def test_what_is_as_it_should_be_is_left_in_peace():
    crowded = World((Definition("n", subnet="10.0.0.0/8"),), ("virbr9",), (Route("10.0.0.0/8", "eth0"),))
    assert steps(WANT, network(), "active", world=crowded) == []


def test_facts_foretell_and_diff_tells_only_what_changes():
    actions = plan(OTHER, network(), state="active", autostart=True, world=EMPTY)
    told = facts(network(), actions)
    assert (told["subnet"], told["autostart"], told["active"]) == ("10.0.1.0/24", True, True)
    assert set(diff(actions)["after"]) == {"subnet", "gateway", "dhcp", "autostart"}
    assert facts(None, plan(WANT, None, state="active", autostart=None, world=EMPTY))["active"] is True
    for have in (network(), network(persistent=False), network(live=None)):
        assert facts(have, plan(WANT, have, state="absent", autostart=None, world=EMPTY)) == {}

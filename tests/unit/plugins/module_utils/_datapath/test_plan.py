# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virtio.lab.plugins.module_utils._datapath._plan import (
    Action,
    Have,
    Wish,
    diff,
    merged,
    plan,
    wish,
)
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import Interface

MAC = "52:54:00:00:00:0a"
CYCLE = ["shutdown", "start", "wait"]


def nic(driver: dict[str, str], kind: str = "network") -> Interface:
    return Interface(MAC, "net0", "vnet0", kind, "lab", "virtio", driver)


def have(stored: dict[str, str], live: dict[str, str] | None, effective: str = "qemu", **other) -> Have:
    running = live is not None
    base = Have(
        state="running" if running else "shut off",
        virt_type="kvm",
        persistent=True,
        stored=[nic(stored)],
        live=[nic(live)] if running else [],
        effective={MAC: effective} if running else {},
        vhost_net=True,
    )
    return base._replace(**other)


def want(name: str | None, apply: str = "power_cycle", **other: str) -> Wish:
    return Wish("a", None, {"name": name, **other}, apply)


QEMU, VHOST = {"name": "qemu"}, {"name": "vhost"}


@pytest.mark.parametrize(
    ("asked", "there", "steps"),
    [
        (want("vhost"), have(VHOST, VHOST, "vhost"), []),
        (want("vhost"), have(QEMU, QEMU, "qemu"), ["define", *CYCLE]),
        (want("vhost", "next_boot"), have(QEMU, QEMU, "qemu"), ["define"]),
        (want("vhost", "next_boot"), have(QEMU, None), ["define"]),
        (want("vhost", "next_boot"), have(VHOST, QEMU, "qemu"), []),
        # configured before, and not restarted since
        (want("vhost"), have(VHOST, QEMU, "qemu"), CYCLE),
        # asked for and silently not given
        (want("vhost"), have(VHOST, VHOST, "qemu"), CYCLE),
        # back to what still runs: nothing to restart
        (want("vhost"), have(QEMU, VHOST, "vhost"), ["define"]),
        # in effect by libvirt's choice, but without a name
        (want("vhost"), have({}, {}, "vhost"), ["define", *CYCLE]),
        (want("vhost", queues="2"), have(VHOST, VHOST, "vhost"), ["define", *CYCLE]),
        # a fresh device is asked for, so being right already does not do
        (want("vhost")._replace(fresh=True), have(VHOST, VHOST, "vhost"), CYCLE),
        (want("vhost", "next_boot")._replace(fresh=True), have(VHOST, VHOST, "vhost"), []),
        (want(None), have({}, {}, "vhost"), []),
        (want(None), have(QEMU, QEMU, "qemu"), ["define", *CYCLE]),
    ],
)
def test_decisions(asked, there, steps):
    assert [action.action for action in plan(asked, there)] == steps


@pytest.mark.parametrize(
    ("asked", "there", "says"),
    [
        (want("vhost"), have(QEMU, QEMU, vhost_net=False), "modprobe vhost_net"),
        (want("vhost"), have(QEMU, QEMU, virt_type="qemu"), "is of type qemu"),
        (
            want("vhost"),
            have(QEMU, QEMU)._replace(stored=[nic(QEMU, "user")]),
            "type user: vhost-net needs a TAP",
        ),
        (want("qemu"), have(QEMU, None), "is shut off: only a running guest can be power-cycled"),
        (want("qemu"), have(QEMU, QEMU, state="paused"), "is paused"),
        (want("qemu"), have(QEMU, QEMU, persistent=False), "is transient"),
        (Wish("a", "52:54:00:00:00:ff", {"name": "qemu"}, "next_boot"), have(QEMU, QEMU), "no interface with the MAC"),
    ],
)
def test_refusals(asked, there, says):
    with pytest.raises(LabError, match=says):
        plan(asked, there)


def test_queues_have_bounds():
    assert wish("a", None, "present", {"name": "vhost", "queues": None}, "next_boot").driver == {"name": "vhost"}
    assert wish("a", None, "present", {"name": "vhost", "queues": 2}, "next_boot").driver["queues"] == "2"
    assert wish("a", None, "absent", {"name": "vhost"}, "next_boot").driver == {"name": None}
    for bad in (0, -1, 257):
        with pytest.raises(LabError, match="1 to 256"):
            wish("a", None, "present", {"name": "vhost", "queues": bad}, "next_boot")


def test_the_diff_shows_what_will_be():
    there = have({"queues": "2"}, {"queues": "2"}, "vhost")
    asked = want("qemu")
    assert diff(asked, there, plan(asked, there)) == {
        "before": {MAC: {"configured": {"queues": "2"}, "effective": "vhost"}},
        "after": {MAC: {"configured": {"queues": "2", "name": "qemu"}, "effective": "qemu"}},
    }
    later = want("qemu", "next_boot")
    assert diff(later, there, plan(later, there))["after"][MAC]["effective"] == "vhost"


def test_an_action_says_only_what_applies_to_it():
    assert Action("start").as_dict() == {"action": "start"}


drivers = st.fixed_dictionaries({}, optional={"name": st.sampled_from(["qemu", "vhost"]), "queues": st.just("2")})


@given(
    asked=st.sampled_from(["qemu", "vhost", None]),
    queues=st.sampled_from([{}, {"queues": "4"}]),
    apply=st.sampled_from(["next_boot", "power_cycle"]),
    stored=drivers,
    live=drivers,
    effective=st.sampled_from(["qemu", "vhost", "unknown"]),
)
def test_a_plan_carried_out_leaves_nothing_to_do(asked, queues, apply, stored, live, effective):
    wanted = Wish("a", None, {"name": asked, **queues}, apply)
    before = have(stored, live, effective)
    actions = plan(wanted, before)
    after_stored = merged(stored, wanted.driver) if any(a.action == "define" for a in actions) else stored
    cycled = any(a.action == "start" for a in actions)
    after = have(after_stored, after_stored if cycled else live, (asked or "vhost") if cycled else effective)
    assert plan(wanted, after) == []

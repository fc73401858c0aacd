# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan: which steps follow from what is wanted and what is there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._registry import datapath
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import ALL, Interface, Selector
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._switch._edit import Edit
from ansible_collections.virtio.lab.plugins.module_utils._switch._plan import (
    Action,
    Have,
    Wish,
    diff,
    merged,
    plan,
    wish,
    wish_for,
)

MAC = "52:54:00:00:00:0a"
OTHER = "52:54:00:00:00:0b"
CYCLE = ["shutdown", "start", "wait"]
SWAP = ["detach", "attach"]


def nic(driver: dict[str, str], kind: str = "network", mac: str = MAC) -> Interface:
    return Interface(mac, "net0", "vnet0", kind, "lab", "virtio", driver)


def have(stored: dict[str, str], live: dict[str, str] | None, effective: str = "qemu", **other) -> Have:
    running = live is not None
    base = Have(
        domain="a",
        state="running" if running else "shut off",
        virt_type="kvm",
        persistent=True,
        stored=[nic(stored)],
        live=[nic(live)] if running else [],
        effective={MAC: effective} if running else {},
        vhost_net=True,
        version=9000000,
    )
    return base._replace(**other)


def want(name: str | None, apply: str = "power_cycle", **other: str) -> Wish:
    return Wish(ALL, {"name": name, **other}, apply)


QEMU, VHOST = {"name": "qemu"}, {"name": "vhost"}
FIXED = "cannot be unplugged while the guest runs: fixed; use apply: power_cycle"
SIZED = Wish(ALL, {"rx_queue_size": "512"}, "hotplug")


@pytest.mark.parametrize(
    ("asked", "there", "steps"),
    [
        (want("vhost"), have(VHOST, VHOST, "vhost"), []),
        (want("vhost"), have(QEMU, QEMU, "qemu"), ["define", *CYCLE]),
        (want("vhost", "hotplug"), have(QEMU, QEMU, "qemu"), ["define", *SWAP]),
        (want("vhost", "next_boot"), have(QEMU, QEMU, "qemu"), ["define"]),
        (want("vhost", "next_boot"), have(QEMU, None), ["define"]),
        (want("vhost", "next_boot"), have(VHOST, QEMU, "qemu"), []),
        # configured before, and not restarted since
        (want("vhost"), have(VHOST, QEMU, "qemu"), CYCLE),
        (want("vhost", "hotplug"), have(VHOST, QEMU, "qemu"), SWAP),
        # asked for and silently not given
        (want("vhost"), have(VHOST, VHOST, "qemu"), CYCLE),
        (want("vhost", "hotplug"), have(VHOST, VHOST, "qemu"), SWAP),
        # back to what still runs: nothing to restart
        (want("vhost"), have(QEMU, VHOST, "vhost"), ["define"]),
        (want("vhost", "hotplug"), have(QEMU, VHOST, "vhost"), ["define"]),
        # in effect by libvirt's choice, but without a name
        (want("vhost"), have({}, {}, "vhost"), ["define", *CYCLE]),
        (want("vhost", queues="2"), have(VHOST, VHOST, "vhost"), ["define", *CYCLE]),
        # no backend is asked for, so which one is in effect does not matter
        (SIZED, have({"rx_queue_size": "512"}, {"rx_queue_size": "512"}, "unknown"), []),
        (SIZED, have(VHOST, VHOST, "vhost"), ["define", *SWAP]),
        # what is in effect has no need to be unplugged
        (want("vhost", "hotplug"), have(VHOST, VHOST, "vhost", fixed={MAC: "fixed"}), []),
        (want("vhost", "hotplug"), have(QEMU, VHOST, "vhost", fixed={MAC: "fixed"}), ["define"]),
        # a fresh device is asked for, so being right already does not do
        (want("vhost")._replace(fresh=True), have(VHOST, VHOST, "vhost"), CYCLE),
        (want("vhost", "hotplug")._replace(fresh=True), have(VHOST, VHOST, "vhost"), SWAP),
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
        (want("vhost"), have(QEMU, QEMU)._replace(stored=[nic(QEMU, "user")]), "type user, .* which needs a TAP"),
        (want("qemu"), have(QEMU, None), "is shut off: only a running guest can be power-cycled"),
        (want("qemu", "hotplug"), have(QEMU, None), "is shut off: only a running guest can be given another NIC"),
        (want("qemu"), have(QEMU, QEMU, state="paused"), "is paused"),
        (want("qemu"), have(QEMU, QEMU, persistent=False), "is transient"),
        (
            want("vhost", "hotplug"),
            have(QEMU, QEMU, fixed={MAC: "fixed"}),
            FIXED,
        ),
        (
            want("qemu", "hotplug")._replace(fresh=True),
            have(QEMU, QEMU, fixed={MAC: "fixed"}),
            FIXED,
        ),
        (want("qemu", "hotplug"), have(QEMU, QEMU)._replace(live=[]), "is not in the running guest"),
        (SIZED, have(QEMU, QEMU, version=1003000), "needs libvirt 2.3.0"),
        (want("qemu"), have(QEMU, QEMU)._replace(stored=[nic(QEMU), nic(VHOST)]), "two interfaces of one MAC address"),
        (
            want("qemu")._replace(selector=Selector(mac="52:54:00:00:00:ff")),
            have(QEMU, QEMU),
            "no interface with mac 52:54:00:00:00:ff; it has: 52:54:00:00:00:0a model virtio",
        ),
        (
            want("qemu")._replace(selector=Selector(mac=OTHER)),
            have(QEMU, QEMU)._replace(live=[nic(QEMU), nic(QEMU, mac=OTHER)]),
            "attached to the running guest only",
        ),
    ],
)
def test_refusals(asked, there, says):
    with pytest.raises(LabError, match=says):
        plan(asked, there)


def test_a_nic_that_only_runs_is_left_alone_when_all_are_meant():
    there = have(QEMU, QEMU)._replace(live=[nic(QEMU), nic(QEMU, mac=OTHER)])
    assert {action.mac for action in plan(want("vhost", "next_boot"), there)} == {MAC}


def test_a_wish_is_what_was_given():
    assert wish("present", {"name": "vhost", "queues": None}, "next_boot").driver == {"name": "vhost"}
    assert wish("present", {"name": "vhost", "queues": 2}, "next_boot").driver["queues"] == "2"
    assert wish("present", {"queues": 1}, "next_boot").driver == {"queues": None}
    assert wish("absent", {"name": "vhost"}, "next_boot").driver == {"name": None}
    with pytest.raises(LabError, match="driver is empty"):
        wish("present", {"queues": None}, "next_boot")
    with pytest.raises(LabError, match="1 to 256"):
        wish("present", {"queues": 0}, "next_boot")


def test_the_diff_shows_what_will_be():
    there = have({"queues": "2", "host.csum": "off"}, {"queues": "2"}, "vhost")
    old = {"queues": "2", "host": {"csum": "off"}}
    for apply in ("power_cycle", "hotplug"):
        asked = want("qemu", apply)
        assert diff(asked, [there], plan(asked, there)) == {
            "before": {"a": {MAC: {"configured": old, "effective": "vhost"}}},
            "after": {"a": {MAC: {"configured": {**old, "name": "qemu"}, "effective": "qemu"}}},
        }
    later = want("qemu", "next_boot")
    assert diff(later, [there], plan(later, there))["after"]["a"][MAC]["effective"] == "vhost"
    unnamed = want(None)._replace(fresh=True)
    assert diff(unnamed, [there], plan(unnamed, there))["after"]["a"][MAC]["effective"] == "libvirt's choice"


def test_an_action_says_only_what_applies_to_it():
    assert Action("start", "a").as_dict() == {"action": "start", "domain": "a"}
    assert Action("attach", "a", MAC).words() == f"attach a {MAC}"


drivers = st.fixed_dictionaries({}, optional={"name": st.sampled_from(["qemu", "vhost"]), "queues": st.just("2")})


@given(
    asked=st.sampled_from(["qemu", "vhost", None]),
    queues=st.sampled_from([{}, {"queues": "4"}]),
    apply=st.sampled_from(["next_boot", "power_cycle", "hotplug"]),
    stored=drivers,
    live=drivers,
    effective=st.sampled_from(["qemu", "vhost", "unknown"]),
)
def test_a_plan_carried_out_leaves_nothing_to_do(asked, queues, apply, stored, live, effective):
    wanted = Wish(ALL, {"name": asked, **queues}, apply)
    before = have(stored, live, effective)
    actions = plan(wanted, before)
    after_stored = merged(stored, wanted.driver) if any(a.action == "define" for a in actions) else stored
    renewed = {"start": after_stored, "attach": merged(live, wanted.driver)}
    after_live = next((renewed[a.action] for a in actions if a.action in renewed), None)
    after = have(
        after_stored,
        after_live if after_live is not None else live,
        effective if after_live is None else asked or "vhost",
    )
    assert plan(wanted, after) == []


# Another emulator, kernel or initrd

OLD_BUILD = {"emulator": "/usr/bin/q", "kernel": "/k", "initrd": "/i"}
NEW_BUILD = {"emulator": "/opt/q", "kernel": "/k2"}


def built(build: dict[str, str], apply: str = "power_cycle", fresh: bool = False) -> Wish:
    return want("qemu", apply)._replace(build=build, fresh=fresh)


def booted(stored: dict[str, str], runs: dict[str, str]) -> Have:
    return have(QEMU, QEMU)._replace(build={**OLD_BUILD, **stored}, running_build={**OLD_BUILD, **runs})


@pytest.mark.parametrize(
    ("wanted", "stored", "runs", "apply", "steps"),
    [
        ({}, {}, {}, "power_cycle", []),
        (OLD_BUILD, {}, {}, "power_cycle", []),
        (OLD_BUILD, {}, {}, "hotplug", []),
        (NEW_BUILD, {}, {}, "power_cycle", ["define", *CYCLE]),
        (NEW_BUILD, {}, {}, "next_boot", ["define"]),
        (NEW_BUILD, NEW_BUILD, {}, "power_cycle", CYCLE),
        (NEW_BUILD, NEW_BUILD, NEW_BUILD, "power_cycle", []),
        (OLD_BUILD, {}, NEW_BUILD, "power_cycle", CYCLE),
        ({"initrd": ""}, {}, {}, "power_cycle", ["define", *CYCLE]),
    ],
)
def test_steps_to_another_build(wanted, stored, runs, apply, steps) -> None:
    assert [action.action for action in plan(built(wanted, apply), booted(stored, runs))] == steps


def test_a_build_is_one_step_that_names_what_changes() -> None:
    wanted, there = built({**NEW_BUILD, "initrd": "/i"}), booted({}, {})
    step = plan(wanted, there)[0]
    assert step.as_dict() == {
        "action": "define",
        "domain": "a",
        "before": {"emulator": "/usr/bin/q", "kernel": "/k"},
        "after": NEW_BUILD,
    }
    assert step.words() == "define a"
    shown = diff(wanted, [there], [step])
    assert (shown["before"]["a"]["build"], shown["after"]["a"]["build"]) == (OLD_BUILD, {**OLD_BUILD, **NEW_BUILD})


@pytest.mark.parametrize(
    ("wanted", "there", "apply", "says"),
    [
        (NEW_BUILD, {}, "hotplug", "change by its start alone; use apply: power_cycle"),
        ({"kernel": "/k2"}, {"kernel": "", "initrd": ""}, "power_cycle", "'a' boots from its disk, and kernel is for"),
        ({"initrd": "/i2"}, {"kernel": "", "initrd": ""}, "power_cycle", "'a' boots from its disk, and initrd is for"),
        ({"kernel": ""}, {}, "power_cycle", "kernel is empty, and domain 'a' is booted from /k"),
        ({"emulator": ""}, {}, "power_cycle", "emulator is empty"),
    ],
)
def test_a_build_that_cannot_be(wanted, there, apply, says) -> None:
    with pytest.raises(LabError, match=says):
        plan(built(wanted, apply), booted(there, there))


def test_a_guest_on_a_disk_is_given_back_that_it_has_no_kernel() -> None:
    none = {"kernel": "", "initrd": ""}
    assert plan(built(none), booted(none, none)) == []


INTERFACE = f"<interface type='network'><mac address='{MAC}'/><source network='lab'/><model type='virtio'/></interface>"


@pytest.mark.parametrize(
    ("name", "host", "says"),
    [
        (
            "macvtap_bridge",
            {"macvtap": "the kernel 6.1 has no module macvtap"},
            "macvtap_bridge: the kernel",
        ),
        (
            "macvtap_vepa_vhost",
            {"macvtap": "the kernel 6.1 has no module macvtap", "vhost_net": False},
            "modprobe vhost_net.*; the kernel 6.1 has no module macvtap",
        ),
        ("macvtap_bridge", {}, None),
        ("e1000", {"tun": "/dev/net/tun is missing"}, "e1000: /dev/net/tun is missing"),
        ("user", {"tun": "/dev/net/tun is missing"}, None),
        ("vhost_user_testpmd", {}, None),
        ("vhost_user_testpmd", {"running_shared_memory": "not now"}, None),
        ("vhost_user_testpmd", {"testpmd": "no testpmd"}, "vhost_user_testpmd: no testpmd"),
        ("vhost_user_ovs", {"testpmd": "no testpmd", "openvswitch": "it does not run"}, None),
        ("vhost_user_ovs", {"ovs_dpdk": "no Open vSwitch"}, "vhost_user_ovs: no Open vSwitch"),
        ("vhost_user_testpmd", {"ovs_dpdk": "no Open vSwitch"}, None),
        ("vhost_user_testpmd", {"tun": "/dev/net/tun is missing"}, "vhost_user_testpmd: /dev/net/tun is missing"),
        (
            "vhost_user_testpmd",
            {"shared_memory": "not shared", "vhost_user": "would end"},
            "vhost_user_testpmd: not shared; would end",
        ),
        ("e1000", {"macvtap": "the kernel 6.1 has no module macvtap"}, None),
        ("ovs", {"openvswitch": "ovs-vswitchd does not run"}, "ovs: ovs-vswitchd does not run"),
        ("qemu", {"openvswitch": "ovs-vswitchd does not run"}, None),
    ],
)
def test_what_the_host_lacks_for_a_datapath_is_said_before_anything_is_changed(name, host, says):
    there = have(QEMU, None, elements={MAC: parse(INTERFACE)}, bridges={"lab": "virbr7"}, **host)
    asked = wish_for(Edit(datapath(name)), "next_boot", False, ALL)
    if says is None:
        assert plan(asked, there)
    else:
        with pytest.raises(LabError, match=says):
            plan(asked, there)


VHOST_USER = (
    f"<interface type='vhostuser'><mac address='{MAC}'/><source type='unix' mode='client' "
    f"path='/run/virtio.lab.testpmd/vlu{MAC.replace(':', '')}/socket'/><model type='virtio'/></interface>"
)
TESTPMD = f"vlu{MAC.replace(':', '')}"
TAP = f"vlt{MAC.replace(':', '')}"
ETHERNET = (
    f"<interface type='ethernet'><mac address='{MAC}'/><target dev='{TAP}' managed='no'/><model type='virtio'/>"
    "</interface>"
)


def test_a_hotplug_needs_the_memory_of_the_guest_that_runs():
    nic = {MAC: parse(INTERFACE)}
    there = have(QEMU, QEMU, elements=nic, running=nic, running_shared_memory="no")
    with pytest.raises(LabError, match="vhost_user_testpmd: no"):
        plan(wish_for(Edit(datapath("vhost_user_testpmd")), "hotplug", False, ALL), there)


@pytest.mark.parametrize("apply", ["hotplug", "power_cycle"])
@pytest.mark.parametrize("edit", [Edit(datapath("qemu"), network="lab"), None])
def test_nothing_is_begun_where_qemu_would_wait_without_end(apply, edit):
    nic = {MAC: parse(VHOST_USER)}
    there = have(QEMU, QEMU, elements=nic, running=nic, halted={TESTPMD: 7}, remains=frozenset({TESTPMD}))
    with pytest.raises(LabError, match=rf"process 7, which serves {TESTPMD} of domain 'a'.*kill -CONT 7"):
        plan(wish_for(edit, apply, False, ALL) if edit else want("qemu", apply), there)
    # From the next boot on it is served by another one.
    if edit:
        plan(wish_for(edit, "next_boot", False, ALL), there)


@pytest.mark.parametrize(
    ("there", "steps"),
    [
        ({}, [("prepare", TESTPMD), ("define", None)]),
        # Somebody killed what started it: half of it is there, and is made anew.
        ({"remains": frozenset({TESTPMD})}, [("prepare", TESTPMD), ("define", None)]),
        ({"remains": frozenset({TESTPMD}), "links": frozenset({TESTPMD})}, [("define", None)]),
    ],
)
def test_testpmd_is_there_before_the_nic_is(there, steps):
    found = have(QEMU, None, elements={MAC: parse(INTERFACE)}, bridges={"lab": "virbr7"}, **there)
    actions = plan(wish_for(Edit(datapath("vhost_user_testpmd")), "next_boot", False, ALL), found)
    assert [(step.action, ((step.after or {}).get("links") or [None])[0]) for step in actions] == steps


@pytest.mark.parametrize("left", [{"links": frozenset({TESTPMD})}, {"remains": frozenset({TESTPMD})}])
def test_testpmd_goes_when_no_nic_names_it_whole_or_not(left):
    found = have(QEMU, None, elements={MAC: parse(VHOST_USER)}, bridges={"lab": "virbr7"}, **left)
    asked = wish_for(Edit(datapath("qemu"), network="lab"), "next_boot", False, ALL)
    assert [(step.action, step.before) for step in plan(asked, found)][-1] == ("release", {"links": [TESTPMD]})
    running = found._replace(live=found.stored, running={MAC: parse(VHOST_USER)})
    assert "release" not in [step.action for step in plan(asked, running)]


@pytest.mark.parametrize(("before", "name"), [(VHOST_USER, TESTPMD), (ETHERNET, TAP), (INTERFACE, None)])
def test_what_comes_back_gets_what_it_had_on_the_host(before, name):
    there = have(QEMU, None, elements={MAC: parse(INTERFACE)}, bridges={"lab": "virbr7"})
    actions = plan(wish_for(Edit(None, before=before), "next_boot", False, ALL), there)
    assert [step.after for step in actions if step.action == "prepare"] == ([{"links": [name]}] if name else [])

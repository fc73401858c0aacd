# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan carried out on libvirt's test driver: what is in effect then, and what is put back when a step fails."""

from __future__ import annotations

import socket

import libvirt
import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import ApplyError, LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt import _power
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._agent import Agent
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import ALL, Selector, interfaces
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._switch import _apply, _prove, _read
from ansible_collections.virtio.lab.plugins.module_utils._switch._plan import diff, plan, wish

FIRST, SECOND = "52:54:00:00:00:0a", "52:54:00:00:00:0b"
NAMED = [(FIRST, "<alias name='ua-lan'/><target dev='lan0'/>"), (SECOND, "<target dev='lan1'/>")]
CHANNEL = "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'{}/></channel>"
QUICK = _prove.Limits(shutdown_timeout_s=0, unplug_timeout_s=0, wait_s=0)
STORED = 3


def nic(mac: str, driver: str = "", more: str = "") -> str:
    source = "<source bridge='br0'/><model type='virtio'/>"
    return f"<interface type='bridge'><mac address='{mac}'/>{source}{driver}{more}</interface>"


def read(world, name):
    # The test driver's domains are of type test, and a machine that runs the tests need not have vhost-net.
    return _read.read(world, name, str(world.proc))._replace(virt_type="kvm", vhost_net=True)


def toggle(world, names, want, limits=QUICK):
    haves = [read(world, name) for name in names]
    actions = [action for have in haves for action in plan(want, have)]
    told = diff(want, haves, actions)
    warnings = _apply.apply(world, world.heard, want, actions, limits, str(world.proc))
    now = {
        have.domain: {
            one.mac: {
                "configured": told["after"][have.domain][one.mac]["configured"],
                "effective": have.effective.get(one.mac, "unknown"),
            }
            for one in have.stored
            if one.mac in told["after"][have.domain]
        }
        for have in (read(world, name) for name in names)
    }
    assert all(plan(want, read(world, name)) == [] for name in names if not want.fresh)
    return actions, told, now, warnings


def by_name(name, apply, selector=ALL, **other):
    return wish("present", {"name": name, **other}, apply, selector=selector)


@pytest.mark.parametrize("apply", ["hotplug", "power_cycle"])
@pytest.mark.parametrize(("old", "new"), [("qemu", "vhost"), ("vhost", "qemu")])
def test_a_running_guest_gets_the_other_backend(world, apply, old, new):
    guest = world.guest("a", nic(FIRST, f"<driver name='{old}'/>"))
    want, haves = by_name(new, apply), [read(world, "a")]
    actions, told, now, _warnings = toggle(world, ["a"], want)
    assert now == told["after"]
    assert read(world, "a").effective == {FIRST: new}
    assert interfaces(parse(guest.XMLDesc(STORED)))[0].driver == {"name": new}
    done = _read.result(world, want, haves, actions, str(world.proc))
    assert (done["configured"], done["effective"], done["restart_required"]) == (new, new, False)


@pytest.mark.parametrize("apply", ["hotplug", "power_cycle"])
def test_a_nic_is_found_again_under_another_target(world, apply):
    guest = world.guest("a", nic(FIRST, "<driver name='qemu'/>") + nic(SECOND, "<driver name='qemu'/>"))
    target = interfaces(parse(guest.live))[0].target
    want, haves = by_name("vhost", apply, Selector(target=target)), [read(world, "a")]
    actions = plan(want, haves[0])
    _apply.apply(world, world.heard, want, actions, QUICK, str(world.proc))
    (found,) = _read.result(world, want, haves, actions, str(world.proc))["datapaths"]
    assert (found["interface"]["mac"], found["effective"]) == (FIRST, "vhost")
    assert found["interface"]["target"] != target


def test_the_next_boot_alone_leaves_the_guest(world):
    guest = world.guest("a", nic(FIRST))
    before = guest.XMLDesc(0)
    want, haves = by_name("qemu", "next_boot"), [read(world, "a")]
    actions = toggle(world, ["a"], want)[0]
    assert guest.XMLDesc(0) == before
    assert guest.calls == []
    done = _read.result(world, want, haves, actions, str(world.proc))
    assert (done["configured"], done["effective"], done["restart_required"]) == ("qemu", "vhost", True)


def test_a_hot_plugged_nic_is_the_same_one(world):
    guest = world.guest("a", nic(FIRST, more="<alias name='ua-lan'/><target dev='lan0'/>") + nic(SECOND))
    before = {one.mac: one for one in interfaces(parse(guest.live))}
    warnings = toggle(world, ["a"], by_name("qemu", "hotplug", queues=2))[3]
    after = {one.mac: one for one in interfaces(parse(guest.live))}
    assert after[FIRST] == before[FIRST]._replace(driver={"name": "qemu", "queues": "2"})
    assert after[SECOND].address == before[SECOND].address
    assert [text.split(" now")[0] for text in warnings] == [
        f"interface {SECOND} of domain 'a' has the alias net0",
        f"interface {SECOND} of domain 'a' has the target {after[SECOND].target}",
    ]


def test_a_nic_with_its_old_alias_and_descriptors_is_not_taken_for_the_old_one(world):
    world.guest("a", "".join(nic(mac, "<driver name='qemu'/>", more) for mac, more in NAMED))
    toggle(world, ["a"], by_name("vhost", "hotplug", Selector(mac=SECOND)))
    assert read(world, "a").effective == {FIRST: "qemu", SECOND: "vhost"}
    toggle(world, ["a"], by_name("qemu", "hotplug", Selector(mac=SECOND), queues=2))
    assert read(world, "a").effective == {FIRST: "qemu", SECOND: "qemu"}


def test_many_guests_stop_before_one_starts(world, monkeypatch):
    order = []
    monkeypatch.setattr(_power, "shut_down", lambda domain, *_: (domain.shutdownFlags(1), order.append("off")))
    held = _power.start_held
    monkeypatch.setattr(_power, "start_held", lambda domain: (held(domain), order.append("on")))
    for name in ("a", "b"):
        world.guest(name, nic(FIRST if name == "a" else SECOND, "<driver name='qemu'/>"))
    toggle(world, ["a", "b"], by_name("vhost", "power_cycle"))
    assert order == ["off", "off", "on", "on"]


def test_a_nic_that_only_runs_is_gone_after_a_restart(world):
    guest = world.guest("a", nic(FIRST, "<driver name='qemu'/>"))
    address = "<address type='pci' domain='0x0000' bus='0x09' slot='0x00' function='0x0'/>"
    guest.attachDeviceFlags(nic(SECOND, "<driver name='qemu'/>", address), 1)
    toggle(world, ["a"], by_name("vhost", "power_cycle"))
    assert read(world, "a").effective == {FIRST: "vhost"}


def restored(guest, world, before):
    now = {one.mac: (one.driver, one.address) for one in interfaces(parse(guest.live))}
    assert now == {one.mac: (one.driver, one.address) for one in before}
    assert guest.isActive()


@pytest.mark.parametrize(
    ("apply", "fails", "says"),
    [
        (
            "power_cycle",
            ["shutdown"] * 9,
            r"did not shut down .* and may yet do so; .*stored again and the guest still runs",
        ),
        ("power_cycle", ["start"], r"does not start: .*the guest was started with it"),
        ("power_cycle", ["start", "start"], r"does not start: .*the guest could not be restarted with it"),
        ("power_cycle", ["resume"], r"would not resume; the old configuration is back"),
        ("hotplug", ["detach"], r"did not let go of it within 0 s.*was left in the guest; the old conf.* stored again"),
        ("hotplug", ["refused"], r"the guest refused to let go"),
        ("hotplug", ["detach_error"], r"could not be detached: no such device; .* was left in the guest"),
        ("hotplug", ["attach"], r"could not be attached: QEMU refused the device; the old NIC .* is back"),
        ("hotplug", ["attach", "attach"], r"the old NIC .* could not be attached again"),
        ("hotplug", ["moved"], r"came back at 0000:63:00.0; it was at 0000:01:00.0; the old NIC .* is back"),
    ],
)
def test_what_fails_is_put_back(world, apply, fails, says):
    guest = world.guest("a", nic(FIRST, "<driver name='qemu'/>"))
    stored, live = guest.XMLDesc(STORED), interfaces(parse(guest.live))
    guest.fails = list(fails)
    with pytest.raises(ApplyError, match=says) as caught:
        toggle(world, ["a"], by_name("vhost", apply))
    assert caught.value.applied == []
    assert guest.XMLDesc(STORED) == stored
    if "could not be" not in says or "detached" in says or "old NIC .* is back" in says:
        restored(guest, world, live)


@pytest.mark.parametrize("apply", ["hotplug", "power_cycle"])
def test_a_silent_fall_back_is_put_back(world, apply):
    guest = world.guest("a", nic(FIRST, "<driver name='qemu'/>"))
    live = interfaces(parse(guest.live))
    world.vhost_works = False
    with pytest.raises(ApplyError, match=r"was to use vhost, but qemu is in effect: .*xml says vhost"):
        toggle(world, ["a"], by_name("vhost", apply))
    restored(guest, world, live)
    unproved = QUICK._replace(verify=False)
    _apply.apply(
        world,
        world.heard,
        by_name("vhost", apply),
        plan(by_name("vhost", apply), read(world, "a")),
        unproved,
        str(world.proc),
    )
    assert interfaces(parse(guest.live))[0].driver == {"name": "vhost"}


def test_the_second_nic_s_failure_gives_the_first_back_too(world):
    guest = world.guest("a", nic(FIRST, "<driver name='qemu'/>") + nic(SECOND, "<driver name='qemu'/>"))
    live = interfaces(parse(guest.live))
    attach, tried = guest.attachDeviceFlags, []

    def second_fails(text, flags):
        tried.append(text)
        guest.fails = ["attach"] if len(tried) == 2 else []
        attach(text, flags)

    guest.attachDeviceFlags = second_fails
    with pytest.raises(ApplyError, match=f"the old NIC {SECOND} is back; the old NIC {FIRST} is back"):
        toggle(world, ["a"], by_name("vhost", "hotplug"))
    restored(guest, world, live)


@pytest.mark.parametrize(("runs", "ended_by"), [(False, "destroy"), (True, "shutdown")])
def test_only_a_guest_that_is_still_held_has_its_plug_pulled(world, monkeypatch, runs, ended_by):
    guest = world.guest("a", nic(FIRST, "<driver name='qemu'/>"))
    live = interfaces(parse(guest.live))
    start = _power.start_held

    def fails_after_it_started(domain):
        start(domain)
        if runs:
            domain.resume()
        raise LabError("somebody else was faster")

    monkeypatch.setattr(_power, "start_held", fails_after_it_started)
    with pytest.raises(ApplyError, match="somebody else was faster; the old configuration is back"):
        toggle(world, ["a"], by_name("vhost", "power_cycle"))
    assert [call for call in guest.calls if call in ("destroy", "shutdown")] == ["shutdown", ended_by]
    restored(guest, world, live)


def test_other_guests_go_on_and_are_told_of(world):
    for name, mac in (("a", FIRST), ("b", SECOND)):
        world.guest(name, nic(mac, "<driver name='qemu'/>"))
    next(guest for guest in world.listAllDomains() if guest.name() == "a").fails = ["start"]
    with pytest.raises(ApplyError, match="domain 'a' does not start") as caught:
        toggle(world, ["a", "b"], by_name("vhost", "power_cycle"))
    assert caught.value.applied == [f"define b {SECOND}", "shutdown b", "start b", "wait b"]
    assert read(world, "a").effective == {FIRST: "qemu"}
    assert read(world, "b").effective == {SECOND: "vhost"}


def test_nothing_to_store_means_nothing_to_put_back(world):
    guest = world.guest("a", nic(FIRST, "<driver name='vhost'/>"))
    guest.fails = ["detach"]
    with pytest.raises(ApplyError, match=r"was left in the guest$"):
        toggle(world, ["a"], by_name("vhost", "hotplug")._replace(fresh=True))


def test_a_guest_that_stops_before_its_nic_is_swapped(world):
    guest = world.guest("a", nic(FIRST, "<driver name='qemu'/>"))
    want = by_name("vhost", "hotplug")
    actions = plan(want, read(world, "a"))
    guest.destroy()
    with pytest.raises(ApplyError, match=r"has stopped running; .*; the old configuration is stored again"):
        _apply.apply(world, world.heard, want, actions, QUICK, str(world.proc))


def test_a_nic_that_goes_before_it_is_swapped(world):
    guest = world.guest("a", nic(FIRST, "<driver name='vhost'/>") + nic(SECOND, "<driver name='vhost'/>"))
    want = by_name("vhost", "hotplug", Selector(mac=SECOND))._replace(fresh=True)
    actions = plan(want, read(world, "a"))
    guest.detachDeviceAlias("net1", 1)
    with pytest.raises(ApplyError, match=f"interface {SECOND} is not in the running guest; nothing had"):
        _apply.apply(world, world.heard, want, actions, QUICK, str(world.proc))


def test_what_libvirt_does_not_store_is_noticed(world):
    world.guest("a", nic(FIRST), running=False)
    want = by_name("qemu", "next_boot")
    actions = plan(want, read(world, "a"))
    forgetful = [actions[0]._replace(after={"name": "qemu", "novelty": "on"})]
    with pytest.raises(ApplyError, match=r"libvirt stored the driver {'name': 'qemu'}.*the old conf"):
        _apply.apply(world, world.heard, want, forgetful, QUICK, str(world.proc))
    assert read(world, "a").stored[0].driver == {}


def test_what_cannot_be_stored_again_is_said(world, monkeypatch):
    guest = world.guest("a", nic(FIRST, "<driver name='qemu'/>"))
    guest.fails = ["attach"]
    want = by_name("vhost", "hotplug")
    actions = plan(want, read(world, "a"))
    define, asked = world.connection.defineXML, []

    def once(text):
        asked.append(text)
        if len(asked) > 1:
            raise LabError("the disk is full")
        return define(text)

    world.defineXML = once
    with pytest.raises(ApplyError, match="the old configuration could not be stored again: the disk is full"):
        _apply.apply(world, world.heard, want, actions, QUICK, str(world.proc))


def link(mac, *addresses):
    family = {True: "ipv6", False: "ipv4"}
    return {"mac": mac, "addresses": [{"address": one, "family": family[":" in one]} for one in addresses]}


def agent_with(monkeypatch, macs):
    def wait(_self, _timeout):
        if not macs:
            raise LabError("agent is silent")

    monkeypatch.setattr(Agent, "interfaces", lambda _self: [link(mac) for mac in macs])
    monkeypatch.setattr(Agent, "wait", wait)


@pytest.mark.parametrize(("state", "waited"), [(" state='connected'", True), ("", False)])
def test_the_agent_tells_whether_the_guest_took_the_nic(world, monkeypatch, state, waited):
    guest = world.guest("a", nic(FIRST, "<driver name='qemu'/>") + CHANNEL.format(state))
    guest.live = guest.live.replace('"org.qemu.guest_agent.0"', '"org.qemu.guest_agent.0"' + state)
    agent_with(monkeypatch, [])
    limits = QUICK._replace(wait_s=0.01)
    if waited:
        with pytest.raises(ApplyError, match=r"has not taken the NIC .* within 0.01 s; the old NIC .* is back"):
            toggle(world, ["a"], by_name("vhost", "hotplug"), limits)
        agent_with(monkeypatch, [FIRST])
    toggle(world, ["a"], by_name("vhost", "hotplug"), limits)


def test_an_agent_that_does_not_answer_once_is_asked_again(world, monkeypatch):
    guest = world.guest("a", nic(FIRST) + CHANNEL.format(" state='connected'"))
    guest.live = guest.live.replace('"org.qemu.guest_agent.0"', '"org.qemu.guest_agent.0" state="connected"')
    answers = iter([LabError("the guest agent of a did not answer"), [link(SECOND)], [link(FIRST)]])

    def asked(_self):
        answer = next(answers)
        if isinstance(answer, LabError):
            raise answer
        return answer

    monkeypatch.setattr(Agent, "interfaces", asked)
    monkeypatch.setattr(_prove.time, "sleep", lambda _seconds: None)
    assert _prove.wait_for_nic(guest, FIRST, QUICK._replace(wait_s=60), {}) == []
    assert list(answers) == []


def test_the_agent_tells_whether_the_guest_is_back(world, monkeypatch):
    world.guest("a", nic(FIRST, "<driver name='qemu'/>") + CHANNEL.format(""))
    agent_with(monkeypatch, [])
    with pytest.raises(ApplyError, match="agent is silent; the old configuration is back"):
        toggle(world, ["a"], by_name("vhost", "power_cycle"), QUICK._replace(wait_s=1, allow_destroy=True))
    agent_with(monkeypatch, [FIRST])
    toggle(world, ["a"], by_name("vhost", "power_cycle"), QUICK._replace(wait_s=1))


@pytest.mark.parametrize("apply", ["hotplug", "power_cycle"])
def test_a_port_tells_whether_the_guest_is_back(world, apply):
    world.guest("a", nic(FIRST, "<driver name='qemu'/>"))
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        limits = QUICK._replace(wait_for="port", port=port, address="127.0.0.1", wait_s=5)
        toggle(world, ["a"], by_name("vhost", apply), limits)
    with pytest.raises(ApplyError, match=f"does not answer at port {port} of 127.0.0.1 within 0 s"):
        toggle(world, ["a"], by_name("qemu", apply), limits._replace(wait_s=0))


def test_a_guest_without_an_address_does_not_answer(world, monkeypatch):
    guest = world.guest("a", nic(FIRST))
    monkeypatch.setattr(_prove, "addresses", lambda _domain: [])
    with pytest.raises(LabError, match="port 22 of any of its addresses within 0 s"):
        _prove.wait_for_guest(guest, QUICK._replace(wait_for="port", port=22), {})
    _prove.wait_for_guest(guest, QUICK._replace(wait_for="none"), {})


FOUND = {
    "domain": "a",
    "interface": {"mac": FIRST},
    "agree": True,
    "effective": "vhost",
    "disagreements": [],
    "witnesses": {},
    "live": {"name": "vhost", "queues": "2", "host": {"csum": "off"}},
    "argv": {"queues": 2},
}


@pytest.mark.parametrize(
    ("driver", "found", "says"),
    [
        ({"name": "vhost"}, {"agree": False, "disagreements": ["xml lies"]}, "was to use vhost, .*: xml lies"),
        ({"name": "qemu"}, {"witnesses": {"xml": "qemu"}}, "but vhost is in effect: {'xml': 'qemu'}"),
        ({"packed": True}, {}, "runs without driver packed=on"),
        ({"host": {"csum": True}}, {}, "runs without driver host={'csum': 'on'}"),
        ({"host": {"csum": False}}, {"live": {}}, "runs without driver host"),
        ({"queues": 2}, {"argv": {"queues": 1}}, "was to have 2 queue pairs, but its TAP has 1"),
    ],
)
def test_what_is_not_in_effect_is_named(driver, found, says):
    with pytest.raises(LabError, match=says):
        _prove.insist({**FOUND, **found}, wish("present", driver, "hotplug"))


def test_what_is_in_effect_passes():
    everything = {"name": "vhost", "queues": 2, "host": {"csum": False}}
    _prove.insist(FOUND, wish("present", everything, "hotplug"))
    _prove.insist(FOUND, wish("absent", None, "hotplug"))


@pytest.mark.parametrize(("left", "required"), [("running", True), ("paused", True), ("shut off", False)])
def test_only_a_guest_with_a_process_has_yet_to_restart(world, left, required):
    guest = world.guest("a", nic(FIRST, "<driver name='qemu'/>"), running=left != "shut off")
    if left == "paused":
        guest.suspend()
    want, haves = by_name("vhost", "next_boot"), [read(world, "a")]
    assert haves[0].state == left
    actions, _told, _now, _warnings = toggle(world, ["a"], want)
    done = _read.result(world, want, haves, actions, str(world.proc))
    assert (done["restart_required"], done["datapaths"][0]["pid"] is not None) == (required, required)
    again = _read.result(world, want, haves, [], str(world.proc))
    assert again["restart_required"] == required, "a second call knows it too"


def test_a_transient_domain_is_told_apart(world):
    world.guest("a", nic(FIRST))
    assert read(world, "a").persistent
    assert read(world, "a").state == "running"


def at(bus: int) -> str:
    return f"<address type='pci' domain='0x0000' bus='0x0{bus}' slot='0x00' function='0x0'/>"


@pytest.mark.parametrize("apply", ["hotplug", "power_cycle"])
def test_two_nics_of_one_mac_address_are_told_apart(world, apply):
    named = [f"<alias name='ua-{name}'/>{at(bus)}" for name, bus in (("left", 1), ("right", 2))]
    guest = world.guest("a", "".join(nic(FIRST, "<driver name='qemu'/>", one) for one in named))
    actions = toggle(world, ["a"], by_name("vhost", apply, Selector(alias="ua-right")))[0]
    assert [one.driver["name"] for one in interfaces(parse(guest.XMLDesc(STORED)))] == ["qemu", "vhost"]
    live = {one.alias: one.driver["name"] for one in interfaces(parse(guest.live))}
    # A restart proves the one that was meant; what is in effect for both is read anew.
    assert live == {"ua-left": "qemu", "ua-right": "vhost"}
    assert read(world, "a").effective == {f"{FIRST} at 0000:01:00.0": "qemu", f"{FIRST} at 0000:02:00.0": "vhost"}
    assert actions[0].as_dict()["at"] == "0000:02:00.0"
    toggle(world, ["a"], by_name("vhost", apply))
    assert set(read(world, "a").effective.values()) == {"vhost"}


def test_twins_are_put_back_each_in_its_place(world):
    named = [f"<alias name='ua-{name}'/>{at(bus)}" for name, bus in (("left", 1), ("right", 2))]
    guest = world.guest("a", "".join(nic(FIRST, "<driver name='qemu'/>", one) for one in named))
    stored, live = guest.XMLDesc(STORED), {one.key: (one.alias, one.driver) for one in interfaces(parse(guest.live))}
    guest.fails = ["attach"]
    with pytest.raises(ApplyError, match=f"the old NIC {FIRST} at 0000:02:00.0 is back"):
        toggle(world, ["a"], by_name("vhost", "hotplug", Selector(alias="ua-right")))
    assert guest.XMLDesc(STORED) == stored
    assert {one.key: (one.alias, one.driver) for one in interfaces(parse(guest.live))} == live


@pytest.mark.parametrize(
    ("saved_with", "asked", "required"), [("qemu", "vhost", True), ("vhost", "vhost", False), (None, "qemu", True)]
)
def test_a_saved_state_is_resumed_with_the_driver_it_was_saved_with(world, saved_with, asked, required):
    guest = world.guest("a", nic(FIRST, "<driver name='qemu'/>"), running=False)
    guest.hasManagedSaveImage = lambda: 1

    def saved(_flags=0):
        if saved_with is None:
            raise libvirt.libvirtError("this driver does not tell")
        return f"<domain><devices>{nic(FIRST, f'<driver name={saved_with!r}/>')}</devices></domain>"

    guest.managedSaveGetXMLDesc = saved
    want, haves = by_name(asked, "next_boot"), [read(world, "a")]
    done = _read.result(world, want, haves, plan(want, haves[0]), str(world.proc))
    assert done["restart_required"] is required
    assert [text.split(":")[0] for text in _read.resumed(want, haves)] == [
        "domain 'a' has a saved state (virsh managedsave)"
    ] * required


def test_a_wish_that_need_not_be_proved_is_stored_where_it_cannot_be_in_effect(world):
    guest = world.guest("a", nic(FIRST, "<driver name='qemu'/>"))
    bare = read(world, "a")._replace(virt_type="qemu", vhost_net=False)
    with pytest.raises(LabError, match="/dev/vhost-net is missing"):
        plan(by_name("vhost", "next_boot"), bare)
    given_back = by_name("vhost", "next_boot")._replace(proved=False)
    _apply.apply(world, world.heard, given_back, plan(given_back, bare), QUICK, str(world.proc))
    assert interfaces(parse(guest.XMLDesc(STORED)))[0].driver == {"name": "vhost"}
    world.vhost_works = False
    restarted, unproved = given_back._replace(apply="power_cycle"), QUICK._replace(verify=False)
    steps = plan(restarted, read(world, "a")._replace(virt_type="qemu", vhost_net=False))
    _apply.apply(world, world.heard, restarted, steps, unproved, str(world.proc))
    after = read(world, "a")._replace(virt_type="qemu", vhost_net=False)
    assert (after.live[0].driver, after.effective) == ({"name": "vhost"}, {FIRST: "qemu"})
    assert plan(restarted, after) == [], "what is in effect does not matter to it"


def connected(world, monkeypatch, *looks):
    """A guest whose agent tells of one state of its links after the other, and of the last one for ever."""
    guest = world.guest("a", nic(FIRST, "<driver name='qemu'/>") + CHANNEL.format(" state='connected'"))
    guest.live = guest.live.replace('"org.qemu.guest_agent.0"', '"org.qemu.guest_agent.0" state="connected"')
    left = list(looks)
    monkeypatch.setattr(Agent, "interfaces", lambda _self: left.pop(0) if len(left) > 1 else left[0])
    monkeypatch.setattr(Agent, "wait", lambda _self, _timeout: None)
    monkeypatch.setattr(_prove.time, "sleep", lambda _seconds: None)
    return guest


HAD, BARE = [link(FIRST, "192.0.2.7", "fe80::1")], [link(FIRST, "fe80::1")]
ADDRESSED = {"wait_s": 0.2, "wait_for": "address"}


@pytest.mark.parametrize("looks", [(HAD, BARE, BARE, HAD), (BARE, BARE), (HAD, [], HAD, [link(FIRST, "192.0.2.7")])])
def test_a_hot_plugged_nic_is_waited_for_until_it_has_its_address(world, monkeypatch, looks):
    connected(world, monkeypatch, *looks)
    toggle(world, ["a"], by_name("vhost", "hotplug"), QUICK._replace(**ADDRESSED))
    assert read(world, "a").effective == {FIRST: "vhost"}


@pytest.mark.parametrize("other", [BARE, [link(FIRST, "192.0.2.8")], [link(SECOND, "192.0.2.7"), *BARE]])
def test_another_address_or_none_is_not_the_one_that_it_had(world, monkeypatch, other):
    guest = connected(world, monkeypatch, HAD, other)
    live = interfaces(parse(guest.live))
    with pytest.raises(
        ApplyError, match=f"has not got its address again within 0.2 s: it had 192.0.2.7 on {FIRST}; the"
    ):
        toggle(world, ["a"], by_name("vhost", "hotplug"), QUICK._replace(**ADDRESSED))
    restored(guest, world, live)


@pytest.mark.parametrize(
    ("looks", "warned"), [((HAD, BARE), True), ((HAD, BARE, HAD), False), ((BARE, BARE), False), ((HAD, HAD), False)]
)
def test_success_with_an_address_that_has_gone_is_a_warning(world, monkeypatch, looks, warned):
    connected(world, monkeypatch, *looks)
    monkeypatch.setattr(_prove, "_SOON_S", 0.05)
    warnings = toggle(world, ["a"], by_name("vhost", "hotplug"), QUICK._replace(wait_s=5))[3]
    said = [text for text in warnings if "had the address 192.0.2.7 and has not got it again" in text]
    assert len(said) == warned


def test_an_address_without_an_agent_to_tell_it_is_refused(world):
    world.guest("a", nic(FIRST, "<driver name='qemu'/>") + CHANNEL.format(""))
    for apply in ("hotplug", "power_cycle"):
        with pytest.raises(LabError, match="'a' has no guest agent that is connected, and wait_for: address needs"):
            plan(by_name("vhost", apply)._replace(addressed=True), read(world, "a"))
    assert plan(by_name("vhost", "next_boot")._replace(addressed=True), read(world, "a"))


def test_a_restarted_guest_is_waited_for_until_it_has_its_address(world, monkeypatch):
    connected(world, monkeypatch, HAD, [], BARE, HAD)
    toggle(world, ["a"], by_name("vhost", "power_cycle"), QUICK._replace(**ADDRESSED))
    assert read(world, "a").effective == {FIRST: "vhost"}

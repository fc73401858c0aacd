# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The decision table of the planner."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._live import live_change
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._model import Network, Route, World
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._plan import plan
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._want import want_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import dump, parse

UUID = "11111111-2222-3333-4444-555555555555"
XML = (
    f"<network><name>n</name><uuid>{UUID}</uuid><metadata><lab:lab xmlns:lab='urn:virtio.lab:1' name='lab'/></metadata>"
    "<forward mode='nat'/><bridge name='virbr9' stp='on' delay='0'/><mac address='52:54:00:00:00:99'/>"
    "<ip address='10.0.0.1' netmask='255.255.255.0'><dhcp><range start='10.0.0.2' end='10.0.0.254'/></dhcp></ip>"
    "</network>"
)
LEASE = {"hosts": [{"mac": "52:54:00:00:00:01", "address": "10.0.0.9"}]}
UNMARKED = XML.replace("lab:lab xml", "lab:x xml")
ADDED = '<host ip="10.0.0.9" mac="52:54:00:00:00:01"/>'
SAME = {"subnet": "10.0.0.0/24"}
NOTHING = World({})
MOVED = {"subnet": "10.0.1.0/24"}


def have(stored=XML, live=XML, **about):
    return Network("n", UUID, "lab", stored, live, **about)


def planned(options, network, world=NOTHING, **about):
    networks = {**world.networks, **({} if network is None else {"n": network})}
    return plan(want_of({"name": "n", "lab": "lab", **options, **about}), replace(world, networks=networks))


def steps(*arguments, **about):
    return [action.action for action in planned(*arguments, **about).actions]


@pytest.mark.parametrize(
    ("options", "network", "about", "expected"),
    [
        (SAME, None, {}, ["define"]),
        (SAME, None, {"state": "inactive", "autostart": False}, ["define"]),
        (SAME, None, {"state": "active", "autostart": True}, ["define", "autostart", "start"]),
        (SAME, None, {"state": "absent"}, []),
        (SAME, have(), {"state": "active", "autostart": False}, []),
        (SAME, have(), {}, []),
        ({}, have(), {"state": "active"}, []),
        (SAME, have(), {"autostart": True}, ["autostart"]),
        (SAME, have(), {"state": "inactive"}, ["stop"]),
        ({}, have(), {"state": "inactive", "autostart": True}, ["autostart", "stop"]),
        (SAME, have(), {"state": "absent"}, ["stop", "undefine"]),
        (SAME, have(live=None), {}, []),
        (SAME, have(live=None), {"state": "inactive"}, []),
        (SAME, have(live=None), {"state": "active"}, ["start"]),
        (SAME, have(live=None, autostart=True), {"state": "active", "autostart": False}, ["autostart", "start"]),
        (SAME, have(live=None), {"state": "absent"}, ["undefine"]),
        (SAME, have(persistent=False), {}, ["define"]),
        (SAME, have(persistent=False), {"state": "absent"}, ["stop"]),
        (SAME, have(persistent=False), {"state": "inactive"}, ["define", "stop"]),
        (MOVED, have(), {}, ["define", "restart"]),
        (MOVED, have(), {"restart": "never"}, ["define"]),
        (MOVED, have(attached=("web",)), {}, ["define"]),
        (MOVED, have(attached=("web",)), {"restart": "always"}, ["define", "restart"]),
        (MOVED, have(), {"state": "inactive"}, ["define", "stop"]),
        (MOVED, have(live=None), {"state": "active"}, ["define", "start"]),
        (SAME, have(live=XML.replace("nat", "open")), {"mode": "nat"}, ["restart"]),
        ({**SAME, **LEASE}, have(), {}, ["define", "update"]),
        ({**SAME, **LEASE}, have(attached=("web",)), {"restart": "never"}, ["define", "update"]),
        ({**SAME, **LEASE}, have(live=None), {}, ["define"]),
        ({**SAME, **LEASE, "delay": 3}, have(attached=("web",)), {}, ["define", "update"]),
        ({**SAME, **LEASE, "delay": 3}, have(), {}, ["define", "restart"]),
        ({"xml": XML}, have(), {}, []),
        ({"xml": XML.replace("nat", "open")}, have(), {}, ["define", "restart"]),
        ({"dns": {"txt": [{"name": "a", "value": "b"}]}}, have(), {}, ["define", "update"]),
    ],
)
def test_steps(options, network, about, expected):
    assert steps(options, network, **about) == expected


def test_what_waits_for_a_restart_is_named():
    waiting = planned({"delay": 3, **MOVED}, have(attached=("web",)))
    assert waiting.restart_for == (
        "bridge",
        "ip 10.0.0.1/24",
        "ip 10.0.0.1/24 dhcp range 10.0.0.2-10.0.0.254",
        "ip 10.0.1.1/24",
        "ip 10.0.1.1/24 dhcp range 10.0.1.2-10.0.1.254",
    )
    assert waiting.cut_off == ()
    assert planned({"delay": 3}, have(attached=("web",)), restart="always").cut_off == ("web",)


def test_what_waited_goes_on_waiting_without_a_change():
    stored = XML.replace("delay='0'", "delay='3'")
    waiting = planned({"delay": 3}, have(stored=stored), restart="never")
    assert (waiting.actions, waiting.restart_for) == ((), ("bridge",))
    assert steps({"delay": 3}, have(stored=stored)) == ["restart"]


@pytest.mark.parametrize("state", ["inactive", "absent"])
def test_nobody_is_cut_off_silently(state):
    network = have(attached=("a", "link b"))
    with pytest.raises(LabError, match=r"guests attached \(a, link b\)"):
        steps({}, network, state=state)
    assert planned({}, network, state=state, restart="always").cut_off == ("a", "link b")


@pytest.mark.parametrize("state", ["present", "active", "inactive", "absent"])
@pytest.mark.parametrize(
    ("owner", "asker", "says"),
    [
        (None, "lab", "was not made by a lab, so the lab 'lab'"),
        ("theirs", "lab", "belongs to the lab 'theirs'"),
        ("theirs", None, "so a task that names no lab must not"),
    ],
)
def test_what_is_not_ours_is_not_touched(state, owner, asker, says):
    with pytest.raises(LabError, match=says):
        steps(SAME, replace(have(), lab=owner), state=state, lab=asker)


def test_without_a_lab_what_is_nobodys_may_be_changed():
    assert steps({"delay": 2}, replace(have(UNMARKED, None), lab=None), lab=None) == ["define"]


OTHER = Network("o", "91111111-2222-3333-4444-555555555555", None, XML.replace(">n<", ">o<"), None)
BRIDGED = Network("o", "9", None, "<network><forward mode='bridge'/><bridge name='br-w'/></network>", None)


def other(inner):
    return World({"o": replace(OTHER, stored=f"<network><name>o</name>{inner}</network>")})


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"uuid": OTHER.uuid}, "is that of the network o"),
        ({"uuid": "31111111-2222-3333-4444-555555555555"}, "does not change"),
        ({"xml": f"<network><uuid>{OTHER.uuid}</uuid></network>"}, "is that of the network o"),
    ],
)
def test_name_and_uuid_belong_together(options, says):
    with pytest.raises(LabError, match=says):
        steps(options, have(), world=World({"o": OTHER}))
    with pytest.raises(LabError, match="does not change"):
        steps({}, have(), state="absent", uuid="31111111-2222-3333-4444-555555555555")
    assert steps({}, have(), state="absent", uuid=UUID) == ["stop", "undefine"]


def test_a_network_of_nothing():
    with pytest.raises(LabError, match="there is no network n; say what it is like"):
        steps({}, None, state="active")


@pytest.mark.parametrize(
    ("world", "says"),
    [
        (other("<ip address='10.0.0.129' prefix='25'/>"), r"overlaps 10\.0\.0\.128/25 of the network o"),
        (other("<bridge name='br-w'/>"), "bridge br-w is that of the network o"),
        (World({"o": BRIDGED}), "bridge br-w is that of the network o"),
        (
            World({"o": replace(BRIDGED, stored="<network/>", live=BRIDGED.stored)}),
            "bridge br-w is that of the network",
        ),
        (World({}, ("lo", "br-w")), "a link named br-w"),
        (World({}, (), (Route(ip_network("10.0.0.0/8"), "eth0"),)), r"route to 10\.0\.0\.0/8 by eth0"),
    ],
)
def test_clashes(world, says):
    options = {"bridge": "br-w", **SAME}
    for network in (None, have(live=None)):
        with pytest.raises(LabError, match=says):
            steps(options, network, world=world, state="active")


@pytest.mark.parametrize(
    "world",
    [
        other("<ip family='ipv6' address='fd00::1' prefix='64'/><ip family='ipv6'/>"),
        World({}, ("lo",), (Route(ip_network("fd00::/8"), "e"), Route(ip_network("10.1.0.0/24"), "e"))),
    ],
)
def test_no_clash(world):
    assert steps({"bridge": "br-w", **SAME}, None, world=world) == ["define"]
    assert steps({"mode": "bridge", "bridge": "br-w"}, None, world=world) == ["define"]
    assert steps({"mode": "bridge", "bridge": "br-w"}, None, world=World({"o": BRIDGED})) == ["define"]


def test_a_running_network_does_not_clash_with_itself():
    routes = (Route(ip_network("10.0.0.0/24"), "virbr9"), Route(ip_network("10.0.0.1/32"), "virbr9"))
    assert steps({"subnet": "10.0.0.0/23"}, have(), world=World({}, ("virbr9",), routes)) == ["define", "restart"]


def test_what_is_as_it_was_is_left_in_peace():
    crowded = World({"o": OTHER}, ("virbr9",), (Route(ip_network("10.0.0.0/8"), "eth0"),))
    assert steps(SAME, have(), world=crowded) == []
    assert steps({"domain": "d"}, have(live=None), world=crowded) == ["define"]


def test_commands_and_diff_come_from_the_actions():
    made = planned({**SAME, **LEASE}, have(), autostart=True)
    assert [action.command for action in made.actions] == [
        "virsh net-define n.xml",
        "virsh net-autostart n",
        f"virsh net-update n add-last ip-dhcp-host '{ADDED}' --live --parent-index 0",
    ]
    host = {"ip 10.0.0.1/24 dhcp host 52:54:00:00:00:01": ADDED}
    assert made.diff() == {
        "before": {"stored": {}, "autostart": False, "live": {}},
        "after": {"stored": host, "autostart": True, "live": host},
    }
    restart = planned(MOVED, have()).actions[-1]
    assert restart.command == "virsh net-destroy n && virsh net-start n"
    off = planned({}, have(autostart=True), autostart=False, state="absent", restart="always")
    assert [action.command for action in off.actions] == ["virsh net-destroy n", "virsh net-undefine n"]
    assert planned({}, have(autostart=True), autostart=False).actions[0].command == "virsh net-autostart n --disable"


def test_a_transient_network_becomes_persistent():
    assert planned({}, have(persistent=False)).diff()["after"] == {"stored": {}, "persistent": True}


HOSTS, TAKEN = "<bridge name='br0'/>", "<interface dev='a'/><interface dev='b'/>"


def bridged(mode, devices="", groups=""):
    return parse(f"<network><forward mode='{mode}'>{devices}</forward>{groups}</network>")


def named(ip, *names):
    return f"<host ip='{ip}'>{''.join(f'<hostname>{name}</hostname>' for name in names)}</host>"


def srv(port, more="domain='d' target='t'"):
    return f"<srv service='s' protocol='tcp' port='{port}' {more}/>"


@pytest.mark.parametrize(
    ("running", "wanted", "verbs", "restart_for"),
    [
        (named("10.0.0.3", "a"), named("10.0.0.4", "a"), ["delete", "add-last"], 0),
        (named("10.0.0.3", "a"), named("10.0.0.3", "a", "b"), ["delete", "add-last"], 0),
        (named("10.0.0.3", "a"), named("10.0.0.3", "a") + named("10.0.0.4", "b"), ["add-last"], 0),
        (named("10.0.0.7", "pudding"), named("10.0.0.7", "pudding") + named("10.0.0.8", "pudding"), ["add-last"], 0),
        (named("10.0.0.3", "a"), named("10.0.0.3", "a") + named("fd00::3", "a", "b"), ["add-last"], 0),
        (named("10.0.0.3", "a") + named("fd00::3", "a"), named("10.0.0.3", "a"), ["delete"], 0),
        (named("10.0.0.3", "a") + named("fd00::3", "a"), named("10.0.0.3", "b"), ["delete", "delete", "add-last"], 0),
        (named("10.0.0.3", "a") + named("10.0.0.3", "b"), named("10.0.0.3", "a"), [], 1),
        (named("10.0.0.3", "a"), named("10.0.0.3", "a") + named("10.0.0.3", "b"), [], 1),
        (
            named("10.0.0.3", "a") + named("fd00::3", "a"),
            named("10.0.0.3", "a") + named("fd00::3", "a") + named("10.0.0.4", "b"),
            ["add-last"],
            0,
        ),
        (srv(1), srv(2), ["delete", "add-last"], 0),
        (srv(1), srv(1) + srv(1, "domain='e' target='t'"), ["add-last"], 0),
        (srv(1), srv(1) + srv(2), [], 1),
        (srv(1) + srv(2), srv(1), [], 1),
        (srv(1), srv(1) + srv(2, ""), [], 1),
        ("<txt name='a' value='1'/><txt name='a' value='2'/>", "<txt name='a' value='1'/>", [], 1),
        ("<txt name='a' value='1'/>", "<txt name='a' value='2'/>", ["delete", "add-last"], 0),
    ],
)
def test_dns_entries_that_libvirt_takes_for_one_another_need_a_restart(judge, running, wanted, verbs, restart_for):
    before, after = (parse(XML.replace("<ip ", f"<dns>{entries}</dns><ip ")) for entries in (running, wanted))
    change = live_change(before, after, (), judge.rehearse)
    assert [update.verb for update in change.updates] == verbs
    assert len(change.restart_for) == restart_for
    if not restart_for:
        then = parse(judge.rehearse(dump(before), change.updates))
        assert live_change(then, after, (), judge.rehearse)[2:] == ((), ())


@pytest.mark.parametrize(
    ("running", "wanted", "updates", "restart_for"),
    [
        (("bridge",), ("bridge",), [], []),
        (("bridge", "<interface dev='a'/>"), ("bridge", "<interface dev='b'/>"), ["add-last b", "delete a"], []),
        (("bridge",), ("vepa", "<interface dev='b'/>"), [], ["forward", "forward interface b"]),
        (("bridge", "<interface dev='a' connections='2'/>"), ("bridge",), [], ["forward interface a"]),
        (
            ("bridge", "<interface dev='a' connections='2'/>"),
            ("bridge", "<interface dev='b'/>"),
            ["add-last b"],
            ["forward interface a"],
        ),
        (("bridge", "<interface dev='a'/>"), ("bridge",), [], ["forward interface a"]),
        (("vepa", "<interface dev='a'/>"), ("vepa",), [], ["forward interface a"]),
        (("bridge", "<interface dev='a'/>"), ("bridge", "", HOSTS), [], ["bridge", "forward interface a"]),
        (("bridge", "", HOSTS), ("bridge", "<interface dev='a'/>"), [], ["bridge", "forward interface a"]),
        (("bridge", "", HOSTS), ("bridge", "", f"{HOSTS}<portgroup name='a'/>"), ["add-last a"], []),
        (("route", "<interface dev='a'/>"), ("route", "<interface dev='b'/>"), ["delete a", "add-last b"], []),
        (("route", "<interface dev='a'/>"), ("route",), ["delete a"], []),
        (("route", "", "<portgroup name='a'/>"), ("nat",), [], ["forward", "portgroup a"]),
        (("passthrough", TAKEN), ("passthrough", TAKEN, "<portgroup name='a'/>"), ["add-last a"], []),
        (
            ("vepa", "<pf dev='p'/><interface dev='v'/>"),
            ("vepa", "<pf dev='p'/>", "<portgroup name='a'/>"),
            [],
            ["portgroup a"],
        ),
        (
            ("nat", "", "<metadata><a xmlns='urn:a'/></metadata>"),
            ("nat", "", "<metadata><a xmlns='urn:a' b='c'/></metadata><portgroup name='a'/>"),
            ["add-last a"],
            [],
        ),
        (
            ("nat", "", "<portgroup name='a' default='yes'/><portgroup name='b'/><portgroup name='c'/>"),
            ("nat", "", "<portgroup name='a'/><portgroup name='b' default='yes'/><portgroup name='d'/>"),
            ["delete c", "modify a", "add-last d", "modify b"],
            [],
        ),
    ],
)
def test_updates_come_in_an_order_that_libvirt_takes(running, wanted, updates, restart_for):
    change = live_change(bridged(*running), bridged(*wanted))
    assert [f"{update.verb} {update.setting.split()[-1]}" for update in change.updates] == updates
    assert list(change.restart_for) == restart_for


@pytest.mark.parametrize(
    ("mode", "more", "updates", "restart_for"),
    [
        ("passthrough", "", [], ["forward interface b", "portgroup a"]),
        ("hostdev", "", [], ["forward interface b", "portgroup a"]),
        ("private", "<virtualport type='802.1Qbh'/>", [], ["forward interface b", "portgroup a"]),
        ("private", "", ["add-last a"], ["forward interface b"]),
        ("vepa", "", ["add-last a"], ["forward interface b"]),
    ],
)
def test_what_guests_have_is_neither_taken_nor_forgotten(mode, more, updates, restart_for):
    # libvirt reads its own XML again for an update; connections stand in none that it reads.
    before = bridged(mode, TAKEN, more)
    after = bridged(mode, "<interface dev='a'/>", f"{more}<portgroup name='a'/>")
    change = live_change(before, after, ("b",))
    assert [f"{update.verb} {update.setting.split()[-1]}" for update in change.updates] == updates
    assert list(change.restart_for) == restart_for


V4, V6 = "<ip address='10.0.0.1' prefix='24'>{}</ip>", "<ip family='ipv6' address='fd00::1' prefix='64'>{}</ip>"
HOST4, HOST6 = "<host name='x' ip='10.0.0.9'/>", "<host name='x' ip='fd00::9'/>"
RANGE4, RANGE6 = "<range start='10.0.0.2' end='10.0.0.3'/>", "<range start='fd00::2' end='fd00::3'/>"
TFTP = "<tftp root='/srv'/>{}"


@pytest.mark.parametrize(
    ("ip", "before", "after", "verbs"),
    [
        # dnsmasq starts again, and serves
        (V4, "", HOST4, ["add-last"]),
        (V4, HOST4, "", ["delete"]),
        (V4, "", RANGE4, ["add-last"]),
        (V6, "", RANGE6, ["add-last"]),
        (V6, "", RANGE6 + HOST6, ["add-last", "add-last"]),
        # it serves already, and reads the hosts anew
        (V6, RANGE6, RANGE6 + HOST6, ["add-last"]),
        (V6, HOST6, HOST6.replace("::9", "::8"), ["delete", "add-last"]),
        (V4.format(TFTP), RANGE4, RANGE4 + HOST4, ["add-last"]),
        # it would not know
        (V6, "", HOST6, None),
        (V6, HOST6, "", None),
        (V6, RANGE6, HOST6, None),
        (V4.format(TFTP), "", HOST4, None),
        (V4.format(TFTP), HOST4, "", None),
    ],
)
def test_a_lease_that_dnsmasq_would_not_hear_of_waits(judge, ip, before, after, verbs):
    running, wanted = (
        parse(f"<network><name>n</name><uuid>{UUID}</uuid>{ip.format(f'<dhcp>{dhcp}</dhcp>')}</network>")
        for dhcp in (before, after)
    )
    change = live_change(running, wanted, (), judge.rehearse)
    assert [update.verb for update in change.updates] == (verbs or [])
    assert bool(change.restart_for) == (verbs is None)

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Against libvirt's test driver: reading, applying, half-way failures, the whole way of a call."""

from __future__ import annotations

from contextlib import contextmanager
from ipaddress import ip_network

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.virtio.lab.plugins.module_utils._errors import ApplyError, LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks import _reconcile
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._judge import judge, validate
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._model import Route
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._read import read_networks, read_world
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._spec import NAMES, module_arguments
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._undo import startable

NIC = "<interface type='{}'><source {}='{}'/>{}</interface>"


@pytest.fixture
def call(hypervisor, monkeypatch):
    """Return a function that does what the module does, with its parameters."""

    @contextmanager
    def connect(uri):
        assert uri == "lab:///"
        yield hypervisor

    monkeypatch.setattr(_reconcile, "connect", connect)

    def reconcile(check_mode=False, **parameters):
        return _reconcile.reconcile(
            {"uri": "lab:///", **parameters}, NAMES, check_mode, hypervisor.run, hypervisor.warned.append
        )

    return reconcile


def domain(*nics):
    return f"<domain><devices>{''.join(nics)}</devices></domain>"


def test_who_is_attached(hypervisor, call):
    call(name="n", subnet="10.0.0.0/24", bridge="br-n", state="active")
    call(name="idle", mode="isolated", state="active")
    hypervisor.ports = ["<networkport><owner><name>by-port</name></owner></networkport>", "<networkport/>"]
    hypervisor.domains = [
        ("by-network", domain(NIC.format("network", "network", "n", "<target dev='vnet0'/>"))),
        ("by-bridge", domain(NIC.format("bridge", "bridge", "br-n", ""))),
        ("elsewhere", domain(NIC.format("network", "network", "o", ""), "<interface type='user'/>")),
    ]
    hypervisor.links = [{"ifname": name, "master": "br-n"} for name in ("vnet0", "veth1", "br-n-nic")] + [
        {"ifname": "lo"}
    ]
    world = read_world(hypervisor, ["n"], hypervisor.run)
    assert world.networks["n"].attached == ("an unknown guest", "by-bridge", "by-network", "by-port", "link veth1")
    assert world.networks["idle"].attached == ()
    assert world.links == ("vnet0", "veth1", "br-n-nic", "lo")
    assert read_networks(hypervisor, ["n", "gone"]).keys() == {"n"}


def test_what_is_on_the_hosts_own_bridge_is_not_cut_off(hypervisor, call):
    call(name="n", mode="bridge", bridge="br-host", state="active")
    hypervisor.domains = [
        ("by-network", domain(NIC.format("network", "network", "n", "<target dev='vnet0'/>"))),
        ("by-bridge", domain(NIC.format("bridge", "bridge", "br-host", ""))),
    ]
    hypervisor.links = [{"ifname": "br-host"}, {"ifname": "eth1", "master": "br-host"}]
    hypervisor.ports = ["<networkport><owner><name>by-port</name></owner></networkport>"]
    assert read_world(hypervisor, ["n"], hypervisor.run).networks["n"].attached == ("by-network", "by-port")


def test_a_driver_without_ports_and_stored_xml(hypervisor, call):
    call(name="n", subnet="10.0.0.0/24", state="active")
    drawer = hypervisor.live
    drawer.listAllDomains = lambda _flags: []
    network = read_world(drawer, ["n"], hypervisor.run).networks["n"]
    assert (network.attached, network.stored) == ((), network.live)


def test_a_network_that_goes_while_it_is_read_is_not_there(call, hypervisor, monkeypatch):
    call(networks=[{"name": name, "mode": "isolated"} for name in "ab"])
    listed = hypervisor.listAllNetworks()
    call(name="a", state="absent")
    monkeypatch.setattr(hypervisor, "listAllNetworks", lambda: listed)
    assert read_world(hypervisor, ["a", "b"], hypervisor.run).networks.keys() == {"b"}


def test_routes(hypervisor):
    hypervisor.routes = {
        "-4": [
            {"dst": "default"},
            {"dst": "0.0.0.0/1", "dev": "t"},
            {"dst": "128.0.0.0/1", "dev": "t"},
            {"dst": "10.0.0.0/8", "dev": "e0"},
            {"dst": "10.9.9.9", "type": "unreachable"},
        ],
        "-6": [
            {"dst": "fe80::/64", "dev": "e0"},
            {"dst": "8000::/1", "dev": "t"},
            {"dst": "ff00::/8", "type": "multicast"},
            {"dst": "fd00::/64", "dev": "e0"},
        ],
    }
    assert read_world(hypervisor, [], hypervisor.run).routes == (
        Route(ip_network("10.0.0.0/8"), "e0"),
        Route(ip_network("10.9.9.9/32"), "no device"),
        Route(ip_network("fd00::/64"), "e0"),
    )


def test_a_call(call):
    asked = {
        "state": "active",
        "networks": [
            {"name": "a", "subnet": "10.1.0.0/24", "autostart": True},
            {"name": "b", "mode": "isolated", "state": "inactive"},
            {"name": "c", "state": "absent"},
        ],
    }
    promised, done, again = call(True, **asked), call(**asked), call(**asked)
    assert (
        promised["commands"]
        == done["commands"]
        == [
            "virsh net-define a.xml",
            "virsh net-autostart a",
            "virsh net-start a",
            "virsh net-define b.xml",
        ]
    )
    assert promised["diff"] == done["diff"]
    assert [network["state"] for network in promised["networks"]] == ["active", "inactive", "absent"]
    assert [network["state"] for network in done["networks"]] == ["active", "inactive", "absent"]
    assert done["networks"][0]["definition"]["ips"][0]["address"] == "10.1.0.1"
    assert done["networks"][2]["definition"] == {}
    assert (again["changed"], again["commands"], again["diff"]) == (False, [], {"before": {}, "after": {}})
    gone = call(networks=[{"name": name, "state": "absent"} for name in "ab"])
    assert [network["state"] for network in gone["networks"]] == ["absent", "absent"]


def test_networks_of_one_call_must_not_clash(call, hypervisor):
    with pytest.raises(LabError, match="of the network a"):
        call(networks=[{"name": "a", "subnet": "10.1.0.0/24"}, {"name": "b", "subnet": "10.1.0.0/16"}])
    assert hypervisor.listAllNetworks() == []
    call(name="a", subnet="10.1.0.0/24")
    call(networks=[{"name": "a", "state": "absent"}, {"name": "b", "subnet": "10.1.0.0/16"}])
    assert [network.name() for network in hypervisor.listAllNetworks()] == ["b"]


@pytest.mark.parametrize(
    "leaves",
    [
        {"name": "a", "state": "absent"},
        {"name": "a", "state": "active", "bridge": "br-other", "subnet": "10.2.0.0/24"},
    ],
)
def test_a_network_takes_what_a_running_one_leaves_in_the_same_call(call, hypervisor, leaves):
    call(name="a", subnet="10.1.0.0/24", bridge="br-lab", state="active")
    hypervisor.links = [{"ifname": "lo"}, {"ifname": "br-lab"}]
    hypervisor.routes = {"-4": [{"dst": "10.1.0.0/24", "dev": "br-lab"}, {"dst": "10.1.0.1", "dev": "br-lab"}]}
    follows = {"name": "b", "subnet": "10.1.0.0/24", "bridge": "br-lab", "state": "active"}
    with pytest.raises(LabError, match="of the network a"):
        call(networks=[follows, leaves])
    assert call(networks=[leaves, follows])["networks"][1]["state"] == "active"


def test_what_stops_without_its_bridge_leaves_what_is_the_hosts(call, hypervisor):
    call(name="a", mode="bridge", bridge="br-host", state="active")
    hypervisor.links = [{"ifname": "br-host"}]
    with pytest.raises(LabError, match="a link named br-host"):
        call(networks=[{"name": "a", "state": "absent"}, {"name": "b", "mode": "isolated", "bridge": "br-host"}])


def test_a_running_network_is_updated_without_a_restart(call, hypervisor):
    call(name="n", subnet="10.0.0.0/24", state="active")
    told = call(name="n", subnet="10.0.0.0/24", hosts=[{"mac": "52:54:00:00:00:01", "address": "10.0.0.9"}])
    assert [command.split()[1] for command in told["commands"]] == ["net-define", "net-update"]
    network = hypervisor.networkLookupByName("n")
    assert all("<host mac='52:54:00:00:00:01' ip='10.0.0.9'/>" in network.XMLDesc(flags) for flags in (0, 1))


def test_restart_required_is_told(call, hypervisor):
    call(name="n", subnet="10.0.0.0/24", bridge="br-n", state="active")
    hypervisor.domains = [("web", domain(NIC.format("network", "network", "n", "")))]
    told = call(name="n", delay=3)
    assert (told["changed"], told["restart_required"], told["networks"][0]["restart_for"]) == (True, True, ["bridge"])
    told = call(name="n", delay=3, restart="always")
    assert (told["restart_required"], told["networks"][0]["cut_off"]) == (False, ["web"])
    told = call(name="n", state="absent", restart="always")
    assert told["networks"][0]["state"] == "absent"


def test_half_way(call, hypervisor):
    hypervisor.refused = {("start", "b")}
    with pytest.raises(ApplyError, match="network b: libvirt refused to start it") as error:
        call(networks=[{"name": name, "mode": "isolated", "state": "active"} for name in "abc"])
    assert error.value.applied == ["virsh net-define a.xml", "virsh net-start a", "virsh net-define b.xml"]
    assert [network.isActive() for network in hypervisor.listAllNetworks()] == [True, False]


def test_what_only_define_can_tell_leaves_nothing_half_done(call, hypervisor):
    call(name="old", subnet="10.0.0.0/24", state="active", autostart=True)
    before = [(net.XMLDesc(0), net.XMLDesc(1)) for net in hypervisor.listAllNetworks()]
    hypervisor.refused = {("define", "z")}
    others = [{"name": "new", "mode": "isolated", "state": "active"}, {"name": "old", "state": "absent"}]
    with pytest.raises(ApplyError, match=r"refused to define it: .*; what was done before was put back") as error:
        call(networks=[*others, {"name": "z", "subnet": "10.0.0.0/25"}])
    assert error.value.applied == []
    assert [(net.XMLDesc(0), net.XMLDesc(1)) for net in hypervisor.listAllNetworks()] == before
    network = hypervisor.networkLookupByName("old")
    assert (network.isActive(), network.autostart()) == (True, 1)


def test_what_cannot_be_put_back_is_told(call, hypervisor):
    call(name="n", subnet="10.0.0.0/24", state="active")
    hypervisor.domains = [("web", domain(NIC.format("network", "network", "n", "")))]
    hypervisor.refused, hypervisor.once = {("define", "z"), ("start", "n")}, False
    asked = [{"name": "n", "state": "inactive"}, {"name": "z", "mode": "isolated"}]
    with pytest.raises(ApplyError, match=r"putting back .* failed: virsh net-destroy n: .* web lost n") as error:
        call(networks=asked, restart="always")
    assert error.value.applied == ["virsh net-destroy n"]


def test_what_does_not_start_again_is_put_back(call, hypervisor):
    call(name="n", subnet="10.0.0.0/24", state="active")
    before = hypervisor.networkLookupByName("n").XMLDesc(1)
    hypervisor.refused = {("start", "n")}
    with pytest.raises(ApplyError, match="put back and runs as before") as error:
        call(name="n", delay=3, autostart=True)
    assert error.value.applied == ["virsh net-autostart n"]
    network = hypervisor.networkLookupByName("n")
    assert (network.XMLDesc(1), network.XMLDesc(0), network.isActive()) == (before, before, True)


def under_guests(call, hypervisor):
    call(name="n", subnet="10.0.0.0/24", state="active")
    hypervisor.domains = [("web", domain(NIC.format("network", "network", "n", "")))]
    hypervisor.refused = {("start", "n")}
    with pytest.raises(ApplyError, match="web lost it and must be attached again") as error:
        call(name="n", delay=3, restart="always")
    return error.value


def test_who_lost_a_network_that_was_put_back_is_told(call, hypervisor):
    error = under_guests(call, hypervisor)
    assert error.applied == ["virsh net-destroy n && virsh net-start n"]
    assert hypervisor.networkLookupByName("n").isActive()


def test_putting_back_fails_too(call, hypervisor):
    hypervisor.once = False
    error = under_guests(call, hypervisor)
    assert str(error).count("libvirt says no") == 2
    assert "putting it back failed too" in str(error)
    assert error.applied == ["virsh net-destroy n"]
    network = hypervisor.networkLookupByName("n")
    assert (network.isActive(), "delay='3'" in network.XMLDesc(1)) == (False, False)


def test_what_ran_is_put_back_not_what_was_stored(call, hypervisor):
    call(name="n", subnet="10.0.0.0/24", state="active")
    ran = hypervisor.networkLookupByName("n").XMLDesc(0)
    call(name="n", delay=3, restart="never")
    stored = hypervisor.networkLookupByName("n").XMLDesc(1)
    assert stored != ran
    hypervisor.refused = {("start", "n")}
    with pytest.raises(ApplyError, match="runs as before") as error:
        call(name="n", delay=3)
    network = hypervisor.networkLookupByName("n")
    assert (network.XMLDesc(0), network.XMLDesc(1), error.value.applied) == (ran, stored, [])


def test_what_cannot_be_stored_again_is_told(call, hypervisor, monkeypatch):
    call(name="n", subnet="10.0.0.0/24", state="active")
    define, texts = hypervisor.networkDefineXML, []

    def third_time_refused(xml):
        texts.append(xml)
        if len(texts) == 3:
            hypervisor.refused = {("define", "n")}
        return define(xml)

    monkeypatch.setattr(hypervisor, "networkDefineXML", third_time_refused)
    hypervisor.refused = {("start", "n")}
    with pytest.raises(ApplyError, match="storing its former definition failed too") as error:
        call(name="n", delay=3)
    assert error.value.applied == ["virsh net-define n.xml"]
    assert hypervisor.networkLookupByName("n").isActive()


@pytest.mark.parametrize("once", [True, False])
def test_a_transient_network_that_does_not_start_again(call, hypervisor, once):
    call(name="n", subnet="10.0.0.0/24", state="active")
    hypervisor.networkLookupByName("n").undefine()
    hypervisor.refused, hypervisor.once = {("start", "n")}, once
    with pytest.raises(ApplyError) as error:
        call(name="n", delay=3)
    network = hypervisor.networkLookupByName("n")
    assert (network.isActive(), network.isPersistent()) == (once, not once)
    assert error.value.applied == ([] if once else ["virsh net-define n.xml", "virsh net-destroy n"])


def test_who_lost_a_network_is_told_though_a_later_one_fails(call, hypervisor):
    call(name="a", subnet="10.0.0.0/24", state="active")
    hypervisor.domains = [("web", domain(NIC.format("network", "network", "a", "")))]
    asked = [{"name": "a", "delay": 3}, {"name": "b", "mode": "isolated"}]
    call(True, networks=asked, restart="always", state="active")
    hypervisor.refused = {("start", "b")}
    with pytest.raises(ApplyError):
        call(networks=asked, restart="always", state="active")
    assert hypervisor.warned == ["network a was stopped under web"] * 2


def test_what_libvirt_found_on_a_function_is_not_defined():
    live = "<network><forward mode='hostdev'><pf dev='e'/>{}</forward></network>"
    assert startable(live.format("<address/><interface dev='v'/>")).split() == startable(live.format("")).split()


def test_what_libvirts_parser_refuses(call, hypervisor):
    with pytest.raises(LabError, match="network n: libvirt does not take this definition"):
        call(
            networks=[
                {"name": "a", "mode": "isolated"},
                {
                    "name": "n",
                    "subnet": "10.0.0.0/24",
                    "routes": [{"destination": "10.9.0.0/16", "gateway": "10.1.0.1"}],
                },
            ]
        )
    assert hypervisor.listAllNetworks() == []
    with judge() as libvirt:
        libvirt.refuse_bad("n", "<network><name>n</name></network>")


SCHEMA = """<element name="network" xmlns="http://relaxng.org/ns/structure/1.0">
  <interleave><element name="name"><text/></element><optional><element name="bridge"><empty/></element></optional>
  </interleave></element>"""


def test_users_xml_is_held_against_the_schema(tmp_path, call, monkeypatch):
    schema = tmp_path / "network.rng"
    validate("n", "<network><anything/></network>", str(schema))
    schema.write_text(SCHEMA, encoding="utf-8")
    validate("n", "<network><bridge/></network>", str(schema))
    validate("n", "<network><bridge/><name>n</name></network>", str(schema))
    with pytest.raises(LabError, match="is no libvirt network: line "):
        validate("n", "<network>\n<anything/></network>", str(schema))
    monkeypatch.setattr(_reconcile, "validate", lambda name, text: validate(name, text, str(schema)))
    with pytest.raises(LabError, match="is no libvirt network"):
        call(name="n", xml="<network><anything/></network>")


def refusal(parameters):
    """Return what AnsibleModule says of parameters, "" where it takes them."""
    about = {key: value for key, value in module_arguments().items() if key != "supports_check_mode"}
    return " ".join(ArgumentSpecValidator(**about).validate(parameters).error_messages)


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"networks": [], "lab": "l", "uri": "u", "state": "active", "autostart": True, "restart": "never"}, ""),
        ({"networks": [], "mode": "isolated"}, "mutually exclusive: networks|mode"),
        ({"networks": [], "xml": "<network/>"}, "mutually exclusive: networks|xml"),
        ({"networks": [], "uuid": "u"}, "mutually exclusive: networks|uuid"),
        ({"networks": [], "name": "n"}, "mutually exclusive: networks|name"),
        ({"name": "n", "forward": {"nat": {"address": {}}}}, ""),
        ({"networks": [{"name": "n", "forward": {"nat": {"address": {"start": "1.1.1.1"}}}}]}, "together: start, end"),
    ],
)
def test_what_the_module_takes(parameters, says):
    said = refusal(parameters)
    assert said == "" if says == "" else says in said


def test_the_arguments_hold_together():
    arguments = module_arguments()
    entry = arguments["argument_spec"]["networks"]
    assert set(entry["options"]) == set(NAMES)
    assert ("xml", "subnet") in entry["mutually_exclusive"]
    assert set(arguments["argument_spec"]) == {*NAMES, "networks", "uri"}

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A want in XML: every option becomes what libvirt's format says, and what is not wanted stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._build import merged
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._canonical import canonical, text_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._check import check
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._model import World
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._want import want_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse

IP = "<ip address='10.0.0.1' prefix='24'>{}</ip>"
NAT = "<forward><nat ipv6='yes'><port start='1' end='9'/><address start='1.1.1.1' end='1.1.1.2'/></nat></forward>"
DNS = (
    "<dns forwardPlainNames='no'><forwarder addr='1.1.1.1'/><forwarder domain='d'/>"
    "<host ip='10.0.0.9'><hostname>a</hostname><hostname>b</hostname></host><txt name='t' value='v'/>"
    "<srv service='s' protocol='tcp' port='1' priority='2' weight='3' domain='d' target='t'/></dns>"
)
RICH = (
    "<network><name>n</name><uuid>11111111-2222-3333-4444-555555555555</uuid><metadata><x xmlns='urn:x'/></metadata>"
    "<forward mode='nat'/><bridge name='virbr7' stp='off'/><mac address='52:54:00:00:00:99'/><domain name='d'/>"
    "<dns><txt name='t' value='v'/><host ip='10.0.0.3'><hostname>h</hostname></host></dns>"
    "<ip address='10.0.0.1' netmask='255.255.255.0'><tftp root='/t'/><dhcp><range start='10.0.0.2' end='10.0.0.9'/>"
    "<host mac='52:54:00:00:00:01' ip='10.0.0.20'/><bootp file='f'/></dhcp></ip>"
    "<ip family='ipv6' address='fd00::1' prefix='64'/><vlan><tag id='4'/></vlan>"
    "<portgroup name='p' default='yes'><vlan><tag id='5'/></vlan></portgroup></network>"
)


def made(current=None, **options):
    return merged(None if current is None else parse(current), want_of({"name": "n", **options}))


def same(root, text):
    assert text_of(canonical(root)) == text_of(canonical(parse(text)))


BOOTING = (
    "<mac address='52:54:00:00:00:aa'/><ip address='10.0.0.1' prefix='24' localPtr='yes'><tftp root='/srv'/><dhcp>"
    "<range start='10.0.0.2' end='10.0.0.3'/><bootp file='f' server='10.0.0.9'/></dhcp></ip>"
    "<metadata><o:x xmlns:o='urn:o'><!-- c --></o:x></metadata>"
    "<d:options xmlns:d='http://libvirt.org/schemas/network/dnsmasq/1.0'>"
    "<d:option value='b'/><d:option value='a'/></d:options>"
)


@pytest.mark.parametrize(
    ("options", "inner"),
    [
        ({"mode": "isolated"}, ""),
        (
            {"subnet": "10.0.0.0/24", "dhcp": {"start": "10.0.0.2", "end": "10.0.0.3", "lease_s": 600}},
            "<forward/>"
            + IP.format("<dhcp><range start='10.0.0.2' end='10.0.0.3'><lease expiry='10'/></range></dhcp>"),
        ),
        ({"mode": "route", "forward": {"interfaces": ["e0"]}}, "<forward mode='route' dev='e0'/>"),
        (
            {
                "forward": {
                    "nat": {
                        "ipv6": True,
                        "port": {"start": 1, "end": 9},
                        "address": {"start": "1.1.1.1", "end": "1.1.1.2"},
                    }
                }
            },
            NAT,
        ),
        (
            {"mode": "hostdev", "forward": {"pf": "e0", "managed": True, "driver": "vfio"}},
            "<forward mode='hostdev' managed='yes'><pf dev='e0'/><driver name='vfio'/></forward>",
        ),
        (
            {"mode": "hostdev", "forward": {"addresses": ["0000:0A:1f.7"]}},
            "<forward mode='hostdev'><address type='pci' domain='0' bus='10' slot='31' function='7'/></forward>",
        ),
        ({"mode": "bridge", "bridge": "br0"}, "<forward mode='bridge'/><bridge name='br0'/>"),
        (
            {
                "mode": "isolated",
                "bridge": "b",
                "stp": False,
                "delay": 3,
                "zone": "z",
                "mac_table_manager": "libvirt",
                "mtu": 9000,
            },
            "<bridge name='b' stp='off' delay='3' zone='z' macTableManager='libvirt'/><mtu size='9000'/>",
        ),
        ({"mode": "isolated", "stp": True}, ""),
        ({"mode": "isolated", "domain": "d", "domain_local_only": True}, "<domain name='d' localOnly='yes'/>"),
        (
            {
                "mode": "isolated",
                "dns": {
                    "enabled": True,
                    "forward_plain_names": False,
                    "forwarders": [{"address": "1.1.1.1"}, {"domain": "d"}],
                    "hosts": [{"address": "10.0.0.9", "names": ["a", "b"]}],
                    "txt": [{"name": "t", "value": "v"}],
                    "srv": [
                        {
                            "service": "s",
                            "protocol": "tcp",
                            "port": 1,
                            "priority": 2,
                            "weight": 3,
                            "domain": "d",
                            "target": "t",
                        }
                    ],
                },
            },
            DNS,
        ),
        (
            {
                "mode": "isolated",
                "subnet": "10.0.0.0/24",
                "mac": "52:54:00:00:00:AA",
                "local_ptr": True,
                "tftp": "/srv",
                "dhcp": {
                    "start": "10.0.0.2",
                    "end": "10.0.0.3",
                    "bootp": {"file": "f", "server": "10.0.0.9"},
                },
                "dnsmasq_options": ["b", "a"],
                "metadata": [{"uri": "urn:o", "xml": "<o:x xmlns:o='urn:o'><!-- c --></o:x>"}],
            },
            BOOTING,
        ),
        (
            {"mode": "isolated", "ipv6": True, "trust_guest_rx_filters": False, "isolated_ports": True},
            "<port isolated='yes'/>",
        ),
        (
            {"mode": "isolated", "routes": [{"destination": "10.9.0.0/16", "gateway": "10.0.0.9", "metric": 2}]},
            "<route address='10.9.0.0' netmask='255.255.0.0' gateway='10.0.0.9' metric='2'/>",
        ),
        (
            {"mode": "isolated", "virtualport": {"type": "openvswitch", "parameters": {"profileid": "p"}}},
            "<virtualport type='openvswitch'><parameters profileid='p'/></virtualport>",
        ),
        (
            {
                "mode": "isolated",
                "virtualport": {"type": "openvswitch"},
                "vlan": {"tags": []},
                "bandwidth": {"inbound": {}},
            },
            "<virtualport type='openvswitch'/>",
        ),
        (
            {"mode": "isolated", "vlan": {"trunk": True, "tags": [{"id": 2, "native_mode": "tagged"}]}},
            "<vlan trunk='yes'><tag id='2' nativeMode='tagged'/></vlan>",
        ),
        (
            {
                "mode": "isolated",
                "bandwidth": {"inbound": {"average": 1, "peak": 2, "burst": 3}, "outbound": {"average": 4}},
            },
            "<bandwidth><inbound average='1' peak='2' burst='3'/><outbound average='4'/></bandwidth>",
        ),
        (
            {
                "mode": "isolated",
                "ips": [
                    {"address": "fd00::1/64", "dhcp": {"hosts": [{"id": "0:1", "name": "x", "address": "fd00::2"}]}}
                ],
            },
            "<ip family='ipv6' address='fd00::1' prefix='64'><dhcp><host id='0:1' name='x' ip='fd00::2'/></dhcp></ip>",
        ),
    ],
)
def test_every_option(options, inner):
    attributes = " ipv6='yes'" if options.get("ipv6") else ""
    same(made(**options), f"<network{attributes}><name>n</name>{inner}</network>")


@pytest.mark.parametrize(
    ("options", "old", "new"),
    [
        ({}, "", ""),
        ({"stp": True}, " stp='off'", ""),
        ({"domain": ""}, "<domain name='d'/>", ""),
        ({"vlan": {}}, "<vlan><tag id='4'/></vlan>", ""),
        ({"dns": {"txt": []}}, "<txt name='t' value='v'/>", ""),
        ({"mode": "route"}, "<forward mode='nat'/>", "<forward mode='route'/>"),
        ({"mode": "isolated"}, "<forward mode='nat'/>", ""),
        ({"bridge": ""}, "", ""),
        ({"forward": {"nat": {"address": {}}}}, "", ""),
        (
            {"mode": "bridge"},
            "<forward mode='nat'/><bridge name='virbr7' stp='off'/><mac address='52:54:00:00:00:99'/>",
            "<forward mode='bridge'/>",
        ),
        ({"portgroups": [{"name": "p", "default": False}]}, "name='p' default='yes'", "name='p'"),
        (
            {"portgroups": [{"name": "q"}]},
            "<portgroup name='p' default='yes'><vlan><tag id='5'/></vlan></portgroup>",
            "<portgroup name='q'/>",
        ),
        ({"subnet": "10.0.0.0/24"}, "end='10.0.0.9'", "end='10.0.0.254'"),
        ({"subnet": "fd01::/127", "state": "absent"}, "", ""),
        ({"ips": [{"address": "10.0.0.1/24"}]}, "<ip family='ipv6' address='fd00::1' prefix='64'/>", ""),
        (
            {"ips": [{"address": "10.0.0.1/24", "dhcp": {"hosts": []}}, {"address": "fd00::2/64"}]},
            "<host mac='52:54:00:00:00:01' ip='10.0.0.20'/>|fd00::1",
            "|fd00::2",
        ),
        ({"uuid": "11111111-2222-3333-4444-555555555555"}, "", ""),
        ({"bridge": "virbr%d"}, "", ""),
        ({"bridge": "lab%d"}, "name='virbr7'", "name='lab%d'"),
        ({"metadata": [{"uri": "urn:x", "xml": ""}]}, "<x xmlns='urn:x'/>", ""),
        (
            {"metadata": [{"uri": "urn:x", "xml": "<x xmlns='urn:x' y='z'/>"}]},
            "<x xmlns='urn:x'",
            "<x y='z' xmlns='urn:x'",
        ),
    ],
)
def test_only_what_is_wanted_changes(options, old, new):
    text = RICH
    for before, after in zip(old.split("|"), new.split("|"), strict=True):
        assert before in text
        text = text.replace(before, after)
    same(made(RICH, **options), text)
    same(merged(made(RICH, **options), want_of({"name": "n", **options})), text)


@pytest.mark.parametrize(
    ("mode", "forward"),
    [
        ("route", "<forward dev='e0' mode='route'><interface dev='e0'/></forward>"),
        ("open", "<forward mode='open'/>"),
        ("isolated", ""),
        ("bridge", "<forward mode='bridge'/>"),
    ],
)
def test_the_way_out_outlives_a_change_between_modes_that_have_one(mode, forward):
    way = "<forward dev='e0'><nat><port start='1' end='9'/></nat><interface dev='e0'/></forward>"
    same(made(f"<network><name>n</name>{way}</network>", mode=mode), f"<network><name>n</name>{forward}</network>")


def test_a_bridge_of_the_host_can_be_taken_away():
    bridged = "<network><name>n</name><forward mode='bridge'/>{}</network>"
    same(made(bridged.format("<bridge name='b'/>"), bridge=""), bridged.format(""))


def test_the_mark():
    marked = made(RICH, lab="l")
    assert text_of(marked.find("metadata")).count("lab") > 1
    assert marked.find("metadata/{urn:x}x") is not None
    same(merged(marked, want_of({"name": "n"})), RICH)


def test_a_document_keeps_what_libvirt_gave():
    root = made(RICH, xml="<network><forward/><ip address='10.0.0.1'/></network>")
    same(
        root,
        "<network><name>n</name><uuid>11111111-2222-3333-4444-555555555555</uuid><metadata><x xmlns='urn:x'/>"
        "</metadata><forward/><bridge name='virbr7'/><mac address='52:54:00:00:00:99'/>"
        "<ip address='10.0.0.1'/></network>",
    )
    noted = made(RICH, xml="<network><metadata><y xmlns='urn:xy'/></metadata></network>").find("metadata")
    assert sorted(entry.tag for entry in noted) == ["{urn:xy}y", "{urn:x}x"]
    assert len(made(RICH, xml="<network><metadata><y xmlns='urn:x'/></metadata></network>").find("metadata")) == 1
    bridged = made(RICH, xml="<network><forward mode='bridge'/><bridge name='b'/></network>")
    assert bridged.find("mac") is None
    assert bridged.find("bridge").get("name") == "b"
    assert made(xml="<network><name>n</name><bridge name='b'/></network>").find("bridge").get("name") == "b"


@pytest.mark.parametrize(
    ("xml", "says"),
    [
        ("<domain/>", "<network> is right"),
        ("<network><name>m</name></network>", "names the network 'm'"),
        ("<network><uuid>21111111-2222-3333-4444-555555555555</uuid></network>", "must be the same"),
    ],
)
def test_a_document_of_something_else(xml, says):
    with pytest.raises(LabError, match=says):
        made(xml=xml, uuid="11111111-2222-3333-4444-555555555555")


HOST = World({}, functions=frozenset({"0000:03:10.1"}), libvirt=9000000)
TAGGED, OVS = {"vlan": {"tags": [{"id": 4}]}}, {"virtualport": {"type": "openvswitch"}}
UNTYPED = {"parameters": {"profileid": "p"}}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "needs an address"),
        ({"mode": "route"}, "needs an address"),
        ({"mode": "bridge", "subnet": "10.0.0.0/24"}, "takes no ip"),
        ({"mode": "vepa", "domain": "d"}, "takes no domain"),
        ({"mode": "isolated", "forward": {"interfaces": []}}, "forwards nothing"),
        ({"mode": "route", "subnet": "10.0.0.0/24", "forward": {"nat": {"ipv6": True}}}, "is for mode nat"),
        ({"mode": "hostdev", "forward": {"pf": "a", "interfaces": ["b"]}}, "exclude each other"),
        ({"mode": "bridge", "bridge": "a", "forward": {"interfaces": ["b"]}}, "not both"),
        ({"mode": "isolated", "domain_local_only": True}, "give domain"),
        ({"mode": "isolated", "vlan": {"tags": [{"id": 4}]}}, "vlan is for the modes passthrough and hostdev, and"),
        (
            {"mode": "vepa", "portgroups": [{"name": "p", "vlan": {"tags": [{"id": 4}]}}]},
            "vlan in portgroup p is for the modes",
        ),
        (
            {"mode": "bridge", "bridge": "b", **TAGGED},
            "bridge with a virtualport of type openvswitch; the mode is bridge",
        ),
        ({"mode": "bridge", "bridge": "b", **TAGGED, "virtualport": {"type": "802.1Qbh"}}, "vlan is for"),
        (
            {"mode": "bridge", "bridge": "b", **OVS, "portgroups": [{"name": "p", **TAGGED, "virtualport": UNTYPED}]},
            "vlan in portgroup p with a virtualport of its own",
        ),
        (
            {"mode": "passthrough", **TAGGED, "portgroups": [{"name": "p", "virtualport": {"type": "802.1Qbh"}}]},
            "vlan in portgroup p with a virtualport of its own",
        ),
        ({"mode": "bridge", "bridge": "b", **TAGGED, "portgroups": [{"name": "p", "default": True}]}, "portgroup p"),
        (
            {"mode": "hostdev", "forward": {"addresses": ["0000:03:10.2"]}},
            r"03:10\.2 is no virtual .* 0000:03:10\.1 are",
        ),
        ({"xml": "<network><forward mode='bridge'/><mac address='52:54:00:00:00:01'/></network>"}, "takes no mac"),
        ({"mode": "bridge", "mac": "52:54:00:00:00:01"}, "takes no mac"),
        ({"mode": "vepa", "dnsmasq_options": ["log-dhcp"]}, "leave out dnsmasq_options"),
        (
            {"xml": "<network><forward mode='bridge'/><dns><txt name='a' value='b'/></dns></network>"},
            "takes no dns txt",
        ),
        ({"mode": "isolated", "bandwidth": {"outbound": {"average": 1, "burst": 2**22}}}, "4194303 is the most"),
        (
            {"xml": "<network><portgroup name='a' default='yes'/><portgroup name='b' default='yes'/></network>"},
            "two of its portgroups are the default",
        ),
        ({"xml": "<network><portgroup name='a'/><portgroup name='a'/></network>"}, "name a stands in two"),
        ({"subnet": "10.0.0.0/25", "local_ptr": True}, r"local_ptr of 10\.0\.0\.0/25: .* multiple of 8, 8 to 24"),
        ({"subnet": "fd00::/66", "local_ptr": True}, "multiple of 4, 4 to 124"),
        ({"subnet": "fd00::/64", "mtu": 1279}, "mtu 1279 is too small for its IPv6 address fd00::1; 1280 or more"),
        (
            {"mode": "isolated", "ips": [{"address": "10.0.0.1/24", "dhcp": {"bootp": {"file": "f"}}}]},
            r"bootp of 10\.0\.0\.1 needs a range or a fixed lease",
        ),
        ({"mode": "hostdev", "bandwidth": {"inbound": {"average": 1}}}, "bandwidth needs a bridge"),
        (
            {"mode": "bridge", "portgroups": [{"name": "p", "bandwidth": {"outbound": {"average": 1}}}]},
            "bandwidth in portgroup p needs a bridge",
        ),
        ({"mode": "hostdev", "forward": {"interfaces": ["e0"]}}, "no interfaces"),
        ({"mode": "passthrough", "forward": {"addresses": ["0000:03:10.1"]}}, "for mode hostdev"),
        (
            {
                "xml": "<network>"
                + IP.format("<dhcp><host mac='52:54:00:00:00:01' ip='10.0.0.9'/></dhcp>")
                + "<ip address='10.1.0.1'><dhcp><range start='10.1.0.2' end='10.1.0.9'/></dhcp></ip></network>"
            },
            r"both 10\.0\.0\.1 and 10\.1\.0\.1 have DHCP",
        ),
    ],
)
def test_contradictions(options, says):
    with pytest.raises(LabError, match=says):
        check(made(**options), want_of({"name": "n", **options}), HOST)


@pytest.mark.parametrize(
    "options",
    [
        {"mode": "isolated"},
        {"subnet": "10.0.0.0/24"},
        {"mode": "bridge", "bridge": "b"},
        {"mode": "bridge", "bridge": "b", "bandwidth": {"inbound": {"average": 1}}, **OVS, **TAGGED},
        {"mode": "bridge", "bridge": "b", "portgroups": [{"name": "p", **TAGGED, **OVS}]},
        {"mode": "bridge", "bridge": "b", **TAGGED, "portgroups": [{"name": "p", "default": True, **OVS}]},
        {"xml": "<network><forward mode='bridge'/><dns enable='no'/><domain/></network>"},
        {"mode": "isolated", "mac": "52:54:00:00:00:01", "dnsmasq_options": ["log-dhcp"]},
        {"subnet": "10.0.0.0/25", "local_ptr": True, "dns": {"enabled": False}},
        {"subnet": "fd00::/64", "local_ptr": True},
        {"mode": "passthrough", "forward": {"interfaces": ["e0"]}, "vlan": {"tags": [{"id": 4}]}},
        {"mode": "hostdev", "forward": {"addresses": ["0000:03:10.1"]}, "bandwidth": {"inbound": {}}},
        {"mode": "isolated", "bandwidth": {"inbound": {"average": 1}}, "vlan": {"tags": []}},
        {"xml": f"<network>{IP.format('<dhcp><range/></dhcp>')}<ip family='ipv6'><dhcp><range/></dhcp></ip></network>"},
    ],
)
def test_no_contradiction(options):
    check(made(**options), want_of({"name": "n", **options}), HOST)


def test_a_bridge_of_the_host_gives_way_to_links():
    options = {"bridge": "", "forward": {"interfaces": ["e0"]}}
    bridged = "<network><name>n</name><forward mode='bridge'/><bridge name='b'/></network>"
    check(made(bridged, **options), want_of({"name": "n", **options}), HOST)


def test_newer_libvirts_tag_on_any_bridge():
    options = {"mode": "bridge", "bridge": "b", **TAGGED}
    check(made(**options), want_of({"name": "n", **options}), replace(HOST, libvirt=11000000))
    options["virtualport"] = {"type": "802.1Qbh"}
    with pytest.raises(LabError, match="openvswitch or without virtualport; the mode is bridge"):
        check(made(**options), want_of({"name": "n", **options}), replace(HOST, libvirt=11000000))


def test_old_leases_outside_of_a_new_subnet():
    root, want = (
        made(RICH, subnet="10.0.1.0/24", vlan={}, portgroups=[]),
        want_of({"name": "n", "subnet": "10.0.1.0/24"}),
    )
    with pytest.raises(LabError, match=r"10\.0\.0\.20 lies outside of the new subnet 10\.0\.1\.0/24"):
        check(root, want, HOST)
    for subnet in ("10.0.1.0/24", "10.0.0.0/25"):
        options = {"subnet": subnet, "vlan": {}, "portgroups": [], **({"hosts": []} if "1.0" in subnet else {})}
        check(made(RICH, **options), want_of({"name": "n", **options}), HOST)

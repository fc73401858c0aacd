# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a network's XML says, for every kind of network; what is not there is None or empty."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._facts import facts_of, guest_of, same


def facts(inside: str) -> dict:
    return facts_of(f"<network><name>n</name>{inside}</network>")


FORWARD = {
    "mode": "nat",
    "dev": None,
    "interfaces": [],
    "pf": None,
    "addresses": [],
    "managed": False,
    "driver": None,
    "nat": None,
}
BRIDGE = {"name": None, "stp": True, "delay": 0, "zone": None, "mac_table_manager": "kernel"}


def test_a_network_of_nothing():
    assert facts("") == {
        "name": "n",
        "uuid": None,
        "lab": None,
        "forward": {**FORWARD, "mode": "isolated"},
        "bridge": BRIDGE,
        "mac": None,
        "mtu": None,
        "ipv6": False,
        "domain": None,
        "domain_local_only": None,
        "ips": [],
        "routes": [],
        "dns": None,
        "dnsmasq_options": [],
        "virtualport": None,
        "vlan": None,
        "bandwidth": None,
        "isolated_ports": False,
        "trust_guest_rx_filters": False,
        "portgroups": [],
        "metadata": [],
    }


V = ["v"]
TRUNK = "<vlan trunk='yes'><tag id='5'/></vlan>"
DNSMASQ = "http://libvirt.org/schemas/network/dnsmasq/1.0"
PCI = "<address type='pci' domain='{}' bus='{}' slot='{}' function='{}'/>"


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ("<forward/>", {}),
        ("<forward mode='route' dev='eth0'/>", {"mode": "route", "dev": "eth0", "interfaces": ["eth0"]}),
        (
            "<forward mode='private'><interface dev='b'/><interface dev='a' connections='1'/></forward>",
            {"mode": "private", "dev": "b", "interfaces": ["a", "b"]},
        ),
        (
            "<forward mode='hostdev' managed='yes'><driver name='vfio'/><pf dev='eth0'/></forward>",
            {"mode": "hostdev", "pf": "eth0", "managed": True, "driver": "vfio"},
        ),
        (
            "<forward mode='vepa'><pf dev='p'/><interface dev='v'/></forward>",
            {"mode": "vepa", "pf": "p", "interfaces": V},
        ),
        (
            f"<forward mode='hostdev'>{PCI.format(0, 4, '0x1f', 1)}{PCI.format('0x0000', '0x03', 0, '0x7')}</forward>",
            {"mode": "hostdev", "addresses": ["0000:03:00.7", "0000:04:1f.1"]},
        ),
        (
            "<forward mode='nat'><nat ipv6='yes'><address start='192.0.2.1' end='192.0.2.9'/></nat></forward>",
            {"nat": {"address": {"start": "192.0.2.1", "end": "192.0.2.9"}, "port": None, "ipv6": True}},
        ),
        (
            "<forward mode='nat'><nat><port start='1024' end='65535'/></nat></forward>",
            {"nat": {"address": None, "port": {"start": 1024, "end": 65535}, "ipv6": False}},
        ),
    ],
)
def test_forward(xml, expected):
    assert facts(xml)["forward"] == {**FORWARD, **expected}


@pytest.mark.parametrize(
    ("xml", "fact", "expected"),
    [
        ("<bridge stp='on' delay='0'/>", "bridge", BRIDGE),
        (
            "<forward mode='bridge'/><bridge name='br0'/>",
            "bridge",
            {**BRIDGE, "name": "br0", "stp": None, "delay": None},
        ),
        ("<forward mode='bridge'/>", "bridge", None),
        (
            "<bridge name='b' stp='off' zone='z' macTableManager='libvirt'/>",
            "bridge",
            {"name": "b", "stp": False, "delay": 0, "zone": "z", "mac_table_manager": "libvirt"},
        ),
        ("<mac address='52:54:00:AA:00:01'/>", "mac", "52:54:00:aa:00:01"),
        ("<domain name='x' localOnly='yes'/>", "domain_local_only", True),
        (
            f"<o:options xmlns:o='{DNSMASQ}'><o:option value='b'/><o:option value='a'/></o:options>",
            "dnsmasq_options",
            ["b", "a"],
        ),
        (
            "<metadata><l:lab xmlns:l='urn:virtio.lab:1' name='x'/><o:x xmlns:o='urn:o'><!-- c --></o:x></metadata>",
            "metadata",
            [{"uri": "urn:o", "xml": '<o:x xmlns:o="urn:o"><!-- c --></o:x>'}],
        ),
        ("<port isolated='yes'/>", "isolated_ports", True),
        ("<port isolated='no'/>", "isolated_ports", False),
        ("<mtu size='9000'/>", "mtu", 9000),
        (
            "<virtualport type='802.1Qbh'><parameters profileid='p'/></virtualport>",
            "virtualport",
            {"type": "802.1Qbh", "parameters": {"profileid": "p"}},
        ),
        ("<virtualport type='openvswitch'/>", "virtualport", {"type": "openvswitch", "parameters": {}}),
        ("<vlan><tag id='5'/></vlan>", "vlan", {"trunk": False, "tags": [{"id": 5, "native_mode": None}]}),
        (
            "<vlan><tag id='10'/><tag id='9'/></vlan>",
            "vlan",
            {"trunk": True, "tags": [{"id": 9, "native_mode": None}, {"id": 10, "native_mode": None}]},
        ),
        (
            "<bandwidth><inbound floor='5' average='1'/></bandwidth>",
            "bandwidth",
            {"inbound": {"average": 1, "floor": 5}, "outbound": None},
        ),
        (
            "<dns><srv service='s' protocol='tcp' port='1'/></dns>",
            "dns",
            {
                "enabled": True,
                "forward_plain_names": True,
                "forwarders": [],
                "hosts": [],
                "txt": [],
                "srv": [
                    {
                        "service": "s",
                        "protocol": "tcp",
                        "domain": None,
                        "target": None,
                        "port": 1,
                        "priority": None,
                        "weight": None,
                    }
                ],
            },
        ),
        (
            "<dns enable='no' forwardPlainNames='no'/>",
            "dns",
            {"enabled": False, "forward_plain_names": False, "forwarders": [], "hosts": [], "txt": [], "srv": []},
        ),
        (
            f"<portgroup name='b'/><portgroup name='a' default='yes' trustGuestRxFilters='yes'>{TRUNK}</portgroup>",
            "portgroups",
            [
                {
                    "name": "a",
                    "default": True,
                    "trust_guest_rx_filters": True,
                    "virtualport": None,
                    "vlan": {"trunk": True, "tags": [{"id": 5, "native_mode": None}]},
                    "bandwidth": None,
                },
                {
                    "name": "b",
                    "default": False,
                    "trust_guest_rx_filters": False,
                    "virtualport": None,
                    "vlan": None,
                    "bandwidth": None,
                },
            ],
        ),
    ],
)
def test_the_rest(xml, fact, expected):
    assert facts(xml)[fact] == expected


@pytest.mark.parametrize(
    ("size", "prefix"),
    [("netmask='255.255.252.0'", 22), ("prefix='64'", 64), ("netmask='255.255.255.255'", 32), ("", 8)],
)
def test_a_prefix_however_it_is_written(size, prefix):
    assert facts(f"<ip address='10.0.0.1' {size}/>")["ips"][0]["prefix"] == prefix
    assert facts(f"<route address='10.0.0.0' gateway='10.0.0.9' {size}/>")["routes"][0]["prefix"] == prefix


@pytest.mark.parametrize(
    ("lease", "seconds"),
    [
        ("", None),
        ("<lease expiry='0'/>", 0),
        ("<lease expiry='30'/>", 1800),
        ("<lease expiry='90' unit='seconds'/>", 90),
        ("<lease expiry='1' unit='hours'/>", 3600),
    ],
)
def test_lease_times_of_ranges_and_hosts(lease, seconds):
    dhcp = facts(
        "<ip family='ipv6' address='fd00::1' prefix='64'><dhcp>"
        f"<range start='fd00::2' end='fd00::9'>{lease}</range><host id='0:1' name='h' ip='fd00::5'>{lease}</host>"
        "</dhcp></ip>"
    )["ips"][0]["dhcp"]
    assert dhcp == {
        "ranges": [{"start": "fd00::2", "end": "fd00::9", "lease_s": seconds}],
        "hosts": [{"mac": None, "id": "0:1", "name": "h", "address": "fd00::5", "lease_s": seconds}],
        "bootp": None,
    }


def test_what_a_guest_boots_from_and_whose_names_stay_here():
    (ip,) = facts(
        "<ip address='10.0.0.1' prefix='24' localPtr='yes'><tftp root='/srv'/><dhcp><range start='10.0.0.2' "
        "end='10.0.0.3'/><bootp file='f' server='10.0.0.9'/></dhcp></ip>"
    )["ips"]
    assert (ip["local_ptr"], ip["tftp"]) == (True, "/srv")
    assert ip["dhcp"]["bootp"] == {"file": "f", "server": "10.0.0.9"}


@given(st.permutations(["<forwarder addr='1.1.1.1'/>", "<forwarder domain='b'/>", "<txt name='x' value='y'/>"]))
def test_the_order_in_which_a_network_is_written_does_not_count(parts):
    written = f"<network><name>n</name><dns>{''.join(parts)}</dns></network>"
    sorted_ = f"<network><name>n</name><dns>{''.join(sorted(parts))}</dns></network>"
    assert facts_of(written) == facts_of(sorted_)
    assert same(written, sorted_)


PF = "<forward mode='hostdev'><pf dev='e'/>{}</forward>"


@pytest.mark.parametrize(
    ("stored", "live", "expected"),
    [
        ("", "", True),
        ("<interface dev='a'/>", "<interface dev='a' connections='3'/>", True),
        ("<forward mode='bridge'><interface dev='a'/></forward>", "<forward mode='bridge'/>", False),
        (PF.format(""), PF.format("<address bus='1'/>"), True),
        (PF.format(""), PF.format("<interface dev='v0'/>"), True),
        (PF.format(""), PF.format("<driver name='vfio'/>"), False),
        ("<domain name='a'/>", "<domain name='b'/>", False),
        ("<metadata><a xmlns='urn:a'/></metadata>", "<metadata><b xmlns='urn:b'/></metadata>", True),
        ("<ip address='10.0.0.1' prefix='24'/>", "<ip address='10.0.0.1' netmask='255.255.255.0'/>", True),
    ],
)
def test_stored_and_live(stored, live, expected):
    assert same(f"<network>{stored}</network>", f"<network connections='1'>{live}</network>") is expected


GUEST = {"name": "g", "uuid": "u", "mac": "m", "portgroup": None, "plug": None, "device": None}


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("", {}),
        ("<group>p</group><plug type='network' bridge='b'/>", {"portgroup": "p", "plug": "network", "device": "b"}),
        ("<plug type='direct' dev='eth0' mode='vepa'/>", {"plug": "direct", "device": "eth0"}),
        ("<plug type='none'/>", {"plug": "none"}),
        (
            f"<plug type='hostdev-pci' managed='yes'>{PCI.format('0x0000', '0x01', '0x10', '0x1')}</plug>",
            {"plug": "hostdev-pci", "device": "0000:01:10.1"},
        ),
    ],
)
def test_who_is_at_a_port(inside, expected):
    owner = "<owner><uuid>u</uuid><name>g</name></owner><mac address='m'/>"
    assert guest_of(f"<networkport>{owner}{inside}</networkport>") == {**GUEST, **expected}


def test_what_is_no_xml_is_an_error():
    with pytest.raises(LabError):
        facts_of("")

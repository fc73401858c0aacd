# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What means the same to libvirt is the same; what does not, is not."""

from __future__ import annotations

import libvirt
import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._canonical import canonical, text_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._parts import changed, parts, shown
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import dump, parse

DHCP = "<ip address='10.0.0.1' prefix='24'><dhcp>{}</dhcp></ip>"
PCI = "<forward mode='hostdev'><address type='pci' {}/></forward>"


def network(inner, **attributes):
    given = "".join(f" {name}='{value}'" for name, value in attributes.items())
    return parse(f"<network{given}><name>n</name>{inner}</network>")


def differ(one, other):
    return changed(parts(network(one)), parts(network(other)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<forward/>", "<forward mode='nat'><nat><port start='1024' end='65535'/></nat></forward>"),
        ("<forward dev='e0'/>", "<forward dev='e0' mode='nat'><interface dev='e0' connections='1'/></forward>"),
        (
            "<forward mode='bridge'><interface dev='a'/><interface dev='b'/></forward>",
            "<forward mode='bridge' dev='b'><interface dev='b'/><interface dev='a'/></forward>",
        ),
        (
            "<forward mode='hostdev' managed='no'><pf dev='e0'/></forward>",
            "<forward mode='hostdev'><pf dev='e0'/><address type='pci' bus='3' slot='0' function='1'/></forward>",
        ),
        (
            PCI.format("domain='0' bus='3' slot='16' function='1'"),
            PCI.format("domain='0x0000' bus='0x03' slot='0x10' function='0x1'"),
        ),
        ("<bridge stp='on' delay='0'/>", ""),
        ("<bridge name='b' delay='02'/>", "<bridge delay='2' stp='on' name='b' macTableManager='kernel'/>"),
        ("<ip address='10.0.0.1' netmask='255.255.255.0'/>", "<ip family='ipv4' address='10.0.0.1' prefix='24'/>"),
        ("<ip address='10.0.0.1'/>", "<ip address='10.0.0.1' prefix='8'/>"),
        ("<ip address='172.16.0.1'/>", "<ip address='172.16.0.1' netmask='255.255.0.0'/>"),
        ("<ip address='192.168.0.1'><dhcp/></ip>", "<ip address='192.168.0.1' prefix='24' localPtr='no'/>"),
        ("<ip family='ipv6' address='2001:DB8:0::1'/>", "<ip family='ipv6' address='2001:db8::1' prefix='64'/>"),
        (
            DHCP.format("<host mac='52:54:00:AB:00:01' ip='10.0.0.2'/><host name='x' ip='10.0.0.3'/>"),
            DHCP.format("<host name='x' ip='10.0.0.3'/><host ip='10.0.0.2' mac='52:54:00:ab:00:01'/>"),
        ),
        (
            DHCP.format("<range start='10.0.0.2' end='10.0.0.9'><lease expiry='2' unit='hours'/></range>"),
            DHCP.format("<range start='10.0.0.2' end='10.0.0.9'><lease expiry='120'/></range>"),
        ),
        ("<ip address='10.0.0.1'><dhcp><bootp file='x'/></dhcp></ip>", "<ip address='10.0.0.1'/>"),
        ("<dns enable='yes' forwardPlainNames='yes'/>", ""),
        (
            "<dns><host ip='10.0.0.2'><hostname>a</hostname><hostname>b</hostname></host></dns>",
            "<dns><host ip='10.0.0.2'><hostname>b</hostname><hostname>a</hostname></host></dns>",
        ),
        ("<vlan><tag id='1'/><tag id='2'/></vlan>", "<vlan trunk='yes'><tag id='2'/><tag id='1'/></vlan>"),
        ("<port isolated='no'/>", ""),
        ("<portgroup name='p' default='no'><bandwidth/></portgroup>", "<portgroup name='p'/>"),
        ("<portgroup name='p'/><portgroup name='q'/>", "<portgroup name='q'/><portgroup name='p'/>"),
        ("<virtualport type='openvswitch'><parameters/></virtualport>", "<virtualport type='openvswitch'/>"),
        ("<mac address='52:54:00:AA:00:01'/>", "<mac address='52:54:00:aa:00:01'/>"),
        (
            "<uuid>0AA56D56-B6B0-40C4-82A2-5C04EB945323</uuid>",
            "<uuid>\n0aa56d56-b6b0-40c4-82a2-5c04eb945323 </uuid>",
        ),
        ("<domain name='x' localOnly='no'/>", "<domain name='x'/>"),
        ("<bandwidth><inbound average='010'/></bandwidth>", "<bandwidth><inbound average='10'/></bandwidth>"),
        ("<metadata/>", ""),
        ("<metadata><!-- libvirt drops it --> text <none/></metadata>", ""),
        (
            "<metadata><a:a xmlns:a='urn:a'><b/></a:a><z xmlns='urn:z'/><a:second xmlns:a='urn:a'/></metadata>",
            "<metadata>\n<z xmlns='urn:z'></z>\n<a:a xmlns:a='urn:a'>\n  <b></b>\n</a:a></metadata>",
        ),
        ("<forward mode='route' managed='yes'><nat/></forward>", "<forward mode='route'/>"),
        ("<mtu size='0'/>", ""),
        ("<domain localOnly='yes'/>", ""),
        ("<ip address='10.0.0.1' prefix='0'><tftp/></ip>", "<ip address='10.0.0.1' prefix='8'/>"),
        (DHCP.format("<host name='x' ip='10.0.0.3'/><bootp/>"), DHCP.format("<host name='x' ip='10.0.0.3'/>")),
        (
            "<dns><srv service='s' protocol='tcp' target='t' priority='0' weight='0'/></dns>",
            "<dns><srv service='s' protocol='tcp' target='t'/></dns>",
        ),
        (
            "<bandwidth><inbound average='1' peak='0'/></bandwidth>",
            "<bandwidth><inbound average='1' burst='0'/></bandwidth>",
        ),
        ("<d:options xmlns:d='http://libvirt.org/schemas/network/dnsmasq/1.0'/>", ""),
    ],
)
def test_the_same(one, other):
    assert text_of(canonical(network(one))) == text_of(canonical(network(other)))
    assert differ(one, other) == []


A, NOTE = ["metadata {urn:a}a"], "<metadata><a xmlns='urn:a'>{}</a></metadata>"


@pytest.mark.parametrize(
    ("one", "other", "names"),
    [
        ("<forward mode='route'/>", "<forward/>", ["forward"]),
        ("<forward dev='a'/>", "<forward dev='b'/>", ["forward interface a", "forward interface b"]),
        ("", "<forward mode='open'/>", ["forward"]),
        ("<bridge name='a' stp='off'/>", "<bridge name='a'/>", ["bridge"]),
        (
            "<ip address='10.0.0.1' prefix='24'/>",
            "<ip address='10.0.0.1' prefix='25'/>",
            ["ip 10.0.0.1/24", "ip 10.0.0.1/25"],
        ),
        (
            DHCP.format("<host mac='52:54:00:ab:00:01' ip='10.0.0.2'/>"),
            DHCP.format("<host mac='52:54:00:ab:00:01' ip='10.0.0.3'/><range start='10.0.0.4' end='10.0.0.5'/>"),
            ["ip 10.0.0.1/24 dhcp host 52:54:00:ab:00:01", "ip 10.0.0.1/24 dhcp range 10.0.0.4-10.0.0.5"],
        ),
        ("<ip address='10.0.0.1'><tftp root='/a'/></ip>", "<ip address='10.0.0.1'/>", ["ip 10.0.0.1/8"]),
        ("<dns><txt name='a' value='b'/></dns>", "", ["dns txt a b"]),
        ("<dns><forwarder addr='1.1.1.1'/></dns>", "<dns enable='no'/>", ["dns", "dns forwarder 1.1.1.1"]),
        (
            "<dns><srv service='s' protocol='tcp' port='1'/></dns>",
            "<dns><srv service='s' protocol='tcp' port='2'/></dns>",
            ["dns srv 1 tcp s", "dns srv 2 tcp s"],
        ),
        ("<route address='10.9.0.0' prefix='16' gateway='10.0.0.2'/>", "", ["route 10.9.0.0/16 via 10.0.0.2"]),
        ("<metadata><a xmlns='urn:a'/></metadata>", "", ["metadata {urn:a}a"]),
        *(
            (NOTE.format(one), NOTE.format(other), A)
            for one, other in (
                ("<!-- b -->", ""),
                ("a\n b", "a\n  b"),
                ("<port/>", ""),
                ("<bridge stp='on'/>", "<bridge/>"),
                ("<x/><y/>", "<y/><x/>"),
                ("<x id='01'/>", "<x id='1'/>"),
                ("<x> </x>", "<x/>"),
            )
        ),
        (
            "<dns><txt name='a' value='1'/><txt name='a' value='1'/></dns>",
            "<dns><txt name='a' value='1'/></dns>",
            ["dns txt a 1 (2)"],
        ),
        ("<ip family='ipv6'/>", "", ["ip without address"]),
        ("<mac address='52:54:00:aa:00:01'/>", "", ["bridge mac"]),
        ("<options xmlns='urn:o'><option value='a'/></options>", "", ["urn:o options"]),
    ],
)
def test_not_the_same(one, other, names):
    assert differ(one, other) == names


def test_order_stays_where_it_may_mean_something():
    options = "<options xmlns='urn:o'><option value='{}'/><option value='{}'/></options>"
    assert differ(options.format("a", "b"), options.format("b", "a")) == ["urn:o options"]


@pytest.mark.parametrize(
    "inner",
    [
        " <!-- c --> text <y/> more <z/> ",
        "\n <y/>\n",
        "<y> </y> <!-- c --> <?tool keep?>",
        "<y>\n a\n</y>",
        "<![CDATA[a < b]]> <y/>",
        " <![CDATA[x]]> ",
        "a\n b",
        " a ",
        " ",
    ],
)
def test_what_libvirt_makes_of_metadata_is_the_same(node, inner):
    note = network(NOTE.format(inner))
    with libvirt.open(f"test://{node}") as connection:
        stored = parse(connection.networkDefineXML(dump(note)).XMLDesc())
    assert [name for name in changed(parts(stored), parts(note)) if name not in ("uuid", "bridge")] == []
    assert stored.find("metadata/*").xpath("string()").strip() == note.find("metadata/*").xpath("string()").strip()


def test_what_is_declared_above_and_not_used_says_nothing():
    declared = parse("<network xmlns:d='urn:d'><name>n</name><bridge name='b'/></network>")
    assert changed(parts(declared), parts(network("<bridge name='b'/>"))) == []


def test_attributes_of_the_whole_network():
    assert changed(parts(network("", ipv6="yes")), parts(network("", ipv6="no", connections="3"))) == ["network"]


def test_what_can_be_updated_says_where():
    second = "<ip address='10.1.0.1' prefix='24'><dhcp><host name='x' ip='10.1.0.2'/></dhcp></ip>"
    found = parts(network(DHCP.format("<range start='10.0.0.2' end='10.0.0.3'/>") + second))
    assert found["ip 10.1.0.1/24 dhcp host x"][1:] == ("ip-dhcp-host", 1)
    assert found["ip 10.0.0.1/24 dhcp range 10.0.0.2-10.0.0.3"][1:] == ("ip-dhcp-range", 0)
    assert shown(found, ["ip 10.1.0.1/24", "none"]) == {
        "ip 10.1.0.1/24": '<ip address="10.1.0.1" prefix="24"/>',
    }


@pytest.mark.parametrize(
    "inner",
    [
        DHCP.format("<range start='10.0.0.2' end='10.0.0.3'><lease expiry='x'/></range>"),
        DHCP.format("<range start='10.0.0.2' end='10.0.0.3'><lease expiry='2' unit='days'/></range>"),
        "<ip address='here'/>",
        "<ip address='10.0.0.1' netmask='255.0.255.0'/>",
        PCI.format("bus='x'"),
    ],
)
def test_what_is_no_value(inner):
    with pytest.raises(LabError):
        canonical(network(inner))

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From options to a want: what follows, and every sentence that says what is wrong."""

from __future__ import annotations

from ipaddress import ip_interface, ip_network

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._addresses import range_beside
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._model import Host, Ip, Range
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._spec import NAMES
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._want import want_of, wants_of

MAC = "52:54:00:00:00:01"
V4 = {"subnet": "10.0.0.0/24"}


def asked(**options):
    return want_of({"name": "n", **options})


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (V4, Ip(ip_interface("10.0.0.1/24"), (Range("10.0.0.2", "10.0.0.254"),))),
        ({**V4, "gateway": "10.0.0.254"}, Ip(ip_interface("10.0.0.254/24"), (Range("10.0.0.1", "10.0.0.253"),))),
        ({"subnet": "10.0.0.0/30"}, Ip(ip_interface("10.0.0.1/30"), (Range("10.0.0.2", "10.0.0.2"),))),
        ({"subnet": "fd00::/64"}, Ip(ip_interface("fd00::1/64"), (Range("fd00::2", "fd00::ffff"),))),
        (
            {**V4, "dhcp": {"lease_s": 0}, "hosts": []},
            Ip(ip_interface("10.0.0.1/24"), (Range("10.0.0.2", "10.0.0.254", 0),), ()),
        ),
        (
            {
                **V4,
                "dhcp": {"start": "10.0.0.9", "end": "10.0.0.10"},
                "hosts": [{"mac": MAC.upper(), "address": "10.0.0.3", "lease_s": 120}],
            },
            Ip(
                ip_interface("10.0.0.1/24"),
                (Range("10.0.0.9", "10.0.0.10"),),
                (Host("10.0.0.3", MAC, lease_s=120),),
            ),
        ),
    ],
)
def test_what_follows_from_a_subnet(options, expected):
    assert asked(**options).ips == (expected,)


def test_what_guests_boot_from():
    made = asked(**V4, tftp="/srv", local_ptr=True, dhcp={"bootp": {"file": "f", "server": "10.0.0.9"}})
    assert made.ips[0][3:] == (True, "/srv", ("f", "10.0.0.9"))
    assert asked(**V4, tftp="", dhcp={"bootp": {}}).ips[0][3:] == (None, "", False)
    assert asked(**V4, dhcp={"lease_s": 0}).ips[0][3:] == (None, None, None)


def test_large_subnets_have_as_much_as_libvirt_takes():
    assert range_beside(ip_network("10.0.0.0/8"), ip_interface("10.0.0.1/8").ip) == ("10.0.0.2", "10.0.255.255", None)


def test_addresses_in_a_list():
    hosts = [{"id": "0:1:2", "name": "six", "address": "fd00::9"}, {"name": "x", "address": "fd00::8"}]
    ips = [{"address": "10.0.0.1/24", "dhcp": {"ranges": []}}, {"address": "fd00::1/64", "dhcp": {"hosts": hosts}}]
    made = asked(ips=ips)
    assert made.all_ips
    assert made.ips == (
        Ip(ip_interface("10.0.0.1/24"), ()),
        Ip(ip_interface("fd00::1/64"), None, (Host("fd00::8", name="x"), Host("fd00::9", id="0:1:2", name="six"))),
    )


def ip(address="10.0.0.1/24", **dhcp):
    return {"ips": [{"address": address, "dhcp": dhcp}]}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"name": "a/b"}, "'a/b'"),
        ({"name": " "}, "printable"),
        ({"name": "x" * 65}, "1 to 64"),
        ({"lab": "No Lab"}, "'No Lab'"),
        ({"uuid": "x"}, "is no UUID"),
        ({"subnet": "10.0.0.0/33"}, "10.0.0.0/33"),
        ({"subnet": "10.0.0.7/24"}, "host bits"),
        ({"subnet": "10.0.0.0/31"}, "/30 is the smallest"),
        ({"subnet": "fd00::/127"}, "/126 is the smallest"),
        ({**V4, "gateway": "here"}, "is not an IP address"),
        ({**V4, "gateway": "10.0.0.255"}, "10.0.0.1 to 10.0.0.254 are"),
        ({**V4, "gateway": "fd00::1"}, "no host address"),
        ({**V4, "dhcp": {"start": "10.0.0.9", "end": "10.0.0.5"}}, "swap them"),
        ({**V4, "dhcp": {"start": "10.0.0.1", "end": "10.0.0.5"}}, "contains the gateway"),
        ({**V4, "dhcp": {"lease_s": 60}}, "120 s is the shortest"),
        ({"subnet": "10.0.0.0/8", "dhcp": {"start": "10.0.0.2", "end": "10.9.0.0"}}, "last 16 bits"),
        ({**V4, "hosts": [{"mac": "52", "address": "10.0.0.2"}]}, "not a MAC address"),
        ({**V4, "hosts": [{"mac": "53:54:00:00:00:01", "address": "10.0.0.2"}]}, "multicast"),
        ({**V4, "hosts": [{"mac": MAC, "address": "10.0.0.1"}]}, "gateway's own"),
        ({**V4, "hosts": [{"address": "10.0.0.2"}]}, "is known by mac or name"),
        ({**V4, "hosts": [{"id": "0:1", "address": "10.0.0.2"}]}, "is known by mac or name"),
        (
            {**V4, "hosts": [{"mac": MAC, "address": "10.0.0.2"}, {"mac": MAC.upper(), "address": "10.0.0.3"}]},
            "stands in two",
        ),
        ({"subnet": "fd00::/64", "hosts": [{"mac": MAC, "address": "fd00::2"}]}, "is known by id or name"),
        ({"subnet": "fd00::/64", "hosts": [{"id": "x", "address": "fd00::2"}]}, "not a DUID"),
        (ip("10.0.0.1"), "lacks its prefix"),
        (ip("here/24"), "is not an address"),
        ({"ips": [{"address": "10.0.0.1/24"}, {"address": "10.0.0.2/16"}]}, "overlap"),
        (
            {
                "ips": [
                    {"address": "10.0.0.1/24", "dhcp": {"hosts": [{"mac": MAC, "address": "10.0.0.9"}]}},
                    {"address": "10.1.0.1/24", "dhcp": {"ranges": [{"start": "10.1.0.2", "end": "10.1.0.3"}]}},
                ]
            },
            "one subnet of IPv4",
        ),
        ({"bridge": "a-name-of-16-char"}, "1 to 15 bytes"),
        ({"bridge": "ü" * 8}, "1 to 15 bytes"),
        ({"bridge": "all"}, "taken by the kernel"),
        ({"bridge": "b\x1br"}, "one line of printable"),
        ({**V4, "domain": "lab\nport=1"}, "domain 'lab\\nport=1': one line"),
        ({**V4, "domain": "lab,10.0.0.0/24"}, "domain 'lab,10.0.0.0/24': a name without blanks"),
        ({**V4, "hosts": [{"mac": MAC, "address": "10.0.0.2", "name": "a b"}]}, "hosts.name 'a b': a name without"),
        ({**V4, "dns": {"hosts": [{"address": "10.0.0.2", "names": ["a", "b c"]}]}}, "dns.hosts.names 'b c'"),
        ({**V4, "dns": {"forwarders": [{"domain": "a/b"}]}}, "dns.forwarders.domain 'a/b'"),
        ({**V4, "dns": {"txt": [{"name": "a", "value": "x\ny"}]}}, "dns.txt.value 'x\\ny'"),
        ({"portgroups": [{"name": "a\nb"}]}, "portgroups.name 'a\\nb'"),
        ({"mac": "00:00:00:00:00:00"}, "mac 00:00:00:00:00:00 is no address"),
        ({"subnet": "224.0.0.0/24"}, "this host, loopback or multicast"),
        ({"subnet": "0.0.0.0/0"}, "this host, loopback or multicast"),
        ({"subnet": "ff02::/64"}, "this host, loopback or multicast"),
        ({"subnet": "fe80::%eth0/64"}, "has a scope"),
        (ip("::1/64"), "this host, loopback or multicast"),
        ({**V4, "dhcp": {"lease_s": 2**31}}, "2147483647 s is the longest"),
        ({"forward": {"pf": "a b"}}, "forward pf 'a b'"),
        ({"forward": {"interfaces": ["eth0", ".."]}}, "forward interface '..'"),
        ({"forward": {"addresses": ["3:10.1"]}}, "no PCI address"),
        ({"forward": {"nat": {"port": {"start": 0, "end": 9}}}}, "nat port start 0"),
        ({"forward": {"nat": {"address": {"start": "x", "end": "10.0.0.1"}}}}, "nat address start 'x'"),
        ({"mtu": 20}, "mtu 20"),
        ({"mac": "52:54:00"}, "mac '52:54:00' is not a MAC address"),
        ({"mac": "53:54:00:00:00:01"}, "mac 53:54:00:00:00:01 is a multicast address"),
        ({**V4, "tftp": "srv"}, "tftp 'srv' is no folder"),
        ({**V4, "tftp": "/srv\nlog-dhcp"}, "is no folder"),
        ({"subnet": "fd00::/64", "tftp": "/srv"}, "tftp of fd00::/64: libvirt has it for IPv4 alone"),
        (ip("fd00::1/64", bootp={"file": "f"}), "bootp of fd00::/64"),
        ({**V4, "dhcp": {"bootp": {"file": "a,b"}}}, "bootp file 'a,b'"),
        ({**V4, "dhcp": {"bootp": {"file": ""}}}, "bootp file ''"),
        ({**V4, "dhcp": {"bootp": {"file": "f", "server": "boot.example"}}}, "bootp server 'boot.example'"),
        ({"dnsmasq_options": [" "]}, "dnsmasq option ' '"),
        ({"dnsmasq_options": ["log-dhcp\ndhcp-script=/x"]}, "one printable line"),
        ({"metadata": [{"uri": "urn:virtio.lab:1", "xml": ""}]}, "metadata uri 'urn:virtio.lab:1'"),
        ({"metadata": [{"uri": "", "xml": "<a/>"}]}, "metadata uri ''"),
        ({"metadata": [{"uri": "urn:a", "xml": "<a/>"}]}, "its element has no namespace; <x:note xmlns:x='urn:a'/>"),
        ({"metadata": [{"uri": "urn:a", "xml": "<a xmlns='urn:b'/>"}]}, "its element has the namespace urn:b"),
        ({"metadata": [{"uri": "urn:a", "xml": "<a"}]}, "metadata of urn:a: this is not well-formed XML"),
        ({"metadata": [{"uri": "urn:a", "xml": ""}, {"uri": "urn:a", "xml": ""}]}, "uri urn:a stands in two"),
        ({"delay": -1}, "delay -1"),
        ({"vlan": {"tags": [{"id": 4095}]}}, "vlan tag 4095"),
        ({"bandwidth": {"inbound": {"average": 0}}}, "bandwidth average 0"),
        ({"portgroups": [{"name": "a"}, {"name": "a"}]}, "portgroups: name a"),
        ({"portgroups": [{"name": "a", "default": True}, {"name": "b", "default": True}]}, "are the default"),
        ({"portgroups": [{"name": "a", "vlan": {"tags": [{"id": 0}]}}]}, "vlan tag 0"),
        ({"dns": {"hosts": [{"address": "x", "names": ["a"]}]}}, "dns address 'x'"),
        (
            {"dns": {"hosts": [{"address": a, "names": ["a"]} for a in ("fd00::1", "FD00:0::1")]}},
            "address fd00::1 stands",
        ),
        ({"dns": {"txt": [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]}}, "dns.txt: name a"),
        ({"dns": {"forwarders": [{"address": "x"}]}}, "dns address 'x'"),
        ({"routes": [{"destination": "10.0.0.1/8", "gateway": "10.0.0.1"}]}, "host bits"),
        ({"routes": [{"destination": "10.0.0.0/8", "gateway": "x"}]}, "route gateway 'x'"),
    ],
)
def test_what_is_wrong(options, says):
    with pytest.raises(LabError, match=r"network") as error:
        asked(**options)
    assert says in str(error.value)


def test_an_absent_network_needs_no_right_definition():
    assert asked(state="absent", subnet="10.0.0.7/24", mtu=1).ips is None


def test_a_list_takes_from_the_top_what_it_leaves_out():
    one, two = wants_of(
        {
            "networks": [{"name": "a", "state": None}, {"name": "b", "lab": "y"}],
            "lab": "x",
            "state": "active",
        },
        NAMES,
    )
    assert (one.lab, one.state, one.options) == ("x", "active", {})
    assert (two.lab, two.state) == ("y", "active")


def test_one_network_at_the_top():
    (one,) = wants_of({"name": "a", "uri": "x", "uuid": "A" * 32, "networks": None}, NAMES)
    assert (one.name, one.state, one.restart, one.defines) == ("a", "present", "if_safe", False)
    assert one.uuid == "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"


def test_a_name_stands_once():
    with pytest.raises(LabError, match="stands twice"):
        wants_of({"networks": [{"name": "a"}, {"name": "a"}]}, NAMES)

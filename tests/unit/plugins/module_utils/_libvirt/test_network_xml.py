# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model from XML and back, on what libvirt 9.0 and 11.3 print."""

from __future__ import annotations

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._network import DhcpHost
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._network_wish import wish
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._network_xml import definition_of, xml_for
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse

# libvirt 11.3.0's own `default` network
DEFAULT = """<network>
  <name>default</name>
  <uuid>602ae123-20d8-44d5-8b70-7a73b8dcd7cc</uuid>
  <forward mode='nat'/>
  <bridge name='virbr0' stp='on' delay='0'/>
  <mac address='52:54:00:35:e4:ef'/>
  <ip address='192.168.122.1' netmask='255.255.255.0'>
    <dhcp>
      <range start='192.168.122.2' end='192.168.122.254'/>
    </dhcp>
  </ip>
</network>"""

# libvirt 9.0.0, a running network that this collection made
RUNNING = """<network connections='2'>
  <name>t1</name>
  <uuid>f0004fed-6e56-4804-91f3-b3ff11f62268</uuid>
  <metadata>
    <lab:lab xmlns:lab="urn:virtio.lab:1" name="x"/>
  </metadata>
  <forward mode='nat'>
    <nat>
      <port start='1024' end='65535'/>
    </nat>
  </forward>
  <bridge name='virbr1' stp='on' delay='0'/>
  <mac address='52:54:00:c6:f6:0a'/>
  <domain name='foo.lan'/>
  <ip address='192.168.77.1' prefix='24'>
    <dhcp>
      <range start='192.168.77.2' end='192.168.77.254'/>
      <host mac='52:54:00:00:AA:01' name='a' ip='192.168.77.5'/>
    </dhcp>
  </ip>
</network>"""

OPTIONS = {"name": "t1", "lab": "x", "mode": "nat", "subnet": "192.168.77.0/24"}


def test_the_default_network_is_read():
    found = definition_of(DEFAULT)
    assert (found.lab, found.mode, found.bridge) == (None, "nat", "virbr0")
    assert (found.subnet, found.gateway) == ("192.168.122.0/24", "192.168.122.1")
    assert found.dhcp == ("192.168.122.2", "192.168.122.254")
    assert found.hosts == ()


def test_a_marked_network_is_read():
    found = definition_of(RUNNING)
    assert (found.lab, found.domain) == ("x", "foo.lan")
    assert found.hosts == (DhcpHost("52:54:00:00:aa:01", "192.168.77.5", "a"),)


@pytest.mark.parametrize(
    "text",
    [
        "<network><name>n</name><forward mode='bridge'/><bridge name='br0'/></network>",
        "<network><name>n</name><forward mode='hostdev' managed='yes'><pf dev='eth9'/></forward></network>",
        "<network><name>n</name><ip family='ipv6' address='fd00::1' prefix='64'/></network>",
    ],
)
def test_networks_without_an_ipv4_subnet_are_read(text):
    found = definition_of(text)
    assert (found.subnet, found.gateway, found.dhcp) == (None, None, None)


@pytest.mark.parametrize("mode", ["nat", "route", "isolated", "open"])
def test_what_is_written_is_read_back(mode):
    want = wish(
        {
            **OPTIONS,
            "mode": mode,
            "bridge": "br-x",
            "domain": "x.example",
            "hosts": [{"mac": "52:54:00:00:00:01", "address": "192.168.77.9", "name": "one"}],
        }
    )
    assert definition_of(xml_for(want)) == want


def test_a_change_leaves_what_it_does_not_name():
    changed = parse(xml_for(wish({**OPTIONS, "subnet": "10.0.0.0/8"}), RUNNING))
    assert changed.findtext("uuid") == "f0004fed-6e56-4804-91f3-b3ff11f62268"
    assert changed.find("mac").get("address") == "52:54:00:c6:f6:0a"
    assert changed.find("forward/nat/port") is not None
    assert changed.find("ip/dhcp/host") is not None
    assert dict(changed.find("ip").attrib) == {"address": "10.0.0.1", "prefix": "8"}


def test_another_mode_drops_the_nat_ports():
    assert parse(xml_for(wish({**OPTIONS, "mode": "route"}), RUNNING)).find("forward/nat") is None
    assert parse(xml_for(wish({**OPTIONS, "mode": "isolated"}), RUNNING)).find("forward") is None


def test_a_netmask_gives_way_to_a_prefix():
    ip = parse(xml_for(wish({**OPTIONS, "name": "default"}), DEFAULT)).find("ip")
    assert dict(ip.attrib) == {"address": "192.168.77.1", "prefix": "24"}

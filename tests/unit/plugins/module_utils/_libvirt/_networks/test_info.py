# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks read from libvirt's own test driver; what that driver lacks stands in at the libvirt objects' boundary."""

from __future__ import annotations

import libvirt
import pytest

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._connection import connect
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks import _info

MADE = ["bridge", "default", "isolated", "macvtap", "transient"]
XML = {
    "isolated": "",
    "bridge": "<forward mode='bridge'/><bridge name='br0'/>",
    "macvtap": "<forward mode='bridge'><interface dev='eth0'/></forward>",
}


@pytest.fixture
def connection(monkeypatch):
    # The test driver has one XML per network and refuses the flag that asks for the stored one.
    monkeypatch.setattr(_info.libvirt, "VIR_NETWORK_XML_INACTIVE", 0)
    with connect("test:///default") as opened:
        made = [opened.networkDefineXML(f"<network><name>{name}</name>{xml}</network>") for name, xml in XML.items()]
        transient = opened.networkCreateXML("<network><name>transient</name></network>")
        yield opened
        transient.destroy()
        for network in made:
            network.undefine()


class Port:
    """A port as libvirt has it."""

    def XMLDesc(self) -> str:  # libvirt's name  # noqa: N802
        return "<networkport><owner><name>g</name></owner><plug type='network' bridge='b'/></networkport>"


def lease(**fields):
    return {
        "iface": "virbr0",
        "expirytime": 1782907200,
        "type": libvirt.VIR_IP_ADDR_TYPE_IPV4,
        "mac": "52:54:00:00:00:01",
        "iaid": None,
        "ipaddr": "192.0.2.2",
        "prefix": 24,
        "hostname": None,
        "clientid": None,
        **fields,
    }


class Talkative:
    """A network of the test driver that also knows its ports and leases."""

    def __init__(self, network, leases=(), fails=None):
        self.network, self.leases, self.fails = network, leases, fails

    def __getattr__(self, name):
        return getattr(self.network, name)

    def listAllPorts(self):  # libvirt's name  # noqa: N802
        return [Port()]

    def DHCPLeases(self):  # libvirt's name  # noqa: N802
        if self.fails is not None:
            raise failure(self.fails)
        return list(self.leases)


class Connection:
    """A connection that lists what it is given."""

    def __init__(self, networks):
        self.networks = networks

    def listAllNetworks(self):  # libvirt's name  # noqa: N802
        return self.networks


def failure(code):
    error = libvirt.libvirtError("failed")
    error.err = (code, 0, "failed", 2, "", "", "", -1, -1)
    return error


def read(network, **more):
    return _info.read(Connection([Talkative(network, **more)]))["networks"]


def test_all_kinds_are_read_by_name(connection):
    found = _info.read(connection)
    assert [network["name"] for network in found["networks"]] == MADE
    assert found["missing"] == []


@pytest.mark.parametrize(
    ("names", "networks", "missing"),
    [
        (["default", "nowhere", "bridge"], ["bridge", "default"], ["nowhere"]),
        ([], [], []),
        (["z", "y", "z"], [], ["y", "z"]),
    ],
)
def test_some_are_read(connection, names, networks, missing):
    found = _info.read(connection, names)
    assert [network["name"] for network in found["networks"]] == networks
    assert found["missing"] == missing


@pytest.mark.parametrize(
    ("name", "active", "persistent"), [("default", True, True), ("macvtap", False, True), ("transient", True, False)]
)
def test_state_and_xml(connection, name, active, persistent):
    network = _info.read(connection, [name])["networks"][0]
    assert (network["active"], network["persistent"], network["autostart"]) == (active, persistent, False)
    assert (network["live_xml"] is not None, network["stored_xml"] is not None) == (active, persistent)
    assert network["restart_required"] is False


def test_autostart(connection):
    connection.networkLookupByName("bridge").setAutostart(1)
    assert _info.read(connection, ["bridge"])["networks"][0]["autostart"] is True


def test_what_a_driver_cannot_tell_is_null(connection):
    active, inactive = _info.read(connection, ["default", "macvtap"])["networks"]
    assert active["guests"] is None
    assert active["leases"] is None
    assert inactive["guests"] == []


def test_guests_and_leases_with_and_without_an_end(connection):
    network = read(
        connection.networkLookupByName("default"),
        leases=[
            lease(ipaddr="192.0.2.9", expirytime=0),
            lease(hostname="h", clientid="01:02"),
            lease(type=libvirt.VIR_IP_ADDR_TYPE_IPV6, ipaddr="fd00::2", prefix=64),
        ],
    )[0]
    assert [guest["device"] for guest in network["guests"]] == ["b"]
    common = {"mac": "52:54:00:00:00:01", "prefix": 24, "family": "ipv4", "hostname": None, "client_id": None}
    ends = "2026-07-01T12:00:00Z"
    assert network["leases"] == [
        {**common, "address": "192.0.2.2", "hostname": "h", "client_id": "01:02", "expiry": ends},
        {**common, "address": "192.0.2.9", "expiry": None},
        {**common, "address": "fd00::2", "prefix": 64, "family": "ipv6", "expiry": ends},
    ]


def test_a_network_that_went_away_meanwhile_is_not_there(connection):
    assert read(connection.networkLookupByName("default"), fails=libvirt.VIR_ERR_NO_NETWORK) == []


def test_other_errors_are_told(connection):
    with pytest.raises(libvirt.libvirtError):
        read(connection.networkLookupByName("default"), fails=libvirt.VIR_ERR_RPC)

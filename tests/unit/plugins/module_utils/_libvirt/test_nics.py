# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The NICs of a domain in both descriptions: twins told apart, devices that are passed through known."""

from __future__ import annotations

import libvirt
import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import (
    ALL,
    Selector,
    interfaces,
    select,
    told_apart,
)
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._nics import nics_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse

NODE = "<node><cpu><mhz>1</mhz><model>m</model><active>1</active><nodes>1</nodes><sockets>1</sockets><cores>1</cores>"
NODE += "<threads>1</threads></cpu><memory>1048576</memory></node>"
MAC, OTHER = "52:54:00:00:00:0a", "52:54:00:00:00:0b"


def nic(kind: str, bus: int, more: str = "", mac: str = MAC, network: str = "lab") -> str:
    return (
        f"<interface type='{kind}'><mac address='{mac}'/><source network='{network}'/><model type='virtio'/>{more}"
        f"<address type='pci' domain='0x0000' bus='0x0{bus}' slot='0x00' function='0x0'/></interface>"
    )


def domain(*nics: str, name: str = "a") -> str:
    return (
        f"<domain type='test'><name>{name}</name><memory>1024</memory><os><type>hvm</type></os>"
        f"<devices>{''.join(nics)}</devices></domain>"
    )


def both(*descriptions: list[str]):
    return told_apart(*(interfaces(parse(domain(*nics))) for nics in descriptions))


# As libvirt's documentation writes a team: both of one MAC address, both of model virtio.
PERSISTENT = nic("network", 1, "<alias name='ua-backup0'/>")
TRANSIENT = nic("hostdev", 2, "<alias name='ua-vf'/>")


@pytest.mark.parametrize("running", [True, False])
@pytest.mark.parametrize("wanted", [ALL, Selector(mac=MAC), Selector(alias="ua-backup0"), Selector(network="lab")])
def test_the_virtio_nic_of_a_team_is_found(wanted, running):
    stored, live = both([PERSISTENT, TRANSIENT], [TRANSIENT, PERSISTENT] if running else [])
    assert [one.address for one in select(stored, live, wanted, "a")] == ["0000:01:00.0"]


def test_the_other_one_of_a_team_has_no_datapath():
    stored, live = both([PERSISTENT, TRANSIENT], [])
    with pytest.raises(LabError, match=f"only a virtio .* it has: {MAC} model virtio alias ua-vf hostdev lab"):
        select(stored, live, Selector(alias="ua-vf"), "a")


def test_one_that_is_passed_through_is_meant_where_it_is_named_and_is_nobodys_twin():
    stored, live = both([nic("hostdev", 2, "<alias name='ua-vf'/>")], [])
    assert [one.type for one in select(stored, live, Selector(mac=MAC), "a", any_model=True)] == ["hostdev"]
    for wanted, any_model in ((ALL, True), (Selector(mac=MAC), False)):
        with pytest.raises(LabError, match="only a virtio interface has a datapath to choose"):
            select(stored, live, wanted, "a", any_model)
    team = both([PERSISTENT, TRANSIENT], [])
    assert [one.type for one in select(*team, Selector(mac=MAC), "a", any_model=True)] == ["network"]


def test_the_source_of_one_that_is_passed_through_is_the_cards_function():
    place = "<source><address type='pci' domain='0x0000' bus='0x01' slot='0x10' function='0x2'/></source>"
    text = f"<domain><devices><interface type='hostdev'><mac address='{MAC}'/>{place}</interface></devices></domain>"
    (found,) = interfaces(parse(text))
    assert (found.source, found.address, found.is_passed_through) == ("0000:01:10.2", None, True)


def test_while_its_partner_is_unplugged_a_nic_is_the_same():
    stored, live = both([PERSISTENT, TRANSIENT], [PERSISTENT])
    assert [one.key for one in live] == [f"{MAC} at 0000:01:00.0"]
    assert live[0].key == stored[0].key != stored[1].key


def test_nics_of_different_addresses_are_known_by_these_alone():
    stored, live = both([nic("network", 1), nic("network", 2, mac=OTHER)], [nic("network", 7)])
    assert [one.key for one in (*stored, *live)] == [MAC, OTHER, MAC]
    assert both([nic("network", 1, mac=MAC.upper()), nic("network", 2)])[0][0].twin


@pytest.fixture
def connection(tmp_path):
    node = tmp_path / "node.xml"
    node.write_text(NODE, encoding="utf-8")
    with_networks = libvirt.open(f"test://{node}")
    with_networks.networkDefineXML(
        "<network><name>pool</name><forward mode='hostdev'><pf dev='eth9'/></forward></network>"
    )
    with_networks.networkDefineXML("<network><name>open</name><bridge name='br9'/></network>")
    return with_networks


@pytest.mark.parametrize(("network", "kind"), [("pool", "hostdev"), ("open", "network"), ("nowhere", "network")])
def test_a_network_that_passes_devices_through_is_known_before_the_guest_runs(connection, network, kind):
    connection.defineXML(domain(nic("network", 1, network=network), name="pooled"))
    stored, live = nics_of(connection, connection.lookupByName("pooled"))
    assert [(one.type, one.is_virtio) for one in stored] == [(kind, kind != "hostdev")]
    assert live == []

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ports of Open vSwitch: one that is made for a NIC, and one that was the user's. Real ones: molecule's lab host."""

from __future__ import annotations

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._registry import datapath
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._openvswitch import _bridges
from ansible_collections.virtio.lab.plugins.module_utils._switch._edit import (
    Edit,
    edited,
    links,
    own_links,
    shape,
    used_links,
)

MAC = "52:54:00:00:96:01"
OURS = "vlo525400009601"
NETWORKS = {"lab": "virbr7"}
PORT = "<virtualport type='openvswitch'><parameters interfaceid='54d5e1c9-4fd1-40c7-a928-92ad4bc73372'/></virtualport>"


def nic(source: str, port: str = "", kind: str = "bridge"):
    return parse(
        f"<interface type='{kind}'><mac address='{MAC}'/><source {source}/>{port}<model type='virtio'/></interface>"
    )


ON_NETWORK = nic("network='lab'", kind="network")
ON_OURS = nic(f"bridge='{OURS}'", PORT)
ON_USERS = nic("bridge='br-int'", f"<vlan><tag id='42'/></vlan>{PORT}")


def test_a_bridge_is_made_for_the_nic_and_joined_to_that_of_its_network():
    asked = Edit(datapath("ovs_vhost"))
    assert shape(edited(asked, ON_NETWORK, NETWORKS)) == {
        "type": "bridge",
        "bridge": OURS,
        "virtualport": "openvswitch",
        "model": "virtio",
        "driver": {"name": "vhost"},
    }
    near, far, bridge = links(asked, ON_NETWORK, NETWORKS)
    assert (near.kind, near.attributes, near.master) == ("veth", {"peer": far.name}, None)
    assert far.master == "virbr7"
    assert (bridge.name, bridge.kind, bridge.attributes) == (OURS, "openvswitch", {"port": near.name})
    assert (near.name, far.name, bridge.name) in own_links(MAC)
    assert used_links(ON_OURS) == {OURS}


def test_a_port_of_the_bridge_that_was_made_goes_with_it():
    back = edited(Edit(datapath("qemu"), network="lab"), ON_OURS, NETWORKS)
    assert back.find("virtualport") is None
    assert back.find("source").get("network") == "lab"
    assert edited(Edit(datapath("e1000"), network="lab"), ON_OURS, NETWORKS).find("virtualport") is None
    again = edited(Edit(datapath("ovs"), network="lab"), ON_OURS, NETWORKS)
    assert len(again.findall("virtualport")) == 1
    with pytest.raises(LabError, match="needs the bridge that the NIC hangs on"):
        edited(Edit(datapath("ovs")), ON_OURS, NETWORKS)


@pytest.mark.parametrize("bridge", [None, "br-int"])
def test_a_nic_on_the_users_own_stays_there_with_its_vlan(bridge):
    asked = Edit(datapath("ovs_vhost"), bridge=bridge)
    new = edited(asked, ON_USERS, NETWORKS)
    assert links(asked, ON_USERS, NETWORKS) == []
    assert new.find("source").get("bridge") == "br-int"
    assert new.find("vlan/tag").get("id") == "42"
    assert [port.get("type") for port in new.findall("virtualport")] == ["openvswitch"]


def test_the_marked_bridges_are_those_that_ovs_vsctl_lists():
    told = '{"data":[["vlo525400009601"],["br 1"]],"headings":["name"]}'
    assert _bridges.parse_marked(told) == {OURS}
    assert _bridges.parse_marked('{"data":[],"headings":["name"]}') == set()
    for wrong in ("", "[]", '{"data":[[]]}', '{"data":[["a","b"]]}'):
        with pytest.raises(LabError):
            _bridges.parse_marked(wrong)


def test_where_no_database_runs_there_is_no_bridge(tmp_path):
    assert _bridges.made([OURS], None, str(tmp_path / "db.sock")) == set()


@pytest.mark.parametrize(
    ("source", "kind", "made"),
    [
        (f"bridge='{OURS}'", "bridge", {"vlf525400009601": "virbr7", "vls525400009601": "ovs-system", OURS: ""}),
        ("dev='vlp525400009601' mode='bridge'", "direct", {"vlp525400009601": "", "vlb525400009601": "virbr7"}),
    ],
)
@pytest.mark.parametrize("name", ["qemu", "ovs", "ethernet", "macvtap_bridge"])
def test_what_was_made_for_the_nic_leads_to_its_bridge(source, kind, made, name):
    old, asked = nic(source, kind=kind), Edit(datapath(name))
    ends = [link.master for link in links(asked, old, {**NETWORKS, **made}) if link.master]
    assert ends == ([] if name == "qemu" else ["virbr7"])
    if name == "qemu":
        assert edited(asked, old, {**NETWORKS, **made}).find("source").get("bridge") == "virbr7"
    with pytest.raises(LabError, match="needs the bridge that the NIC hangs on, and it has none"):
        edited(asked, old, NETWORKS)


def test_a_macvtap_stays_on_the_users_link_unless_asked_elsewhere():
    old = nic("dev='eth1' mode='bridge'", kind="direct")
    stays = Edit(datapath("macvtap_vepa_vhost"))
    assert edited(stays, old, NETWORKS).find("source").get("dev") == "eth1"
    assert links(stays, old, NETWORKS) == []
    goes = Edit(datapath("macvtap_vepa_vhost"), network="lab")
    assert edited(goes, old, NETWORKS).find("source").get("dev") == "vlp525400009601"
    with pytest.raises(LabError, match="needs the bridge that the NIC hangs on"):
        edited(Edit(datapath("ethernet")), old, NETWORKS)

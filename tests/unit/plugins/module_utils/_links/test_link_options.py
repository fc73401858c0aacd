# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user may write of a link, and what not."""

from __future__ import annotations

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._link_options import link_wishes
from ansible_collections.virtio.lab.plugins.module_utils._links._model import FdbEntry


def test_canonical_form() -> None:
    (wish,) = link_wishes(
        [
            {
                "name": "vx0", "kind": "vxlan", "id": 7, "remote": "2001:DB8::1", "stp": None, "mtu": 1400,
                "fdb": [{"mac": "02:00:00:00:00:AA", "dst": "192.0.2.1"},
                        {"mac": "00:00:00:00:00:00", "dst": "192.0.2.2"}],
                "port": {"cost": 7, "priority": None}, "vlans": [{"vid": 5, "pvid": True, "untagged": False}],
            }
        ]
    )  # fmt: skip
    assert wish.attributes == {"id": 7, "remote": "2001:db8::1"}
    assert wish.fdb == (FdbEntry("02:00:00:00:00:aa", 0, "192.0.2.1"), FdbEntry("00:00:00:00:00:00", 0, "192.0.2.2"))
    assert (wish.port, wish.vlans, wish.mtu) == ({"cost": 7}, {5: ("pvid",)}, 1400)


def test_a_peer_is_in_the_namespace_of_its_link_where_nothing_else_is_said() -> None:
    entry = {"name": "v0", "kind": "veth", "peer": "v1", "netns": "lab"}
    assert link_wishes([entry])[0].attributes == {"peer": "v1", "peer_netns": "lab"}
    assert link_wishes([{**entry, "peer_netns": ""}])[0].attributes == {"peer": "v1", "peer_netns": ""}


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"stp": True}, "stp is for kind bridge, not for a link without kind"),
        (
            {"kind": "veth", "parent": "eth0"},
            "parent is for kind macvlan or macvtap or vlan or vxlan, not for kind veth",
        ),
        ({"kind": "bridge", "priority": 65536}, "priority 65536 is out of range; 0 to 65535"),
        ({"kind": "bridge", "hello_time": 0}, "hello_time 0 is out of range; 1 to 10 seconds"),
        ({"kind": "vlan", "id": 4095}, "a vlan has 1 to 4094"),
        ({"kind": "vxlan", "id": 2**24}, "a vxlan has 1 to 16777215"),
        ({"kind": "vxlan", "remote": "nowhere"}, "remote 'nowhere' is not an IP address"),
        ({"kind": "vxlan", "local": "192.0.2.1/24"}, "is not an IP address"),
        ({"kind": "vxlan", "remote": "0.0.0.0"}, "stands for no address"),
        ({"kind": "vxlan", "local": "::"}, "stands for no address"),
        ({"kind": "vxlan", "remote": "fe80::1%eth0"}, "has a scope"),
        ({"kind": "vxlan", "fdb": [{"mac": "00:00:00:00:00:00", "dst": "0.0.0.0"}]}, "stands for no address"),
        (
            {"kind": "vxlan", "fdb": [{"mac": "02:00:00:00:00:01", "dst": f"192.0.2.{host}"} for host in (1, 2)]},
            "has dst 192.0.2.1 and 192.0.2.2",
        ),
        ({"kind": "veth", "peer": "a b"}, "not usable"),
        ({"kind": "veth", "peer": "x", "peer_netns": "../x"}, "is not a name"),
        ({"kind": "veth", "peer": "l0"}, "is the link itself"),
        ({"kind": "macvlan", "parent": "l0"}, "is the link itself"),
        ({"master": "l0"}, "is the link itself"),
        ({"mtu": 67}, "mtu 67 is out of range; a link takes"),
        ({"kind": "bridge", "mtu": 65536}, "bridge takes 68 to 65535"),
        ({"port": {"cost": 0}}, "cost 0 is out of range"),
        ({"port": {"priority": 64}}, "port priority|priority 64 is out of range"),
        ({"vlans": [{"vid": 0}]}, "VLAN id 0 is out of range"),
        ({"vlans": [{"vid": 5}, {"vid": 5}]}, "VLAN 5 is listed twice"),
        ({"vlans": [{"vid": 5, "pvid": True}, {"vid": 6, "pvid": True}]}, "VLANs 5 and 6 are both pvid"),
        ({"fdb": [{"mac": "02:00:00:00:00:01", "dst": "192.0.2.1"}]}, "has dst, which is for kind vxlan"),
        ({"kind": "vxlan", "fdb": [{"mac": "02:00:00:00:00:01", "dst": "192.0.2.1", "vlan": 5}]}, "dst and vlan"),
        ({"fdb": [{"mac": "02:00:00:00:00:01", "vlan": 4095}]}, "has vlan 4095"),
        ({"fdb": [{"mac": "00:00:00:00:00:00"}]}, "is no address"),
    ],
)
def test_refusal(entry: dict, words: str) -> None:
    with pytest.raises(LabError, match=words):
        link_wishes([{"name": "l0", **entry}])


def test_twice() -> None:
    with pytest.raises(LabError, match="link l0 is listed twice"):
        link_wishes([{"name": "l0"}, {"name": "l0"}])

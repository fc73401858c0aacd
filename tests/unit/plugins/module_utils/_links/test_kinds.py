# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Links of all kinds as `ip` and `bridge` of Debian 12 (iproute2 6.1) and 13 (6.15) printed them."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._model import MARK, FdbEntry
from ansible_collections.virtio.lab.plugins.module_utils._links._parse import parse_links, with_fdb, with_vlans
from ansible_collections.virtio.lab.plugins.module_utils._links._peers import with_peers

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures" / "links"


def captured(name: str) -> str:
    return (FIXTURES / f"{name}.json").read_text()


def test_kinds_of_debian_13() -> None:
    links = parse_links(captured("kinds-6.15"))
    assert links["br0"].attributes == {
        "forward_delay": 15.0, "hello_time": 2.0, "max_age": 20.0, "ageing_time": 300.0, "priority": 32768,
        "vlan_filtering": True, "mcast_snooping": True, "stp": False,
    }  # fmt: skip
    assert (links["br0"].default_pvid, links["br0"].is_root) == (1, True)
    assert links["d1.10"].attributes == {"parent": "d1", "protocol": "802.1ad", "id": 10}
    assert links["vx0"].attributes == {
        "id": 42, "parent": "d1", "remote": "192.0.2.9", "local": "192.0.2.1", "dstport": 4789, "learning": False,
    }  # fmt: skip
    assert links["vx1"].attributes["remote"] == "239.1.1.1"
    assert links["vx2"].attributes["remote"] == "2001:db8::1"
    assert links["v0"].attributes == {"peer": "v1", "peer_netns": None}
    assert links["mt0"].attributes == {"parent": "d1", "mode": "vepa"}
    assert links["d0"].port == {"cost": 100, "priority": 32, "isolated": False}
    assert (links["d0"].alias, links["d0"].attributes) == (MARK, {})
    assert links["vx0"].vlans is None


def test_kinds_of_debian_12() -> None:
    links = parse_links(captured("kinds-6.1"))
    assert (links["br0"].default_pvid, links["br0"].attributes["vlan_filtering"]) == (0, False)
    assert links["mv0"].attributes == {"parent": "w0", "mode": "bridge"}
    assert (links["v0"].peer_index, links["v0"].peer_nsid, links["v0"].master) == (2, 0, "br0")


def test_vlans_and_static_entries() -> None:
    links = with_vlans(parse_links(captured("kinds-6.15")), captured("vlan-6.15"))
    links = with_fdb(links, captured("fdb-6.15"))
    assert links["d0"].vlans == {1: ("untagged",), 10: ("pvid", "untagged"), 20: (), 21: (), 22: ()}
    assert links["br0"].vlans == {1: ("pvid", "untagged"), 10: ()}
    assert links["vx0"].vlans == {}
    assert FdbEntry("02:00:00:00:00:99", 10) in (links["d0"].fdb or ())
    assert FdbEntry("02:00:00:00:00:98") in (links["d0"].fdb or ())
    # without the default endpoint, which is not an entry that somebody set
    any_mac = FdbEntry("00:00:00:00:00:00", 0, "192.0.2.8")
    assert set(links["vx0"].fdb or ()) == {any_mac, FdbEntry("02:00:00:00:00:97", 0, "192.0.2.7")}
    assert links["vx1"].fdb == ()


def test_ranges_of_vlans() -> None:
    links = with_vlans(
        parse_links(captured("kinds-6.15")), '[{"ifname":"d0","vlans":[{"vlan":5,"vlanEnd":7}]},{"ifname":"x"}]'
    )
    assert links["d0"].vlans == {5: (), 6: (), 7: ()}


@pytest.mark.parametrize(("first", "last"), [(-(10**30), 9), (-1, 9), (1, 4096), (1, 10**30), (9, 1)])
def test_a_range_that_is_none_of_vlans_is_refused(first: int, last: int) -> None:
    links = parse_links(captured("kinds-6.15"))
    with pytest.raises(LabError, match=f"bridge -j vlan.*VLANs {first} to {last} are not within 0 to 4095"):
        with_vlans(links, f'[{{"ifname":"d0","vlans":[{{"vlan":{first},"vlanEnd":{last}}}]}}]')


def test_a_shortened_ageing_time_is_not_told() -> None:
    entry = (
        '[{"ifname":"b","linkinfo":{"info_kind":"bridge","info_data":'
        '{"topology_change":1,"ageing_time":%d,"forward_delay":400,"root_port":1}}}]'
    )
    assert "ageing_time" not in parse_links(entry % 800)["b"].attributes
    assert parse_links(entry % 900)["b"].attributes["ageing_time"] == 9
    assert not parse_links(entry % 800)["b"].is_root


def test_peers_in_the_same_and_in_another_namespace() -> None:
    here, there = parse_links(captured("kinds-6.1")), parse_links(captured("peer-6.1"))
    paired = with_peers({"a": here, "b": there}, lambda netns: {0: "b" if netns == "a" else "a"})
    assert paired["a"]["v0"].attributes == {"peer": "v1", "peer_netns": "b"}
    assert paired["b"]["v1"].attributes == {"peer": "v0", "peer_netns": "a"}
    assert paired["a"]["w0"].attributes["peer"] is None  # its peer is in a namespace that nobody asked about
    same = with_peers({"": parse_links(captured("kinds-6.15"))}, lambda _netns: {})
    assert same[""]["v0"].attributes == {"peer": "v1", "peer_netns": ""}


def test_a_peer_in_a_namespace_without_a_name_points_back() -> None:
    here, there = parse_links(captured("kinds-6.1")), parse_links(captured("peer-6.1"))
    paired = with_peers({"a": here, "": there}, lambda _netns: {})
    assert paired["a"]["v0"].attributes == {"peer": "v1", "peer_netns": ""}


def test_an_address_is_read_as_python_writes_it() -> None:
    """Of addresses that end in an IPv4 one `ip` has another form than Python before 3.13."""
    info = {"info_kind": "vxlan", "info_data": {"id": 7, "remote6": "::ffff:192.0.2.9", "local6": "::192.0.2.1"}}
    links = parse_links(json.dumps([{"ifname": "vx0", "linkinfo": info}]))
    assert links["vx0"].attributes["remote"] == str(ipaddress.ip_address("::ffff:192.0.2.9"))
    assert links["vx0"].attributes["local"] == str(ipaddress.ip_address("::192.0.2.1"))

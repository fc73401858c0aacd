# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Links as two versions of iproute2 printed them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._parse import parse_links
from ansible_collections.virtio.lab.plugins.module_utils._links._read import read_links
from ansible_collections.virtio.lab.plugins.module_utils._runner import run

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures" / "links"


@pytest.mark.parametrize("version", ["6.1", "6.15"])
def test_links_of_iproute2(version: str) -> None:
    links = parse_links((FIXTURES / f"iproute2-{version}.json").read_text())
    tap, tun = links["tap0"], links["tun0"]
    assert (tap.kind, tap.up, tap.mtu, tap.mac, tap.master) == ("tun", True, 1400, "02:00:00:00:00:0a", "br0")
    assert tap.attributes == {
        "mode": "tap", "owner": 65534, "group": 0, "multi_queue": False, "vnet_hdr": True, "packet_info": False,
    }  # fmt: skip
    assert (tun.kind, tun.up, tun.mac) == ("tun", False, None)
    assert tun.attributes == {
        "mode": "tun", "owner": 4242, "group": None, "multi_queue": True, "vnet_hdr": False, "packet_info": True,
    }  # fmt: skip
    assert tun.addresses == ("192.0.2.1/24", "2001:db8::1/64")
    assert tun.altnames == ("other",)
    assert links["br0"].kind == "bridge"
    assert links["lo"].kind == ""


def test_a_namespace_that_is_not_there() -> None:
    with pytest.raises(LabError, match="'no-such-netns' does not exist"):
        read_links("no-such-netns", run)


def test_nothing_at_all() -> None:
    assert parse_links("") == {}
    assert parse_links("[{}]") == {}


def test_an_address_with_a_peer() -> None:
    addresses = [
        {"local": "192.0.2.1", "address": "192.0.2.2", "prefixlen": 32},
        {"local": "192.0.2.5", "prefixlen": 24},
    ]
    link = parse_links(json.dumps([{"ifname": "t", "addr_info": addresses}]))["t"]
    assert (link.addresses, link.peers) == (("192.0.2.1/32", "192.0.2.5/24"), ("192.0.2.1/32",))

# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What follows from a subnet, and what is refused; the invariants for every subnet and gateway."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._network_wish import LARGEST_RANGE, wish

BASE = {"name": "net", "lab": "lab", "mode": "nat"}


@st.composite
def subnet_and_gateway(draw):
    length = draw(st.integers(min_value=8, max_value=30))
    subnet = IPv4Network((draw(st.integers(0, 2**32 - 1)), length), strict=False)
    return subnet, subnet[draw(st.integers(1, subnet.num_addresses - 2))]


@pytest.mark.parametrize(
    ("subnet", "gateway", "start", "end"),
    [
        ("192.168.150.0/24", None, "192.168.150.2", "192.168.150.254"),
        ("192.168.150.0/24", "192.168.150.254", "192.168.150.1", "192.168.150.253"),
        ("10.0.0.0/30", None, "10.0.0.2", "10.0.0.2"),
        ("10.0.0.0/29", "10.0.0.3", "10.0.0.4", "10.0.0.6"),
        ("10.0.0.0/8", None, "10.0.0.2", "10.1.0.0"),
    ],
)
def test_gateway_and_range_follow(subnet, gateway, start, end):
    want = wish({**BASE, "subnet": subnet, "gateway": gateway})
    assert want.gateway == (gateway or str(IPv4Network(subnet)[1]))
    assert want.dhcp == (start, end)


@given(subnet_and_gateway())
def test_a_range_that_follows_is_one_that_may_be_asked_for(drawn):
    subnet, gateway = drawn
    want = wish({**BASE, "subnet": str(subnet), "gateway": str(gateway)})
    start, end = (IPv4Address(address) for address in want.dhcp)
    assert subnet.network_address < start <= end < subnet.broadcast_address
    assert not start <= gateway <= end
    assert int(end) - int(start) < LARGEST_RANGE
    assert wish({**BASE, "subnet": str(subnet), "gateway": str(gateway), "dhcp": want.dhcp._asdict()}) == want


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"subnet": "fd00::/64"}, "not an IPv4 subnet"),
        ({"subnet": "10.0.0.0/8", "dhcp": {"start": "10.0.0.2", "end": "10.9.0.0"}}, "more than 65535"),
        ({"subnet": "10.0.0.0/24", "dhcp": {"start": "x", "end": "10.0.0.9"}}, "dhcp start 'x'"),
        ({"subnet": "10.0.0.0/24", "hosts": [{"mac": "52:54:00:00:00:01", "address": "10.0.0.1"}]}, "gateway's own"),
        ({"subnet": "10.0.0.0/24", "bridge": "a/b"}, "'a/b'"),
        ({"subnet": "10.0.0.0/24", "lab": "x" * 41}, "40 at most"),
    ],
)
def test_refused(options, says):
    with pytest.raises(LabError, match=says):
        wish({**BASE, **options})


def test_hosts_are_compared_whatever_their_case_and_order():
    one = {"mac": "52:54:00:00:00:AA", "address": "10.0.0.5"}
    two = {"mac": "52:54:00:00:00:01", "address": "10.0.0.6", "name": "two"}
    options = {**BASE, "subnet": "10.0.0.0/24"}
    assert wish({**options, "hosts": [one, two]}) == wish(
        {**options, "hosts": [two, {**one, "mac": one["mac"].lower()}]}
    )

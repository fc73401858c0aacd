# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user may write of a device, and what not."""

from __future__ import annotations

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._check import check_addresses, check_mtu
from ansible_collections.virtio.lab.plugins.module_utils._links._tuntap_options import device_wishes


def test_canonical_form() -> None:
    (device,) = device_wishes(
        [{"name": "tap0", "owner": "root", "group": "7", "mac": "02:00:00:00:00:AB", "addresses": ["2001:DB8:0::1/64"]}]
    )
    assert (device.attributes, device.mac) == ({"owner": 0, "group": 7}, "02:00:00:00:00:ab")
    assert device.addresses == ("2001:db8::1/64",)
    assert device.kind == "tun"


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"name": ""}, "has no name"),
        ({"name": "ä" * 8}, "16 bytes long"),
        ({"name": ".."}, "not usable"),
        ({"name": "a\nb"}, "not usable"),
        ({"name": "all"}, "taken by the kernel"),
        ({"bridge": "default"}, "taken by the kernel"),
        ({"netns": "../x"}, "not a name"),
        ({"owner": str(2**32 - 1)}, "too large"),
        ({"owner": "9" * 5000}, "too large"),
        ({"owner": ""}, "owner is empty"),
        ({"owner": "no-such-user"}, "is no user"),
        ({"group": "no-such-group"}, "is no group"),
        ({"mtu": 65522}, "out of range"),
        ({"mac": "00:00:00:00:00:00"}, "is no address"),
        ({"mac": "01:00:00:00:00:00"}, "group address"),
        ({"mac": "02:00"}, "not a MAC address"),
        ({"bridge": "tap0"}, "the link itself"),
        ({"mode": "tun", "mac": "02:00:00:00:00:01"}, "needs mode tap"),
        ({"addresses": ["192.0.2.1"]}, "192.0.2.1/24"),
        ({"addresses": ["2001:db8::1"]}, "2001:db8::1/64"),
        ({"addresses": ["192.0.2.1/33"]}, "not valid"),
        ({"addresses": ["0.0.0.0/0"]}, "stands for no address"),
        ({"addresses": ["::/64"]}, "stands for no address"),
        ({"addresses": ["ff02::1/64"]}, "multicast group"),
        ({"addresses": ["fe80::1%eth0/64"]}, "has a scope"),
        ({"addresses": ["::1/128"]}, "lo alone"),
        ({"addresses": ["192.0.2.1/24", "192.0.2.1/24"]}, "listed twice"),
    ],
)
def test_refusal(entry: dict, words: str) -> None:
    with pytest.raises(LabError, match=words):
        device_wishes([{"name": "tap0", **entry}])


def test_the_same_name_in_two_namespaces_is_two_devices() -> None:
    assert len(device_wishes([{"name": "tap0"}, {"name": "tap0", "netns": "lab"}])) == 2
    with pytest.raises(LabError, match="listed twice"):
        device_wishes([{"name": "tap0"}, {"name": "tap0"}])


def test_the_loopback_address_is_that_of_lo() -> None:
    assert check_addresses(["127.0.0.1/8", "::1/128"], "link lo", "lo") == ("127.0.0.1/8", "::1/128")
    assert check_mtu(65536, None, "link lo") == 65536  # what its driver takes is asked when it is known

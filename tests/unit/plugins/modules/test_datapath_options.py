# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes an attribute of libvirt's XML is looked at first."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.modules.datapath import ARGUMENTS, edit_of

GIVEN: dict[str, Any] = {**dict.fromkeys(ARGUMENTS), "datapath": "vhost"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"hang_on": "a\x01b"}, r"hang_on is 'a\\x01b'; the name of a libvirt network"),
        ({"hang_on": ""}, "hang_on is ''"),
        ({"hang_on": " "}, "hang_on is ' '"),
        ({"hang_on": "a/b"}, "hang_on is 'a/b'"),
        ({"bridge": "br\x01"}, "bridge name .br.{0,4}. is not usable"),
        ({"bridge": "../x"}, "bridge name '../x' is not usable"),
        ({"bridge": ""}, "bridge has no name"),
        ({"parent": "a" * 16}, "parent name '.*' is 16 bytes long; 15 is the most"),
        ({"parent": "eth1"}, "parent is eth1, and datapath vhost is on top of no link; leave it out"),
        ({"datapath": "macvtap_bridge", "parent": "01:00.0"}, "parent name '01:00.0' is not usable"),
        ({"datapath": "sriov_macvtap", "parent": "01:00.9"}, "parent name '01:00.9' is not usable"),
        ({"mtu": 0}, "mtu is 0"),
    ],
)
def test_a_name_that_nothing_has(change: dict[str, Any], says: str) -> None:
    with pytest.raises(LabError, match=says):
        edit_of({**GIVEN, **change})


def test_names_that_are_right() -> None:
    assert edit_of({**GIVEN, "hang_on": "hands on ä"}).network == "hands on ä"
    assert edit_of({**GIVEN, "bridge": "br0"}).bridge == "br0"
    assert edit_of({**GIVEN, "datapath": "macvtap_vepa", "parent": "eth0.5"}).parent == "eth0.5"
    assert edit_of({**GIVEN, "datapath": "sriov_macvtap", "parent": "0000:01:10.0"}).parent == "0000:01:10.0"

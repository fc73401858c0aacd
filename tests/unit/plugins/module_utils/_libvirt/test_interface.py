# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which NICs of a domain a selector means."""

from __future__ import annotations

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import (
    ALL,
    Selector,
    interfaces,
    nested,
    select,
    selector,
)
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse

STORED = """<domain><devices>
<interface type='network'><mac address='52:54:00:00:00:0A'/><source network='lab'/><model type='virtio'/>
  <driver queues='2'><host csum='off'/><guest tso4='on'/></driver></interface>
<interface type='bridge'><mac address='52:54:00:00:00:0b'/><source bridge='br0'/><model type='e1000e'/></interface>
<interface type='ethernet'><mac address='52:54:00:00:00:0c'/><target dev='tap0'/><alias name='ua-x'/>
  <model type='virtio-non-transitional'/></interface>
</devices></domain>"""
A, B, C = (f"52:54:00:00:00:0{letter}" for letter in "abc")


def stored():
    return interfaces(parse(STORED))


def live():
    first, second, third = stored()
    return [
        first._replace(alias="net0", target="vnet7", type="bridge", address="0000:01:00.0"),
        second._replace(alias="net1", target="vnet8"),
        third,
    ]


def test_an_interface_is_read():
    first, second, third = stored()
    assert first.driver == {"queues": "2", "host.csum": "off", "guest.tso4": "on"}
    assert nested(first.driver) == {"queues": "2", "host": {"csum": "off"}, "guest": {"tso4": "on"}}
    assert (first.mac, first.type, first.source, first.is_virtio, first.address) == (A, "network", "lab", True, None)
    assert (second.driver, second.is_virtio) == ({}, False)
    assert (third.target, third.alias, third.source, third.is_virtio) == ("tap0", "ua-x", None, True)


def test_a_pci_address_is_written_as_lspci_writes_it():
    xml = (
        "<interface type='user'><address type='pci' domain='0x0001' bus='0x0a' slot='0x1f' function='0x7'/></interface>"
    )
    assert interfaces(parse(f"<domain><devices>{xml}</devices></domain>"))[0].address == "0001:0a:1f.7"


@pytest.mark.parametrize(
    ("wanted", "macs"),
    [
        (ALL, [A, C]),
        (selector(A.upper()), [A]),
        (selector(None, "net0"), [A]),
        (selector(None, "ua-x"), [C]),
        (selector(None, None, "vnet7"), [A]),
        (selector(None, None, "tap0"), [C]),
        (selector(None, None, None, "lab"), [A]),
        (selector(A, "net0", "vnet7", "lab"), [A]),
    ],
)
def test_selection_in_a_running_guest(wanted, macs):
    chosen = select(stored(), live(), wanted, "a")
    assert [nic.mac for nic in chosen] == macs
    assert all(nic in live() for nic in chosen)


def test_what_libvirt_made_up_is_not_there_in_a_guest_that_does_not_run():
    assert select(stored(), [], selector(None, None, None, "lab"), "a")[0].mac == A
    with pytest.raises(LabError, match=f"target vnet7; it has: {A} model virtio network lab;"):
        select(stored(), [], selector(None, None, "vnet7"), "a")


@pytest.mark.parametrize(
    ("found", "wanted", "says"),
    [
        (
            "all",
            selector("52:54:00:00:00:0F"),
            r"with mac 52:54:00:00:00:0f; it has: .*0a .*; .*0b .*; .*0c ",
        ),
        ("all", Selector(alias="net0", network="other"), "no interface with alias net0 and network other; it has: "),
        ("all", selector(B), f"only a virtio interface has a datapath to choose, and it has: {B} model e1000e"),
        (
            "all",
            selector(None, None, None, "br0"),
            "only a virtio .*model e1000e alias net1 target vnet8 bridge br0",
        ),
        ("e1000e", ALL, "only a virtio interface .*it has: .*e1000e"),
        ("none", ALL, "it has: no interface at all"),
        ("none", selector(A), "it has: none"),
    ],
)
def test_a_selector_that_means_nothing_is_told_what_there_is(found, wanted, says):
    nics = {"all": live(), "e1000e": live()[1:2], "none": []}[found]
    with pytest.raises(LabError, match=says):
        select(nics, nics, wanted, "a")

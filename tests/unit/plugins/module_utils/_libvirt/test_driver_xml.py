# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Editing <driver> changes <driver>; an interface that is cut out can be attached again."""

from __future__ import annotations

import difflib
import json
from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._driver_xml import edit_driver, interface_xml
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import Interface, interfaces
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures" / "datapath"
MAC = "52:54:00:00:90:01"
FIRST = "52:54:00:00:00:0a"
TWO = """<domain><metadata><!-- kept --><o:x xmlns:o="urn:o"><![CDATA[a < b]]></o:x></metadata><devices>
<interface type='network'><mac address='52:54:00:00:00:0A'/><model type='virtio'/>
  <driver queues='2'><host csum='off'/></driver></interface>
<interface type='bridge'><mac address='52:54:00:00:00:0b'/><model type='e1000e'/></interface>
</devices></domain>"""
LIVE = """<domain><devices><interface type='{}'><mac address='52:54:00:00:00:0a'/>{}
<target dev='vnet0'/><model type='virtio'/><alias name='net0'/>
<address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></interface>
</devices></domain>"""


@pytest.fixture
def stored() -> str:
    return json.loads((FIXTURES / "vhost.json").read_text(encoding="utf-8"))["stored"]


def nics(text: str, *macs: str) -> list[Interface]:
    return [nic for nic in interfaces(parse(text)) if nic.mac in macs]


def changed_lines(before: str, after: str) -> list[str]:
    plain = [text.replace('"', "'").splitlines() for text in (before, after)]
    return [line for line in difflib.ndiff(*plain) if line[0] in "+-"]


def test_only_the_driver_is_added(stored):
    after = edit_driver(stored, nics(stored, MAC), {"name": "vhost"})
    assert interfaces(parse(after))[0].driver == {"name": "vhost"}
    assert edit_driver(after, nics(after, MAC), {"name": None}) == edit_driver(stored, [], {})
    assert len(changed_lines(stored, after.replace('<driver name="vhost"/>', ""))) <= 2


def test_what_else_a_driver_says_stays():
    after = edit_driver(TWO, nics(TWO, FIRST), {"name": "qemu"})
    first, second = interfaces(parse(after))
    assert first.driver == {"queues": "2", "name": "qemu", "host.csum": "off"}
    assert second.driver == {}
    assert "<!-- kept -->" in after
    bare = edit_driver(TWO, nics(TWO, FIRST), {"queues": None})
    assert "<driver>" in bare, "a driver with offloads below it has something to say"


def test_offloads_are_below_their_side():
    after = edit_driver(
        TWO, nics(TWO, FIRST), {"host.gso": "off", "guest.csum": "on", "host.csum": None, "queues": None}
    )
    assert '<driver><host gso="off"/><guest csum="on"/></driver>' in after
    none = edit_driver(after, nics(after, FIRST), {"host.gso": None, "guest.csum": None})
    assert "<driver" not in none


@pytest.mark.parametrize(
    ("shown", "source", "attached", "remains"),
    [
        ("bridge", "<source network='lab' portgroup='p' portid='x' bridge='virbr9'/>", "network", "network portgroup"),
        ("direct", "<source network='lab' portid='x' dev='eth9' mode='bridge'/>", "network", "network"),
        ("bridge", "<source bridge='br0'/>", "bridge", "bridge"),
        ("direct", "<source dev='eth0' mode='vepa'/>", "direct", "dev mode"),
        ("ethernet", "", "ethernet", None),
    ],
)
def test_an_interface_that_can_be_attached_again(shown, source, attached, remains):
    text = LIVE.format(shown, source)
    element = parse(interface_xml(text, nics(text, FIRST)[0], {"name": "vhost"}))
    assert element.get("type") == attached
    kept = element.find("source")
    assert (" ".join(kept.keys()) if kept is not None else None) == remains
    assert element.find("address").get("bus") == "0x01"
    assert (element.find("alias").get("name"), element.find("target").get("dev")) == ("net0", "vnet0")
    assert element.find("driver").get("name") == "vhost"


def test_an_interface_that_has_gone():
    text = LIVE.format("ethernet", "")
    gone = nics(text, FIRST)[0]._replace(mac="52:54:00:00:00:ff")
    with pytest.raises(LabError, match="52:54:00:00:00:ff is not in the running guest"):
        interface_xml(text, gone, {})


def test_one_that_is_passed_through_has_no_model_and_stays_as_it_is():
    old = f'<interface type="hostdev" managed="yes"><mac address="{FIRST}"/></interface>'
    text = f"<domain><devices>{old}</devices></domain>"
    assert interface_xml(text, nics(text, FIRST)[0], {}) == old


TWINS = (
    "<domain><devices>"
    + "".join(
        f"<interface type='{kind}'><mac address='{FIRST}'/><model type='virtio'/>{alias}"
        f"<address type='pci' bus='{bus}'/></interface>"
        for kind, bus, alias in (
            ("network", "0x01", "<alias name='ua-a'/>"),
            ("hostdev", "0x02", ""),
            ("bridge", "0x03", ""),
        )
    )
    + "</devices></domain>"
)


@pytest.mark.parametrize(("place", "kind"), [(0, "network"), (2, "bridge")])
def test_of_two_nics_of_one_mac_address_only_the_one_that_is_meant_changes(place, kind):
    twins = nics(TWINS, FIRST)
    assert len({nic.key for nic in twins}) == 3
    after = interfaces(parse(edit_driver(TWINS, [twins[place]], {"name": "qemu"})))
    assert [nic.driver for nic in after] == [{"name": "qemu"} if number == place else {} for number in range(3)]
    assert parse(interface_xml(TWINS, twins[place], {})).get("type") == kind

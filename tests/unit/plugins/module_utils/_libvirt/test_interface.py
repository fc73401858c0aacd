# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import difflib
import json
from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import edit_driver, interfaces, select
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures" / "datapath"
MAC = "52:54:00:00:90:01"
TWO = """<domain><metadata><!-- kept --></metadata><devices>
<interface type='network'><mac address='52:54:00:00:00:0A'/><model type='virtio'/>
  <driver queues='2'><host csum='off'/></driver></interface>
<interface type='bridge'><mac address='52:54:00:00:00:0b'/><model type='e1000e'/></interface>
</devices></domain>"""


@pytest.fixture
def stored() -> str:
    return json.loads((FIXTURES / "vhost.json").read_text(encoding="utf-8"))["stored"]


def changed_lines(before: str, after: str) -> list[str]:
    plain = [text.replace('"', "'").splitlines() for text in (before, after)]
    return [line for line in difflib.ndiff(*plain) if line[0] in "+-"]


def test_only_the_driver_is_added(stored):
    after = edit_driver(stored, [MAC], {"name": "vhost"})
    assert interfaces(parse(after))[0].driver == {"name": "vhost"}
    assert edit_driver(after, [MAC], {"name": None}) == edit_driver(stored, [], {})
    assert len(changed_lines(stored, after.replace('<driver name="vhost"/>', ""))) <= 2


def test_what_else_a_driver_says_stays():
    after = edit_driver(TWO, ["52:54:00:00:00:0a"], {"name": "qemu"})
    first, second = interfaces(parse(after))
    assert first.driver == {"queues": "2", "name": "qemu"}
    assert second.driver == {}
    assert "<!-- kept -->" in after
    assert '<host csum="off"/>' in after
    bare = edit_driver(TWO, ["52:54:00:00:00:0a"], {"queues": None})
    assert "<driver>" in bare, "a driver with offloads below it has something to say"


def test_selection():
    found = interfaces(parse(TWO))
    assert [nic.mac for nic in select(found, None, "a")] == ["52:54:00:00:00:0a"]
    assert select(found, "52:54:00:00:00:0A", "a")[0].mac == "52:54:00:00:00:0a"
    with pytest.raises(LabError, match="has the model e1000e"):
        select(found, "52:54:00:00:00:0b", "a")
    with pytest.raises(LabError, match=r"no interface with the MAC address .*; it has: 52:54:00:00:00:0a, 52"):
        select(found, "52:54:00:00:00:0c", "a")
    with pytest.raises(LabError, match="no virtio interface; its models: 52:54:00:00:00:0b e1000e"):
        select(found[1:], None, "a")
    with pytest.raises(LabError, match="no interface at all"):
        select([], None, "a")

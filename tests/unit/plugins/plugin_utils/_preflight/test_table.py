# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of what a host can do, and hosts that tell something else."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._preflight._table import preflight_table

KVM = {
    "name": "kvm",
    "available": False,
    "why": "/dev/kvm does not exist",
    "remedy": "enable it",
    "needed_by": ["vhost"],
    "opens": [],
}
TUN = {
    "name": "tun",
    "available": True,
    "why": "it is there",
    "remedy": "",
    "needed_by": ["vhost", "qemu"],
    "opens": ["qemu"],
}
VDE = {"name": "vde", "available": None, "why": "QEMU is silent", "remedy": "ask it", "needed_by": [], "opens": []}
TOLD: dict[str, Any] = {
    "capabilities": [KVM, TUN, VDE],
    "datapaths": [
        {"name": "qemu", "can": True, "lacks": [], "unknown": []},
        {"name": "vhost", "can": False, "lacks": ["kvm"], "unknown": ["vhost_net"]},
    ],
}


def test_every_row_has_its_answer_its_remedy_and_what_it_is_for():
    assert preflight_table(TOLD) == [
        "kvm    no   /dev/kvm does not exist",
        "            remedy: enable it",
        "            needed by vhost",
        "tun    yes  it is there",
        "            opens qemu",
        "vde    ?    QEMU is silent",
        "            remedy: ask it",
        "            opens no datapath yet",
        "",
        "datapaths",
        "qemu   yes",
        "vhost  no   lacks kvm; not known: vhost_net",
    ]


def test_what_opens_nothing_by_itself_is_told_so():
    lines = preflight_table({**TOLD, "capabilities": [{**TUN, "opens": []}]})
    assert lines[1].strip() == "needed by all datapaths; something else is missing"
    lines = preflight_table({**TOLD, "capabilities": [{**TUN, "opens": ["vhost", "qemu"]}]})
    assert lines[1].strip() == "opens all datapaths"


def test_long_texts_are_wrapped_below_each_other():
    lines = preflight_table({**TOLD, "capabilities": [{**KVM, "why": "word " * 60}]})
    assert all(len(line) <= 110 for line in lines)
    assert {line[:12] for line in lines[1:4]} == {" " * 12}


def test_a_host_steers_no_terminal_and_fills_none():
    told = {**TOLD, "capabilities": [{**KVM, "why": "\x1b]52;c;eA==\x07\nyes\u202e", "name": "k\x1b[2J" * 40}] * 5000}
    lines = preflight_table(told)
    assert not any("\x1b" in line or "\u202e" in line or "\n" in line for line in lines)
    assert len(lines) < 2000
    assert max(map(len, lines)) <= 110


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        "text",
        {},
        {"capabilities": [], "datapaths": []},
        {**TOLD, "capabilities": None},
        {**TOLD, "capabilities": ["kvm"]},
        {**TOLD, "capabilities": [{**KVM, "available": "no"}]},
        {**TOLD, "capabilities": [{**KVM, "available": []}]},
        {**TOLD, "capabilities": [{"name": "kvm"}]},
        {**TOLD, "datapaths": [{"name": "qemu"}]},
        {**TOLD, "datapaths": [{"name": "qemu", "can": True, "lacks": 3, "unknown": []}]},
    ],
)
def test_a_host_that_tells_something_else_is_one_sentence(told):
    with pytest.raises(LabError, match="what the host says of itself is not as it should be"):
        preflight_table(told)

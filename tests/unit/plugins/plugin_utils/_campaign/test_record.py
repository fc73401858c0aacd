# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of an interrupted campaign, which a hypervisor may have rewritten."""

from __future__ import annotations

import json

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._campaign._record import campaign_record

RECORD = {
    "campaign_id": "hands-on-20260101T000000Z",
    "plan": "0" * 64,
    "guest": "vhost-a",
    "mac": "52:54:00:00:96:01",
    "before": "",
    "effective_before": "vhost",
    "queues_before": 1,
    "queues": "2",
    "restored": False,
}


def test_a_record_as_it_was_written_is_believed_and_nothing_beside():
    assert campaign_record(json.dumps({**RECORD, "more": "{{ x }}"})) == {**RECORD, "queues": 2}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("campaign_id", "../../elsewhere"),
        ("campaign_id", "a/b"),
        ("campaign_id", "a\n"),
        ("campaign_id", "{{ lookup('pipe', 'id') }}"),
        ("campaign_id", None),
        ("plan", "x"),
        ("guest", "--all"),
        ("guest", "{{ x }}"),
        ("mac", "x"),
        ("before", "{{ x }}"),
        ("before", None),
        ("effective_before", "{{ x }}"),
        ("effective_before", None),
        ("queues", 0),
        ("queues", "1; x"),
        ("queues_before", True),
        ("restored", "no"),
        ("interface_before", "<interface type='{{ x }}'><mac address=''/></interface>"),
        ("replicate", "{{ x }}"),
        ("build_before", "/q"),
        ("build_before", {"emulator": "q"}),
        ("build_before", {"emulator": None}),
        ("build_before", {"kernel": "/k\n"}),
        ("build_before", {"initrd": "/{{ x }}"}),
    ],
)
def test_what_nothing_here_wrote_is_refused(key, value):
    with pytest.raises(LabError, match=key):
        campaign_record(json.dumps({**RECORD, key: value}))


def test_the_programs_that_a_guest_was_started_by():
    build = {"emulator": "/opt/q w/ü", "kernel": "/k", "initrd": ""}
    assert campaign_record(json.dumps({**RECORD, "build_before": {**build, "more": "x"}}))["build_before"] == build
    assert campaign_record(json.dumps({**RECORD, "build_before": {}}))["build_before"] == {}


def test_the_record_of_an_earlier_version_has_no_backend_in_effect():
    earlier = {key: value for key, value in RECORD.items() if key != "effective_before"}
    assert campaign_record(json.dumps(earlier)) == {**earlier, "queues": 2}


@pytest.mark.parametrize("text", ["", "[]", "NaN", "{}", "[" * 9999, " " * 70_000])
def test_what_is_no_record_is_refused(text):
    with pytest.raises(LabError):
        campaign_record(text)

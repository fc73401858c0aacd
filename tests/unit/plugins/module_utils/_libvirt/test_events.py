# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is heard of removed devices, through libvirt's real event loop."""

from __future__ import annotations

import threading

import libvirt
import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import ApplyError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._connection import connect
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._events import Removals, removals


class Named:
    def name(self) -> str:
        return "a"


def test_an_outcome_is_told_once_it_is_known():
    heard, domain = Removals(), Named()
    assert heard.wait(domain, "net0", 0) == "timeout"
    threading.Timer(0.05, heard.tell, (domain, "net0", "removed")).start()
    assert heard.wait(domain, "net0", 30) == "removed"
    heard.expect(domain, "net0")
    assert heard.wait(domain, "net0", 0) == "timeout", "an earlier removal is not this one"
    heard.tell(domain, "net1", "refused")
    assert heard.wait(domain, "net1", 0) == "refused"
    assert heard.wait(domain, "net0", 0) == "timeout"


def test_the_event_loop_turns_and_ends():
    def loops():
        return [thread for thread in threading.enumerate() if "_turn" in thread.name]

    with connect("test:///default", events=True) as connection:
        with removals(connection) as heard:
            assert loops()
            assert heard.wait(connection.listAllDomains()[0], "net0", 0) == "timeout"
        assert not loops()


def test_libvirts_events_become_outcomes():
    told = {}

    class Connection:
        def domainEventRegisterAny(self, _domain, kind, callback, _opaque):  # libvirt's name  # noqa: N802
            told[kind] = callback
            return kind

        def domainEventDeregisterAny(self, number):  # libvirt's name  # noqa: N802
            told.pop(number)

    with connect("test:///default", events=True), removals(Connection()) as heard:
        told[15](None, Named(), "net0", None)
        told[22](None, Named(), "net1", None)
        assert (heard.wait(Named(), "net0", 0), heard.wait(Named(), "net1", 0)) == ("removed", "refused")
    assert told == {}


def test_a_lost_connection_does_not_hide_why_the_block_failed():
    class Lost:
        def domainEventRegisterAny(self, _domain, kind, _callback, _opaque):  # libvirt's name  # noqa: N802
            return kind

        def domainEventDeregisterAny(self, _number):  # libvirt's name  # noqa: N802
            raise libvirt.libvirtError("the connection is gone")

    failed = pytest.raises(ApplyError, match="step failed")
    with failed as caught, connect("test:///default", events=True), removals(Lost()):
        raise ApplyError("step failed", ["define a"])
    assert caught.value.applied == ["define a"]
    assert not [thread for thread in threading.enumerate() if "_turn" in thread.name]

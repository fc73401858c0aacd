# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""libvirt's real event loop in a with block."""

from __future__ import annotations

import threading

import libvirt
import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import ApplyError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._connection import connect
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._events import listening

LIFECYCLE = 0


def loops() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if "_turn" in thread.name]


def test_an_event_reaches_its_listener_and_the_loop_ends():
    heard = threading.Event()
    with connect("test:///default", events=True) as connection:
        with listening(connection, {LIFECYCLE: lambda *_told: heard.set()}):
            connection.lookupByName("test").suspend()
            assert heard.wait(10)
            assert loops()
        assert not loops()


def test_a_lost_connection_does_not_hide_why_the_block_failed():
    class Lost:
        def domainEventRegisterAny(self, _domain, kind, _callback, _opaque):  # libvirt's name  # noqa: N802
            return kind

        def domainEventDeregisterAny(self, _number):  # libvirt's name  # noqa: N802
            raise libvirt.libvirtError("the connection is gone")

    failed = pytest.raises(ApplyError, match="step failed")
    with failed as caught, connect("test:///default", events=True), listening(Lost(), {LIFECYCLE: print}):
        raise ApplyError("step failed", ["define a"])
    assert caught.value.applied == ["define a"]
    assert not loops()

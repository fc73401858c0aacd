# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is heard of removed devices."""

from __future__ import annotations

import threading

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._removals import Removals, removals

from .conftest import Named


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


def test_libvirts_events_become_outcomes(telling):
    with removals(telling) as heard:
        telling.told[15](None, Named(), "net0", None)
        telling.told[22](None, Named(), "net1", None)
        assert (heard.wait(Named(), "net0", 0), heard.wait(Named(), "net1", 0)) == ("removed", "refused")
    assert telling.told == {}

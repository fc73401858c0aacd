# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is heard of guests that were reset."""

from __future__ import annotations

import threading

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._resets import resets

from .conftest import Named


def test_only_the_named_guests_that_were_reset_are_told(telling):
    with resets(telling) as heard:
        assert heard.among(["a", "b"]) == []
        telling.told[1](None, Named("b"), None)
        telling.told[1](None, Named("c"), None)
        assert heard.among(["a", "b"]) == ["b"]
        assert heard.among(["a"]) == []
    assert telling.told == {}


def test_an_event_that_is_on_its_way_is_waited_for(telling):
    with resets(telling) as heard:
        threading.Timer(0.05, telling.told[1], (None, Named(), None)).start()
        assert heard.among(["a"]) == []
        assert heard.among(["a"], 30) == ["a"]

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A connection whose events a test sends."""

from __future__ import annotations

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._connection import connect


class Named:
    """A domain, as an event names it."""

    def __init__(self, name: str = "a") -> None:
        self._name = name

    def name(self) -> str:
        return self._name


class Connection:
    """Listens for events as libvirt's connection does; told has the listeners by kind."""

    def __init__(self) -> None:
        self.told = {}

    def domainEventRegisterAny(self, _domain, kind, callback, _opaque):  # libvirt's name  # noqa: N802
        self.told[kind] = callback
        return kind

    def domainEventDeregisterAny(self, number):  # libvirt's name  # noqa: N802
        self.told.pop(number)


@pytest.fixture
def telling():
    with connect("test:///default", events=True):  # the event loop needs its implementation registered
        yield Connection()

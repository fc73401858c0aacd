# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Learn from libvirt that a guest was reset: it crashed or rebooted, and began anew in the same QEMU process."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Iterator, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._events import listening

if TYPE_CHECKING:
    from libvirt import virConnect, virDomain

_REBOOT = 1  # libvirt's VIR_DOMAIN_EVENT_ID_REBOOT, sent for each RESET event of QEMU's


class Resets:
    """Which guests were reset so far; safe to ask from any thread."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._names: set[str] = set()

    def tell(self, domain: virDomain) -> None:
        """Note an event."""
        with self._news:
            self._names.add(domain.name())
            self._news.notify_all()

    def among(self, names: Sequence[str], within_s: float = 0) -> list[str]:
        """Return those of the named guests that were reset; wait for the first of them up to within_s."""
        with self._news:
            self._news.wait_for(lambda: self._names.intersection(names), within_s)
            return [name for name in names if name in self._names]


@contextmanager
def resets(connection: virConnect) -> Iterator[Resets]:
    """Hear of guests that are reset during a with block."""
    heard = Resets()
    with listening(connection, {_REBOOT: lambda _connection, domain, _opaque: heard.tell(domain)}):
        yield heard

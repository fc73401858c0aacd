# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Learn from libvirt when a guest has let go of a device that it was asked to give back."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Callable, Iterator

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._events import listening

if TYPE_CHECKING:
    from libvirt import virConnect, virDomain

# libvirt's VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED and VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED
_KINDS = {15: "removed", 22: "refused"}


class Removals:
    """What became of detach requests, as libvirt's events tell it; safe to ask from any thread."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._told: dict[tuple[str, str], str] = {}

    def expect(self, domain: virDomain, alias: str) -> None:
        """Forget what is known of a device, before it is asked for."""
        with self._news:
            self._told.pop((domain.name(), alias), None)

    def tell(self, domain: virDomain, alias: str, outcome: str) -> None:
        """Note an event."""
        with self._news:
            self._told[domain.name(), alias] = outcome
            self._news.notify_all()

    def wait(self, domain: virDomain, alias: str, timeout_s: float) -> str:
        """Return `removed`, `refused` by the guest, or `timeout`."""
        key = (domain.name(), alias)
        with self._news:
            self._news.wait_for(lambda: key in self._told, timeout_s)
            return self._told.get(key, "timeout")


@contextmanager
def removals(connection: virConnect) -> Iterator[Removals]:
    """Hear during a with block of devices that guests let go of, or refuse to."""
    heard = Removals()

    def listener(outcome: str) -> Callable[..., None]:
        return lambda _connection, domain, alias, _opaque: heard.tell(domain, alias, outcome)

    with listening(connection, {kind: listener(word) for kind, word in _KINDS.items()}):
        yield heard

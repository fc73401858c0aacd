# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Be called for libvirt's events: what happens to guests and their devices by itself, or later than it was asked for.

They reach a connection only when its event loop was registered before it was opened: connect(events=True).
"""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Callable, Iterator, Mapping

if TYPE_CHECKING:
    from libvirt import virConnect

try:
    import libvirt
except ImportError:  # connect() has said so long before anything here is called
    libvirt = None


@contextmanager
def listening(connection: virConnect, listeners: Mapping[int, Callable[..., None]]) -> Iterator[None]:
    """Have libvirt call a listener for each kind of event (a VIR_DOMAIN_EVENT_ID) during a with block.

    The event loop turns in a thread of its own, which is the one that listeners are called in.
    """
    ids = [connection.domainEventRegisterAny(None, kind, listener, None) for kind, listener in listeners.items()]
    ended = threading.Event()
    bell = libvirt.virEventAddTimeout(-1, lambda _timer, _opaque: None, None)
    loop = threading.Thread(target=_turn, args=(ended,), daemon=True)
    loop.start()
    try:
        yield
    finally:
        for number in ids:
            with suppress(libvirt.libvirtError):  # a lost connection must not hide why the block failed
                connection.domainEventDeregisterAny(number)
        ended.set()
        libvirt.virEventUpdateTimeout(bell, 0)  # wakes the loop
        loop.join()
        libvirt.virEventRemoveTimeout(bell)


def _turn(ended: threading.Event) -> None:
    while not ended.is_set():
        libvirt.virEventRunDefaultImpl()

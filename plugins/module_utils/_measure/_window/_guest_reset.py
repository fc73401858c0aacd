# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run in which a guest was reset is discarded: it is of two boots, or of a guest that was not there."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Callable, Iterator, List, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._resets import resets

if TYPE_CHECKING:
    import libvirt

_TOLD_WITHIN_S = 1


class GuestResetError(LabError):
    """A guest crashed or rebooted while it was measured."""

    def __init__(self, names: List[str]) -> None:
        super().__init__(f"guest {' and '.join(names)} was reset during the run: it crashed or rebooted")


@contextmanager
def unbroken(connection: libvirt.virConnect, guests: Sequence[str]) -> Iterator[Callable[[], None]]:
    """Watch the named guests during a with block; connection must hear of events.

    Raises GuestResetError when one was reset, also where the block failed, as that is why then. Yields a function that
    raises it at once.
    """
    with resets(connection) as heard:

        def check(within_s: float = _TOLD_WITHIN_S) -> None:
            names = heard.among(guests, within_s)
            if names:
                raise GuestResetError(names)

        try:
            yield check
        except LabError:
            check()
            raise
        check(0)

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Readers of what another program prints: what they stumble over is a LabError that names it, never a traceback."""

from __future__ import annotations

import functools
from typing import Any, Callable, TypeVar, cast

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError

Reader = TypeVar("Reader", bound=Callable[..., Any])
_STUMBLES = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)


def reads(what: str) -> Callable[[Reader], Reader]:
    """Have a reader of `what` raise LabError for each thing that is not as that program prints it."""

    def decorate(reader: Reader) -> Reader:
        @functools.wraps(reader)
        def guarded(*args: Any, **options: Any) -> Any:
            try:
                return reader(*args, **options)
            except _STUMBLES as stumble:
                said = f"{type(stumble).__name__}: {stumble}"[:200]
                raise LabError(f"{what} is not as it should be ({said})") from stumble

        return cast(Reader, guarded)

    return decorate

# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One at a time: a module that outlives its controller must not meet the one of the next start at the same guest."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import Iterator

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError

TOGGLE = "/run/lock/virtio.lab.vhost_toggle"


@contextmanager
def alone(path: str = TOGGLE) -> Iterator[None]:
    """Hold the lock file at path during a with block; it stays behind, empty, as removing it would let two in.

    The kernel lets the lock go with the process, however that ends. Raises LabError when the file cannot be opened.
    """
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        # Anyone may write in /run/lock: follow no link that somebody left there.
        number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise LabError(f"the lock {path} cannot be opened: {error.strerror}; run this module as root") from error
    try:
        # Nothing bounds this wait: whoever holds the lock ends by the time limits that it was given itself.
        fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)

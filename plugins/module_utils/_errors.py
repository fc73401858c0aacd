# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors a user is meant to read."""

from __future__ import annotations

from typing import Sequence

from ansible_collections.virtio.lab.plugins.module_utils._text import lines

_LONGEST = 20_000


class LabError(Exception):
    """One clear sentence: the thing, its value, what would be right. A module's main() hands it to fail_json.

    The value may be foreign: what would steer the reader's terminal is taken out here, for every error.
    """

    def __init__(self, message: object) -> None:
        super().__init__(lines(message, _LONGEST))


class ApplyError(LabError):
    """A step failed. applied: the commands that took effect all the same, in order, as a user would type them."""

    def __init__(self, message: str, applied: Sequence[str]) -> None:
        super().__init__(message)
        self.applied = list(applied)

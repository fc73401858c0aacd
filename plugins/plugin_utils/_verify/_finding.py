# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What verification found: where, what, and how much it weighs."""

from __future__ import annotations

from typing import NamedTuple

from ansible_collections.virtio.lab.plugins.module_utils._text import plain

# Something written contradicts something else: the run enters no figure, the campaign is refused.
FALSE = "false"
# Something planned is not there.
MISSING = "missing"
# There is nothing to check it by: its figures are shown, and no claim is made of them.
UNPROVED = "unproved"

_LONGEST = 400


class Finding(NamedTuple):
    """``path``: a file below the results folder; ``severity``: one of the three above."""

    path: str
    what: str
    severity: str

    def document(self) -> dict[str, str]:
        return {"path": plain(self.path, _LONGEST), "what": plain(self.what, _LONGEST), "severity": self.severity}

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run document as it was found: where, and the digest of its bytes."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

Document = dict[str, Any]


class Found(NamedTuple):
    """``names``: the steps from the results folder to the file."""

    names: tuple[str, ...]
    document: Document
    sha256: str

    @property
    def path(self) -> str:
        return "/".join(self.names)

    @property
    def run_id(self) -> str:
        return str(self.document["run_id"])

    @property
    def is_in_place(self) -> bool:
        """Whether it lies where the hypervisor puts it: in a folder of the run's name."""
        return len(self.names) == 2 and self.names[0] == self.run_id


def digest(content: bytes) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(content).hexdigest()

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a verification leaves of a campaign's claims, for whoever compares its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Proof(NamedTuple):
    """``document``: the verification as reports have it; ``refused``: {path, reason} of records that do not count;
    ``unproved``: run id → why nothing shows that it is what it says; ``unequal``: workload → what differs in it.
    """

    document: Mapping[str, Any]
    refused: Sequence[Mapping[str, str]] = ()
    unproved: Mapping[str, str] = {}
    unequal: Mapping[str, Sequence[str]] = {}

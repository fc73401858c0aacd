# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variants of a campaign: what it compares, the first of them with every other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Variant = Mapping[str, Any]


def variants(campaign: Mapping[str, Any]) -> list[Variant]:
    """``[{name, datapath, driver?, queues?, mtu?, model?, parent?, emulator?, kernel?, initrd?}]`` in the lab's order.

    A plain name is both.
    """
    return [variant(entry) for entry in campaign["datapaths"]]


def variant(entry: Any) -> Variant:
    """One entry of ``campaign.datapaths``, as campaigns of earlier versions have it or with options."""
    if isinstance(entry, str):
        return {"name": entry, "datapath": entry}
    return {**entry, "name": entry.get("name") or entry["datapath"]}

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The numbers that a run can have, for the module that measures one and for the lab file that asks for many."""

from __future__ import annotations

from typing import Dict, Tuple

from ansible_collections.virtio.lab.plugins.module_utils._switch._driver import MAX_QUEUES

Bound = Tuple[int, int]

# What a run document can hold and a tool can be told, by the name of the option.
WORKLOAD: Dict[str, Bound] = {
    "rate_mbps": (1, 1_000_000),
    "message_bytes": (1, 1_048_576),
    "streams": (1, 128),
    "queues": (1, MAX_QUEUES),
}
VARIANT: Dict[str, Bound] = {"queues": (1, MAX_QUEUES), "mtu": (68, 65_535)}
RUN: Dict[str, Bound] = {
    "block": (1, 1_000_000),
    "order_in_block": (1, 1_000_000),
    "seed": (-(10**18), 10**18),
    "warmup_s": (0, 86_400),
    "duration_s": (1, 86_400),
}
# A campaign repeats what it asks for: less of it is much already, and its seed is that of a shuffle.
CAMPAIGN: Dict[str, Bound] = {
    "blocks": (1, 1000),
    "seed": (0, 2**32 - 1),
    "warmup_s": (0, 600),
    "duration_s": (1, 3600),
}

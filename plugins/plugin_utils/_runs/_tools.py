# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tools whose runs enter a figure, and those whose runs do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Workload = Mapping[str, Any]

# Tools whose runs enter no figure, so that no A/A arm needs them: two count system calls, one is for reachability.
UNCOMPARED = ("strace", "perf", "hping3")


def compared(workloads: Sequence[Workload]) -> list[Workload]:
    """The workloads whose runs enter a figure."""
    return [workload for workload in workloads if workload.get("tool") not in UNCOMPARED]

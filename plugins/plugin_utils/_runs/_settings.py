# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a workload is beside its name: two that share it differ only in what is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SETTINGS = ("tool", "proto", "direction", "message_bytes", "streams", "rate_mbps", "peer", "warmup_s", "duration_s")


def settings(run: Mapping[str, Any]) -> tuple[Any, ...]:
    """The settings of the run's workload, for comparing them with another one's."""
    return tuple(run["workload"].get(name) for name in _SETTINGS)

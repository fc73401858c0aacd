# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pictures of a comparison as Vega-Lite specifications: plain data, no drawing. One file a picture.

Colours are CSS variables of the page, so one drawing serves light, dark and print.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._blocks import blocks
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._chart import Absent, Chart
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._cpu import cpu
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._drift import drift
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._efficiency import efficiency
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._latency import latency
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._packets import packets
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._ratios import ratios
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._scaling import queues, sizes
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._style import Arms
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._syscalls import syscalls
from ansible_collections.virtio.lab.plugins.plugin_utils._report._charts._timeline import timeline

_ONE_EACH = (ratios, blocks, efficiency, cpu, latency, packets, timeline, sizes, queues, drift)


def charts(comparison: Mapping[str, Any]) -> list[Chart | Absent]:
    """Every picture: drawn where the comparison has data for it, else with the reason why it is not."""
    looks = Arms.of(comparison)
    return [*(draw(comparison) for draw in _ONE_EACH), *(syscalls(table, looks) for table in comparison["syscalls"])]


__all__ = ["Absent", "Arms", "Chart", "charts"]

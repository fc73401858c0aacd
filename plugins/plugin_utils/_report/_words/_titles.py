# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a variant is, in words: the title of its datapath, its axes, the options that it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._registry import NAMES, datapath
from ansible_collections.virtio.lab.plugins.plugin_utils._report._words import _format

_AXES = ("frontend", "backend", "attachment")


def title(name: str | None) -> str:
    """The datapath's title; of one that is not known here the name as it stands in the document."""
    return datapath(name).title if name in NAMES else name or _format.DASH


def axes(arm: Mapping[str, Any]) -> str:
    """``virtio, vhost, tap``; a dash for what the documents do not say."""
    return ", ".join(arm[axis] or _format.DASH for axis in _AXES)


def options(arm: Mapping[str, Any]) -> str:
    """``iommu on, rx_queue_size 512, queues 2``; what the guest was started by with the version that was seen."""
    built = {part: " and ".join(seen) for part, seen in (arm.get("build") or {}).items() if seen}
    asked = {**{key: value for key, value in arm["options"].items() if key != "driver"}, **built}
    said = [f"{key} {_shown(value)}" for key, value in (arm["options"].get("driver") or {}).items()]
    said += [f"{key} {_shown(value)}" for key, value in asked.items() if value is not None]
    return ", ".join(said) or _format.DASH


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return _format.switch(value)
    if isinstance(value, Mapping):
        return " ".join(f"{key} {_shown(inner)}" for key, inner in value.items())
    return str(value)

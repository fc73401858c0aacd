# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which emulator, kernel and initrd each variant was measured on, where a campaign has others in one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._build_xml import PARTS
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._arms import variant_of

Document = Mapping[str, Any]
# What tells two builds apart that have one path.
_TOLD_BY = {"emulator": "version", "kernel": "release"}


def builds(runs: Sequence[Document]) -> dict[str, dict[str, list[str]]]:
    """Variant → part → each ``path (version)`` that its runs saw; no part that no variant asks for."""
    varied = [part for part in PARTS if any((run["factor"].get("options") or {}).get(part) for run in runs)]
    found: dict[str, dict[str, set[str]]] = {}
    for run in runs if varied else ():
        build = run["factor"].get("build") or {}
        mine = found.setdefault(variant_of(run), {part: set() for part in varied})
        for part in varied:
            mine[part].update(_shown(part, build.get(part) or {}))
    return {name: {part: sorted(seen) for part, seen in parts.items()} for name, parts in found.items()}


def _shown(part: str, seen: Mapping[str, Any]) -> list[str]:
    path, version = seen.get("path"), seen.get(_TOLD_BY.get(part, ""))
    return [f"{path} ({version})" if version else str(path)] if path else []

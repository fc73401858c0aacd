# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a campaign whose folder lies here, from the campaign.json that was written before its first run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _files, _json, _shape
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._campaign import KEPT
from ansible_collections.virtio.lab.plugins.plugin_utils._campaign import _plan
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._rules import QUIET

_LARGEST = 4 << 20
_MOST_CELLS = 100_000


def bounds(results: Path) -> dict[str, float]:
    """What the campaign in that folder allows to go on beside its runs (``campaign.quiet``), as far as it says."""
    try:
        document = _json.document(_files.read(results, KEPT, limit=_LARGEST), KEPT)
        campaign = _shape.mapping(_shape.mapping(document, KEPT).get("campaign"), "campaign")
        quiet = _shape.mapping(campaign.get("quiet") or {}, "quiet")
        return {name: _shape.number(quiet[name], f"quiet.{name}") for name in QUIET if name in quiet}
    except (OSError, LabError):
        return {}


def cells(results: Path) -> list[dict[str, Any]]:
    """The cells of the campaign in that folder, in their order; none where it does not say what was planned."""
    try:
        document = _json.document(_files.read(results, KEPT, limit=_LARGEST), KEPT)
        campaign = _shape.mapping(_shape.mapping(document, KEPT).get("campaign"), "campaign")
        sizes = [len(_shape.items(campaign.get(name), name)) for name in ("datapaths", "workloads")]
        blocks = _shape.whole(campaign.get("blocks"), "blocks", 1, _MOST_CELLS)
        if blocks * (sizes[0] + 1) * sizes[1] > _MOST_CELLS:
            return []
        return _plan.plan(campaign)
    except (OSError, LabError, AttributeError, KeyError, TypeError):
        return []

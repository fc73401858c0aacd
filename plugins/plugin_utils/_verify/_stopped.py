# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Was a campaign that ended before its last block allowed to? Only by the rule that it declared beforehand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._campaign import _stop
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._sizing import is_enough
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._stopping import may_look
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._finding import FALSE, Finding

_SLACK = 1 + 1e-9


def blocks(results: Path, campaign: Mapping[str, Any]) -> tuple[int | None, list[Finding]]:
    """How many blocks were measured by the rule, None for all of them, and what speaks against what is said of it."""
    try:
        kept = _stop.kept(results)
    except LabError as unfit:
        return None, [Finding(_stop.KEPT, str(unfit), FALSE)]
    if kept is None:
        return None, []
    against = _against(kept, campaign)
    return (None if against else kept["blocks"]), [Finding(_stop.KEPT, what, FALSE) for what in against]


def _against(kept: Mapping[str, Any], campaign: Mapping[str, Any]) -> list[str]:
    what, name = ("an effect", "sees") if "sees" in kept else ("a width", "stop_at_width")
    target = campaign.get(name)
    if not target or not math.isclose(target, kept[name]):
        return [f"it ends the campaign at {what} of {kept[name]}, the campaign declared {target}"]
    found = []
    if not may_look(kept["blocks"]):
        found.append(f"it ends the campaign after {kept['blocks']} blocks, where no look was allowed")
    if name == "sees":
        sized = [is_enough(row["scatter"], kept["blocks"], target, kept["comparisons"]) for row in kept["scatters"]]
        if not sized or not all(sized):
            found.append(f"it ends the campaign with fewer blocks than {target} needs, or with no scatter")
        return found
    wide = [width for width in kept["widths"] if width["width"] > target * _SLACK]
    if wide or not kept["widths"]:
        found.append("it ends the campaign with intervals that are wider than declared, or with none")
    return found

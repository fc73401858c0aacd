# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is the campaign fit for claims? Its A/A arm is asked once for all figures, not figure by figure.

The A/A contrast is 1 by construction. Where it is not, something moved that the blocks do not take out, and no ratio of
that campaign can be told from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._requirements import require
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._holm import holm
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._interval import Ratio
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._rules import BLOCKS_FOR_VERDICT, UNFIT


def unfit_for_claims(floors: Mapping[str, Ratio | None]) -> list[str]:
    """Why the campaign is unfit for claims, one phrase a figure, the surest first; empty where it is fit.

    ``floors``: the A/A contrast of each headline figure by the name that a reader knows it by. Contrasts of fewer
    blocks than a verdict needs are left out here: judge() refuses the claims beside them.
    """
    counted = {name: floor for name, floor in floors.items() if floor is not None and stands(floor)}
    if not counted:
        return []
    adjusted = holm([floor.p for floor in counted.values()]).tolist()
    found = sorted(zip(adjusted, counted.items(), strict=True), key=lambda entry: entry[0])
    return [
        f"the A/A arm finds {floor.ratio:.3g}× [{floor.low:.3g}, {floor.high:.3g}] in {name}, where there is no "
        f"difference ({_p(p)} after Holm's correction for {len(counted)}): the campaign is unfit for claims"
        for p, (name, floor) in found
        if p < UNFIT
    ]


def stands(floor: Ratio | None) -> bool:
    """Whether an A/A contrast has the blocks to say anything."""
    return floor is not None and floor.blocks >= BLOCKS_FOR_VERDICT and floor.p is not None


def is_unfit(p: Any) -> Any:
    """Whether campaigns fail, from the p values of their A/A contrasts over the last axis."""
    return require("numpy").min(holm(p), axis=-1) < UNFIT


def _p(value: float) -> str:
    return f"p = {value:.2g}" if value >= 0.001 else "p < 0.001"

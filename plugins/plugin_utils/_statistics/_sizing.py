# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many blocks see an effect of a given size, by what the A/A arm scatters.

The A/A arm knows nothing of the candidate, so a campaign that is sized by it is blind to the effect. More than that: of
normal noise the difference of the baseline's two cells is independent of their mean, so the size says nothing of where
the ratio lies, and the interval keeps its 95 %.
"""

from __future__ import annotations

import math
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._requirements import require
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._interval import Ratio
from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._rules import (
    ALPHA,
    CONFIDENCE,
    POWER,
)


def scatter_of(contrast: Ratio) -> float:
    """The standard deviation over blocks of the A/A contrast's logarithm: infinite where there is no interval."""
    quantile = float(require("scipy.special").stdtrit(contrast.blocks - 1, (1 + CONFIDENCE) / 2))
    return contrast.width() / 2 / quantile * math.sqrt(contrast.blocks)


def is_enough(scatter: Any, blocks: int, effect: float, family: int) -> Any:
    """Whether so many blocks would call an ``effect`` by its name in 80 % of campaigns.

    ``scatter`` is that of the A/A contrast, of two cells; a ratio to the mean of two cells scatters √3/2 as much. The
    smallest p of ``family`` comparisons is the one that Holm makes it hardest for.
    """
    quantile = require("scipy.special").stdtrit
    reach = quantile(blocks - 1, 1 - ALPHA / 2 / family) + quantile(blocks - 1, POWER)
    return reach * scatter * math.sqrt(3) / 2 / math.sqrt(blocks) <= math.log(effect)

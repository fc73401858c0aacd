# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many comparisons at once: Holm's correction."""

from __future__ import annotations

from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._requirements import require


def holm(p: Any) -> Any:
    """Adjusted p values over the last axis: claims under 5 % are false, one or more of them, in at most 5 % of reports.

    Holds whatever the comparisons have to do with each other (Holm, Scand. J. Statist. 6, 1979).
    """
    np = require("numpy")
    found = np.asarray(p, dtype=float)
    count = found.shape[-1]
    order = np.argsort(found, axis=-1)
    stepped = np.take_along_axis(found, order, axis=-1) * np.arange(count, 0, -1)
    adjusted = np.empty_like(found)
    np.put_along_axis(adjusted, order, np.minimum(np.maximum.accumulate(stepped, axis=-1), 1), axis=-1)
    return adjusted

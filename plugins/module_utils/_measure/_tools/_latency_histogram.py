# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Round trips counted by how long they took, in buckets that are the same in every run and so can be summed up."""

from __future__ import annotations

import bisect
from typing import Any, Dict, Sequence

PER_DECADE = 20
DECADES = 8
# From 0 to 1 µs, then twenty buckets a decade, each 12 % wider than the one before, to 100 s. Chosen once: other bounds
# could not be merged with the runs that there are.
BOUNDS_US = (0.0, *(float(f"{10 ** (step / PER_DECADE):.4g}") for step in range(PER_DECADE * DECADES + 1)))


def histogram_of(times_us: Sequence[float]) -> Dict[str, Any]:
    """Return {bounds_us, counts}; counts[i] took bounds_us[i] or more and less than bounds_us[i + 1].

    The last bucket has what took longer still.

    >>> sum(histogram_of([0.4, 100, 100, 1e9])["counts"])
    4
    """
    counts = [0] * (len(BOUNDS_US) - 1)
    for time_us in times_us:
        counts[min(bisect.bisect_right(BOUNDS_US, time_us), len(counts)) - 1] += 1
    return {"bounds_us": list(BOUNDS_US), "counts": counts}

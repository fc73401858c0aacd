# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a load generator reports, whichever it was, in one shape."""

from __future__ import annotations

from typing import Dict, NamedTuple, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError


class RefusedError(LabError):
    """Nothing listens where the load wanted to connect to."""


class Figures(NamedTuple):
    """The measured window of one load, warm-up left out; None is what the tool does not tell.

    bits_per_second are those of the receiver; intervals_bps has one figure a second; latency_us has mean, p50, p90,
    p99 and max; loss is a share (0 to 1).
    """

    seconds: float
    payload_bytes: Optional[int] = None
    bits_per_second: Optional[float] = None
    intervals_bps: Sequence[float] = ()
    retransmits: Optional[int] = None
    transactions_per_second: Optional[float] = None
    latency_us: Optional[Dict[str, Optional[float]]] = None
    loss: Optional[float] = None

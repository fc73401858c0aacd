# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a campaign may stop early: on how wide the intervals are, and on nothing else.

The rule is given widths alone. Where the intervals lie, and so whether they exclude 1, it cannot see: a campaign that
stopped on significance would find some in noise.
"""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.virtio.lab.plugins.plugin_utils._statistics._rules import BLOCKS_BEFORE_STOPPING


def may_stop(widths: Sequence[float], blocks: int, target: float) -> bool:
    """Whether every interval is at most ``target`` wide, in logarithms from low to high.

    Not before 10 blocks, since few blocks can look narrow by chance; and only after a pair of blocks, so that what was
    mirrored is whole.
    """
    return may_look(blocks) and bool(widths) and max(widths) <= target


def may_look(blocks: int) -> bool:
    """Whether the number of blocks alone lets a campaign stop."""
    return blocks >= BLOCKS_BEFORE_STOPPING and blocks % 2 == 0

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shapes of the pictures' marks as paths in a box from -7 to 7, for legends and tables outside of the pictures."""

from __future__ import annotations

SYMBOLS = {
    "circle": "M-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0",
    "square": "M-4.5,-4.5h9v9h-9z",
    "triangle-up": "M0,-5.5L5.5,4.5H-5.5z",
    "triangle-down": "M0,5.5L5.5,-4.5H-5.5z",
    "triangle-right": "M5.5,0L-4.5,5.5V-5.5z",
    "triangle-left": "M-5.5,0L4.5,5.5V-5.5z",
    "diamond": "M0,-6L5,0L0,6L-5,0z",
    "cross": "M-6,-2h4v-4h4v4h4v4h-4v4h-4v-4h-4z",
}

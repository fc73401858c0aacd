# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The moments of a run at which its datapath is witnessed, in order."""

from __future__ import annotations

MOMENTS = ("before", "middle", "after")
# Each in a sentence: "in the middle of the run".
WHEN = {"before": "before", "middle": "in the middle of", "after": "after"}

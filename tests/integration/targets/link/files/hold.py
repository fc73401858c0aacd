# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""hold.py PATH...: have the files open until killed."""

from __future__ import annotations

import contextlib
import sys
import time

with contextlib.ExitStack() as held:
    for path in sys.argv[1:]:
        held.enter_context(open(path, "r+b", buffering=0))
    time.sleep(600)

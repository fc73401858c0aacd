# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a kernel has a module, by the lists that its installation left; nothing is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Optional


def has_module(name: str, release: str, root: str = "/") -> Optional[bool]:
    """Tell it for the kernel of that release, None where none of its lists is there."""
    known = False
    # Of a module both lists have the path below the folder, with the suffix of its compression where there is one.
    for listed in ("modules.dep", "modules.builtin"):
        try:
            text = Path(root, "lib/modules", release, listed).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        known = True
        if any(f"/{name}.ko" in line.partition(":")[0] for line in text.splitlines()):
            return True
    return False if known else None

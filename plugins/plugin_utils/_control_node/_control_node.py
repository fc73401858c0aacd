# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What would keep a campaign from being recorded and reported here, found before it begins."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ansible_collections.virtio.lab.plugins.plugin_utils._control_node import _requirements

# Records and raw output of some three hundred runs, and the report's files.
NEEDED_MIB = 128


def problems(results: Path) -> list[str]:
    """Sentences, [] where the report's packages are there and ``results`` can be written to, with room for it."""
    return [found for found in (_requirements.lacking(), _folder(results)) if found]


def _folder(results: Path) -> str:
    there = next(path for path in (results, *results.parents) if path.is_symlink() or path.exists())
    if not there.is_dir():
        what = "is a link that leads nowhere" if there.is_symlink() and not there.exists() else "is no folder"
        return f"the results shall go to {results}, but {there} {what}: give another folder as lab_results"
    if not os.access(there, os.W_OK | os.X_OK):
        return f"the results shall go to {results}, but this user may not write in {there}: give another as lab_results"
    free_mib = shutil.disk_usage(there).free >> 20
    if free_mib < NEEDED_MIB:
        return (
            f"{there} has {free_mib} MiB free; the results there take up to {NEEDED_MIB}: make room, or set lab_results"
        )
    return ""

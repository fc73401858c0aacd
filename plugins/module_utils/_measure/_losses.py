# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attempts at a run that were lost before there was a figure of it: kept beside it until its document names them."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Dict, List

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure import _results
from ansible_collections.virtio.lab.plugins.module_utils._measure._utc import utc


def note(folder: Path, began: datetime, why: LabError) -> None:
    """Add an attempt to those of the run in folder; raises LabError as write() does."""
    _results.make(folder)
    _results.write(folder, {"lost": [*losses(folder), {"began_at": utc(began), "why": str(why)}]}, _results.LOSSES)


def losses(folder: Path) -> List[Dict[str, str]]:
    """Return what was noted, in order: [{"began_at", "why"}]."""
    try:
        return json.loads((folder / _results.LOSSES).read_text(encoding="utf-8"))["lost"]
    except FileNotFoundError:
        return []


def forget(folder: Path) -> None:
    """Remove the notes, once a document holds them."""
    with suppress(FileNotFoundError):
        (folder / _results.LOSSES).unlink()

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring a finished run to the control node: raw output first, the record last, nothing without its checksum."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure import _results

Copy = Callable[[str, str], None]


def fetch(run: Mapping[str, Any], remote: str, dest: Path, copy: Copy) -> bool:
    """Copy run, whose record is the file remote, into dest/CAMPAIGN/RUN; tell whether anything was missing there.

    copy(from, to) brings one file; one that is there with the right checksum is not brought again. Raises LabError when
    a file arrives with another checksum than the record says, and when another run is there under the same name.
    """
    folder = dest / run["campaign_id"] / run["run_id"]
    kept = _results.finished(folder)
    if kept is not None and kept != run:
        raise LabError(
            f"{folder / _results.RECORD} is another run than {remote} on the hypervisor; remove one of the two"
        )
    _results.make(folder)
    brought = [_bring(entry, remote, folder, copy, run["run_id"]) for entry in run["raw"]]
    if kept is None:
        _results.write(folder, dict(run))
    return kept is None or any(brought)


def _bring(entry: Mapping[str, str], remote: str, folder: Path, copy: Copy, run_id: str) -> bool:
    local = folder / Path(entry["path"]).name
    if _checksum(local) == entry["sha256"]:
        return False
    copy(os.path.join(os.path.dirname(remote), entry["path"]), str(local))
    if _checksum(local) != entry["sha256"]:
        raise LabError(f"{entry['path']} of run {run_id} arrived with another checksum than its record says")
    return True


def _checksum(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None

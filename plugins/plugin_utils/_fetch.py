# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring a finished run to the control node: raw output first, the record last, nothing without its checksum."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError

RECORD = "run.json"
Copy = Callable[[str, str], None]


def fetch(run: Mapping[str, Any], remote: str, dest: Path, copy: Copy) -> bool:
    """Copy run, whose record is the file remote, into dest/CAMPAIGN/RUN; tell whether anything was missing there.

    copy(from, to) brings one file. Raises LabError when a file arrives with another checksum than the record says.
    """
    folder = dest / run["campaign_id"] / run["run_id"]
    record = folder / RECORD
    if record.exists():
        if json.loads(record.read_text(encoding="utf-8")) != run:
            raise LabError(f"{record} is another run than {remote} on the hypervisor; remove one of the two")
        return False
    folder.mkdir(parents=True, exist_ok=True)
    for entry in run["raw"]:
        local = folder / Path(entry["path"]).name
        copy(os.path.join(os.path.dirname(remote), entry["path"]), str(local))
        if hashlib.sha256(local.read_bytes()).hexdigest() != entry["sha256"]:
            raise LabError(f"{entry['path']} of run {run['run_id']} arrived with another checksum than its record says")
    unfinished = folder / f".{RECORD}"
    unfinished.write_text(json.dumps(run, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    unfinished.replace(record)
    return True

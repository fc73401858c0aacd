# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring a finished run to the control node: raw output first, the record last, nothing without its checksum.

The hypervisor may tell anything. What it names is one name inside the run's folder, each file arrives in a folder that
nobody else knows, and takes its place only then; what stands there is replaced, never written through.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _files
from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _results
from ansible_collections.virtio.lab.plugins.module_utils._measure._window import _background

Copy = Callable[[str, str], None]
_PATH = re.compile(r"/[A-Za-z0-9/._ @:=,+~-]{1,4000}")
_OWN = (_results.RECORD, _results.DISCARDED)


def expected(run: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    """LabError where run is not the one that was asked for, by its names: the hypervisor does not choose them."""
    for key in ("campaign_id", "run_id"):
        if run.get(key) != str(asked.get(key)):
            raise LabError(f"the hypervisor returned {key} {run.get(key)!r}, asked for was {asked.get(key)!r}")


def record_path(told: object, asked: Mapping[str, Any]) -> str:
    """The path of the record on the hypervisor: as asked, but for what only the hypervisor can expand (~ and $NAME).

    It becomes part of a line that sftp reads here, where a line break would begin a command of this machine.
    """
    names = (str(asked["campaign_id"]), str(asked["run_id"]))
    known = _results.folder_of(str(asked["results_dir"]), *names) / _results.RECORD
    if known.is_absolute() and "$" not in str(known):
        return str(known)
    if not isinstance(told, str) or not _PATH.fullmatch(told) or tuple(Path(told).parts[-3:]) != known.parts[-3:]:
        right = "/".join(known.parts[-3:])
        raise LabError(f"the hypervisor has the record at {told!r}; a path that ends in {right} would be right")
    return told


def fetch(run: Mapping[str, Any], remote: str, dest: Path, copy: Copy) -> bool:
    """Copy run, whose record is the file remote, into dest/CAMPAIGN/RUN; tell whether anything was missing there.

    copy(from, to) brings one file; one that is there with the right checksum is not brought again. Raises LabError when
    a file arrives with another checksum than the record says, when its name is none, when dest/CAMPAIGN or what is
    below is a link, and when another run is there under the same name.
    """
    folder = _results.folder_of(str(dest), run["campaign_id"], run["run_id"])
    for entry in run["raw"]:
        if _files.one_name(entry["path"], "raw output") in _OWN:
            raise LabError(f"raw output {entry['path']!r} has the name of a record; another would be right")
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
    name = entry["path"]
    if _checksum(folder, name) == entry["sha256"]:
        return False
    with tempfile.TemporaryDirectory() as private:
        arrived = Path(private, name)
        copy(os.path.join(os.path.dirname(remote), name), str(arrived))
        if _checksum(Path(private), name) != entry["sha256"]:
            raise LabError(f"{name} of run {run_id} arrived with another checksum than its record says")
        with arrived.open("rb") as source, _files.fresh(folder / f".{name}", name) as target:
            shutil.copyfileobj(source, target)
    return True


def _checksum(folder: Path, name: str) -> str | None:
    """The SHA-256 of a file of the folder; None where there is none, or what is there is no regular file."""
    try:
        return hashlib.sha256(_files.read(folder, name, limit=_background.LARGEST_RAW)).hexdigest()
    except (FileNotFoundError, LabError):
        return None

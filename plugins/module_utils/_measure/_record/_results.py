# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a run's record lies: RESULTS/CAMPAIGN/RUN/run.json, beside the raw output; written whole, once, last."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any, Dict, List, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _files, _json
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._background import LARGEST_RAW

RECORD = "run.json"
DISCARDED = "lost.json"
# Raw output of the tools and the record take some hundred kB; a tool that cannot write them loses the whole run.
NEEDED_BYTES = 8 << 20
# RESULTS/CAMPAIGN/RUN: RESULTS is the user's, and may be a link; what is below is made here.
_DEPTH = 2


def folder_of(results: str, campaign_id: str, run_id: str) -> Path:
    """Return the folder of a run.

    Raises LabError when a name cannot be that of a folder.
    """
    return Path(results, _files.one_name(campaign_id, "campaign_id"), _files.one_name(run_id, "run_id"))


def finished(folder: Path) -> Optional[Dict[str, Any]]:
    """Return the run document of folder, None when the run was never finished.

    Raises LabError when what is there is no JSON object, or a link.
    """
    try:
        text = _files.read(folder.parent.parent, folder.parent.name, folder.name, RECORD)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LabError(f"{folder / RECORD}: {error.strerror}") from error
    try:
        document = _json.document(text, str(folder / RECORD))
    except LabError as broken:
        raise LabError(f"{broken}; remove it to measure that run again") from broken
    if not isinstance(document, dict) or "run_id" not in document:
        raise LabError(f"{folder / RECORD} holds no run document; remove it to measure that run again")
    return document


def make(folder: Path, depth: int = _DEPTH) -> None:
    """Make folder and those above it; its last depth steps must be no links, and writable by nobody else.

    Raises LabError when it cannot be made.
    """
    try:
        _files.make(folder, depth)
    except OSError as error:
        raise LabError(f"results folder {folder}: {error.strerror}") from error


def prepare(folder: Path) -> None:
    """Make folder; what an interrupted run left in it goes, its discarded attempts stay.

    Raises LabError when it cannot be made, and when its disk is about full.
    """
    make(folder)
    try:
        for left in folder.iterdir():
            if left.name != DISCARDED:
                left.unlink()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise LabError(f"results folder {folder}: {error.strerror}") from error
    if free < NEEDED_BYTES:
        needed = NEEDED_BYTES >> 20
        raise LabError(f"results folder {folder}: {free >> 20} MiB of its disk are free, a run may need {needed}")


def raw(folder: Path) -> List[Dict[str, str]]:
    """Return name and SHA-256 of every file of a tool's that holds something; empty ones go."""
    found = []
    for path in sorted(set(folder.iterdir()) - {folder / DISCARDED}):
        content = _files.read(folder.parent, folder.name, path.name, limit=LARGEST_RAW)
        if content:
            found.append({"path": path.name, "sha256": hashlib.sha256(content).hexdigest()})
        else:
            path.unlink()
    return found


def write(folder: Path, document: Dict[str, Any], name: str = RECORD) -> Path:
    """Write a document so that it is there whole or not at all, and return its path.

    Raises LabError when it is none that JSON can hold, when the disk refuses it, and when folder is a link or others
    may write there; nothing of it stays then.
    """
    path = folder / name
    text = _json.dumps(document, str(path), indent=2, sort_keys=True)
    try:
        with _files.fresh(folder / f".{name}", name) as stream:
            stream.write(f"{text}\n".encode())
    except OSError as error:
        raise LabError(f"{path}: {error.strerror}; it is not recorded") from error
    return path

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a run's record lies: RESULTS/CAMPAIGN/RUN/run.json, beside the raw output; written whole, once, last."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any, Dict, List, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError

RECORD = "run.json"
LOSSES = "lost.json"
# Raw output of the tools and the record take some hundred kB; a tool that cannot write them loses the whole run.
NEEDED_BYTES = 8 << 20

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")


def folder_of(results: str, campaign_id: str, run_id: str) -> Path:
    """Return the folder of a run.

    Raises LabError when a name cannot be that of a folder.
    """
    for what, name in (("campaign_id", campaign_id), ("run_id", run_id)):
        if not _NAME.match(name):
            raise LabError(f"{what} {name!r}: use letters, digits, dots, dashes and underscores, the first no dot")
    return Path(results, campaign_id, run_id)


def finished(folder: Path) -> Optional[Dict[str, Any]]:
    """Return the run document of folder, None when the run was never finished.

    Raises LabError when what is there is no JSON object.
    """
    try:
        document = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as broken:
        raise LabError(f"{folder / RECORD} is no JSON ({broken}); remove it to measure that run again") from broken
    if not isinstance(document, dict) or "run_id" not in document:
        raise LabError(f"{folder / RECORD} holds no run document; remove it to measure that run again")
    return document


def make(folder: Path) -> None:
    """Make folder and those above it.

    Raises LabError when it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LabError(f"results folder {folder}: {error.strerror}") from error


def prepare(folder: Path) -> None:
    """Make folder; what an interrupted run left in it goes, its losses stay.

    Raises LabError when it cannot be made, and when its disk is about full.
    """
    make(folder)
    try:
        for left in folder.iterdir():
            if left.name != LOSSES:
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
    for path in sorted(set(folder.iterdir()) - {folder / LOSSES}):
        content = path.read_bytes()
        if content:
            found.append({"path": path.name, "sha256": hashlib.sha256(content).hexdigest()})
        else:
            path.unlink()
    return found


def write(folder: Path, document: Dict[str, Any], name: str = RECORD) -> Path:
    """Write a document so that it is there whole or not at all, and return its path.

    Raises LabError when the disk refuses it; nothing of it stays then.
    """
    path, unfinished = folder / name, folder / f".{name}"
    try:
        with unfinished.open("w", encoding="utf-8") as stream:
            json.dump(document, stream, indent=2, sort_keys=True)
            stream.write("\n")
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(path)
        _sync_folder(folder)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink()
        raise LabError(f"{path}: {error.strerror}; it is not recorded") from error
    return path


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

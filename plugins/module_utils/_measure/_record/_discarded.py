# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attempts at a run that were discarded before it was recorded: noted beside it until its document names them."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Dict, List

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _files, _json, _shape
from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _results
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._utc import utc


def note(folder: Path, why: LabError) -> None:
    """Add an attempt, discarded just now, to those of the run in folder; raises LabError as write() does."""
    _results.make(folder)
    attempt = {"at": utc(datetime.now(timezone.utc)), "why": str(why)}
    _results.write(folder, {"lost": [*attempts(folder), attempt]}, _results.DISCARDED)


def attempts(folder: Path) -> List[Dict[str, str]]:
    """Return what was noted, in order: [{"at", "why"}].

    Raises LabError when the file was damaged.
    """
    try:
        text = _files.read(folder.parent, folder.name, _results.DISCARDED)
        return [
            _attempt(one) for one in _shape.items(_shape.mapping(_json.document(text, "it"), "it").get("lost"), "lost")
        ]
    except FileNotFoundError:
        return []
    except (LabError, OSError) as broken:
        path = folder / _results.DISCARDED
        raise LabError(f"{path} holds no list of lost attempts ({broken}); remove it to go on without") from broken


def _attempt(one: Any) -> Dict[str, str]:
    noted = _shape.mapping(one, "an attempt")
    return {key: _shape.text(noted.get(key), key) for key in ("at", "why")}


def forget(folder: Path) -> None:
    """Remove the notes, once a document holds them."""
    with suppress(FileNotFoundError):
        (folder / _results.DISCARDED).unlink()

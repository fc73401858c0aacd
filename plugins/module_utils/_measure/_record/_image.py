# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which image a guest runs: the SHA-256 of the files that it was made from and does not write."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Dict, Optional, Tuple

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _files, _json, _shape
from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _results

if TYPE_CHECKING:
    from lxml.etree import _Element

# Beside the runs of a campaign on the hypervisor: an image of a gigabyte is read once and not for every run.
KEPT = "images.json"
_CHUNK = 1 << 20


def image_of(root: _Element, folder: Path) -> Tuple[Optional[Dict[str, str]], Optional[str]]:
    """Return ({disk, kernel, initrd: SHA-256}, None), each where the guest has it, or (None, why it is not known).

    root is the live XML of a domain, folder the campaign's. disk is the image at the bottom of the first disk's backing
    chain; a disk without one is written by the guest itself and says nothing of what it was.
    """
    files = {name: root.findtext(f"os/{name}") for name in ("kernel", "initrd")}
    disk = root.find("devices/disk[@device='disk']")
    if disk is not None:
        layers = disk.findall(".//backingStore/source")
        if not layers:
            return None, "the guest's disk has no base image: the guest has written to all there is of it"
        files["disk"] = layers[-1].get("file")
        if files["disk"] is None:
            return None, "the guest's base image is not a file"
    paths = {name: Path(path) for name, path in files.items() if path}
    if not paths:
        return None, "the guest has neither a disk nor a kernel of its own"
    return sums(paths, folder)


def sums(paths: Dict[str, Path], folder: Path) -> Tuple[Optional[Dict[str, str]], Optional[str]]:
    """Return ({name: SHA-256 of its file}, None), or (None, why it is not known); folder is the campaign's."""
    known = _known(folder)
    found: Dict[str, str] = {}
    seen = dict(known)
    for name, path in paths.items():
        try:
            stat = path.stat()
            key = json.dumps([str(path), stat.st_ino, stat.st_size, stat.st_mtime_ns])
            found[name] = seen[key] = known.get(key) or _sha256(path)
        except OSError as error:
            return None, f"{path}: {error.strerror}"
    if seen != known:
        _results.write(folder, seen, KEPT)
    return found, None


def _known(folder: Path) -> Dict[str, str]:
    """What was read before, {path, inode, size and time as JSON: SHA-256}; what is damaged is read again."""
    try:
        kept = _json.document(_files.read(folder.parent, folder.name, KEPT), KEPT)
    except (OSError, LabError):
        return {}
    return {key: value for key, value in _shape.optional(kept).items() if isinstance(value, str)}


def _sha256(path: Path) -> str:
    whole = hashlib.sha256()
    with path.open("rb") as stream:
        for chunk in iter(lambda: stream.read(_CHUNK), b""):
            whole.update(chunk)
    return whole.hexdigest()

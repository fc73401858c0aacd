# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An initramfs as a list of entries: its digest, and the archive that the cpio tool makes of it."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from typing import NamedTuple, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner


class Entry(NamedTuple):
    """A file of the guest: content is its bytes, a link's target, or b"" for a folder. path has no leading slash."""

    path: str
    mode: int
    content: bytes = b""


def folder(path: str) -> Entry:
    return Entry(path, stat.S_IFDIR | 0o755)


def link(path: str, target: str) -> Entry:
    return Entry(path, stat.S_IFLNK | 0o777, target.encode())


def regular(path: str, content: bytes, mode: int = 0o644) -> Entry:
    return Entry(path, stat.S_IFREG | mode, content)


def with_parents(entries: Sequence[Entry]) -> list[Entry]:
    """Return entries in the archive's order, one for each path, with the folders that they need."""
    known = {entry.path: entry for entry in entries}
    for entry in entries:
        parent = os.path.dirname(entry.path)
        while parent:
            known.setdefault(parent, folder(parent))
            parent = os.path.dirname(parent)
    return [known[path] for path in sorted(known)]


def digest(entries: Sequence[Entry]) -> str:
    """Return the sha256 (hex) of what the guest sees: paths, modes, contents; no times, no owners."""
    sums = hashlib.sha256()
    for entry in entries:
        content = hashlib.sha256(entry.content).hexdigest()
        sums.update(f"{entry.path}\0{entry.mode:o}\0{content}\n".encode())
    return sums.hexdigest()


def write(entries: Sequence[Entry], destination: str, runner: Runner) -> None:
    """Write entries as an uncompressed newc archive; the same entries give the same bytes.

    Uncompressed on purpose: under software emulation unpacking takes longer than reading.
    """
    with tempfile.TemporaryDirectory() as stage:
        for entry in entries:
            _lay(stage, entry)
        for entry in reversed(entries):
            os.utime(os.path.join(stage, entry.path), (0, 0), follow_symlinks=False)
        runner(
            [
                *("cpio", "--create", "--format=newc", "--reproducible", "--owner=0:0", "--null", "--quiet"),
                *(f"--directory={stage}", f"--file={os.path.abspath(destination)}"),
            ],
            stdin="".join(f"{entry.path}\0" for entry in entries),
        )


def _lay(stage: str, entry: Entry) -> None:
    path = os.path.join(stage, entry.path)
    if stat.S_ISDIR(entry.mode):
        os.mkdir(path)
    elif stat.S_ISLNK(entry.mode):
        os.symlink(entry.content, path)
        return
    else:
        with open(path, "wb") as stream:
            stream.write(entry.content)
    os.chmod(path, stat.S_IMODE(entry.mode))

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which QEMU runs a guest, and from which kernel it was booted: what the live XML names, and what the process shows."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._build_xml import build_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._domain import find_domain
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._qemu import _process
from ansible_collections.virtio.lab.plugins.module_utils._witness import _kernel_file

if TYPE_CHECKING:
    import libvirt

_OPTIONS = {"kernel": "-kernel", "initrd": "-initrd"}


def observe_build(
    connection: libvirt.virConnect, name: str, pid: int, root: str = _process.PROC
) -> Dict[str, Dict[str, Any]]:
    """Return by part what is seen of a running domain.

    emulator: {path, file, exe}: the live XML's path, the file it leads to, and what QEMU's process runs. kernel:
    {path, argv, file_release, file_version}: the live XML's path, QEMU's, and what the file says of itself. initrd:
    {path, argv}. Each is None where it is not there, or does not tell.
    """
    paths = build_of(parse(find_domain(connection, name).XMLDesc(0)))
    words = _process.argv(pid, root)
    path = paths["emulator"]
    found: Dict[str, Dict[str, Any]] = {
        "emulator": {"path": path or None, "file": os.path.realpath(path) if path else None},
        **{part: {"path": paths[part] or None, "argv": _after(words, option)} for part, option in _OPTIONS.items()},
    }
    found["emulator"]["exe"] = _process.exe(pid, root)
    kernel = _kernel(paths["kernel"])
    found["kernel"].update(
        file_release=kernel.release if kernel else None, file_version=kernel.version if kernel else None
    )
    return found


def unlike(build: Mapping[str, Mapping[str, Any]], wanted: Mapping[str, Optional[str]]) -> List[str]:
    """Return in words which of the wanted parts, by their paths, the guest was not started from. Pure."""
    found = []
    for part, path in wanted.items():
        seen = build[part]
        if seen["path"] != (path or None):
            found.append(
                f"the {part} in libvirt's live XML is {seen['path'] or 'none'}, {path or 'none'} was asked for"
            )
        elif part == "emulator" and seen["exe"] != seen["file"]:
            found.append(f"QEMU's process runs {seen['exe'] or 'what it does not tell'}, {path} was asked for")
        elif part != "emulator" and seen["argv"] != (path or None):
            found.append(f"QEMU was started with the {part} {seen['argv'] or 'none'}, {path or 'none'} was asked for")
    return found


def is_that_file(pid: int, path: str, root: str = _process.PROC) -> bool:
    """Whether a process runs the very file of a path, which may have another one in its place by now."""
    try:
        return os.path.samefile(f"{root}/{pid}/exe", path)
    except OSError:
        return False


def _after(words: Sequence[str], option: str) -> Optional[str]:
    return words[words.index(option) + 1] if option in words[:-1] else None


def _kernel(path: str) -> Optional[_kernel_file.Kernel]:
    with suppress(OSError):
        return _kernel_file.kernel_of(_kernel_file.head_of(Path(path))) if path else None
    return None

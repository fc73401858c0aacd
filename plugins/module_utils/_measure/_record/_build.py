# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which builds a run was measured on: the QEMU that ran the guest and the kernel that the guest says it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._build_xml import PARTS
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._image import sums
from ansible_collections.virtio.lab.plugins.module_utils._qemu._process import PROC
from ansible_collections.virtio.lab.plugins.module_utils._qemu._program import version_line
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner
from ansible_collections.virtio.lab.plugins.module_utils._witness._build import is_that_file, observe_build, unlike

if TYPE_CHECKING:
    import libvirt

Build = Dict[str, Dict[str, Any]]


def build(
    connection: libvirt.virConnect,
    domain: str,
    pid: int,
    *,
    guest: Mapping[str, Optional[str]],
    folder: Path,
    runner: Runner,
    root: str = PROC,
) -> Build:
    """Return what is seen of a running domain's emulator, kernel and initrd, with the SHA-256 of each file.

    guest is what the guest says of its kernel, {release, version}, each None where it does not; folder the campaign's.
    What QEMU's file holds and tells counts only where the process runs that very file.
    """
    found = observe_build(connection, domain, pid, root)
    emulator, kernel = found["emulator"], found["kernel"]
    is_it = emulator["file"] is not None and is_that_file(pid, emulator["file"], root)
    emulator["version"] = _version(emulator["file"], runner) if is_it else None
    emulator["sha256"] = _sum(emulator["file"], folder) if is_it else None
    kernel.update(release=guest.get("release"), version=guest.get("version"), sha256=_sum(kernel["path"], folder))
    found["initrd"]["sha256"] = _sum(found["initrd"]["path"], folder)
    return found


def build_reasons(options: Mapping[str, Any], seen: Optional[Mapping[str, Mapping[str, Any]]]) -> List[str]:
    """Return why a run does not count for the emulator, kernel and initrd that its variant asks for. Pure.

    What could not be seen does not count. A kernel's file that does not tell its version is held by its path alone.
    """
    wanted = {part: options[part] for part in PARTS if options.get(part) is not None}
    if not wanted:
        return []
    if seen is None:
        return [f"which {' and '.join(wanted)} the guest was started by was not recorded"]
    found = unlike(seen, wanted)
    kernel = seen["kernel"]
    for name, of in (("release", "file_release"), ("version", "file_version")) if "kernel" in wanted else ():
        if kernel[of] is not None and kernel[name] != kernel[of]:
            says = kernel[name] or "not told by the guest"
            found.append(f"the {name} of the guest's kernel is {says}, that of {wanted['kernel']} is {kernel[of]}")
    return found


def number_of(seen: Mapping[str, Mapping[str, Any]]) -> Optional[str]:
    """Return QEMU's version without its package's, None where it is not known."""
    version: Optional[str] = seen["emulator"]["version"]
    return version.partition(" ")[0] if version else None


def _sum(path: Optional[str], folder: Path) -> Optional[str]:
    found, _why = sums({"file": Path(path)}, folder) if path else (None, None)
    return found["file"] if found else None


def _version(path: str, runner: Runner) -> Optional[str]:
    try:
        return version_line(path, runner)
    except LabError:
        return None

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Can a domain be started by these programs? Asked of the files and of libvirt, before anything is changed."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Mapping

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._build_xml import PARTS
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._domain import find_domain
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._qemu._program import version_line
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner
from ansible_collections.virtio.lab.plugins.module_utils._witness import _kernel_file

if TYPE_CHECKING:
    from libvirt import virConnect

try:
    import libvirt
except ImportError:  # connect() has said so long before anything here is called
    libvirt = None

_X86 = ("x86_64", "i686")
_ELF, _SCRIPT = b"\x7fELF", b"#!"
# libvirt's VIR_DOMAIN_XML_INACTIVE
_INACTIVE = 2


def check_build(
    connection: virConnect, name: str, wanted: Mapping[str, str], runner: Runner, proved: bool = True
) -> None:
    """Raise LabError for a program that domain name cannot be started by; what is "" is not looked at.

    proved: whether the process must show which QEMU it runs, which one that a script starts does not.
    """
    for part, path in wanted.items():
        if path:
            _check_file(part, path)
    if wanted.get("kernel"):
        _check_kernel(connection, name, wanted["kernel"])
    if wanted.get("emulator"):
        _check_emulator(connection, name, wanted["emulator"], runner, proved)


def _check_file(part: str, path: str) -> None:
    if not path.startswith("/"):
        raise LabError(f"{part} is {path!r}, and a full path on the hypervisor would be right")
    if not path.isprintable() or path != path.strip():  # XML has no control characters, and libvirt cuts off spaces
        raise LabError(f"{part} is {path!r}; a path without control characters, or spaces at its end, would be right")
    try:
        seen = os.stat(path)
    except OSError as error:
        raise LabError(f"{part} {path}: {(error.strerror or str(error)).lower()} on this hypervisor") from error
    if not stat.S_ISREG(seen.st_mode) or not seen.st_size:
        raise LabError(f"{part} {path} is {'empty' if stat.S_ISREG(seen.st_mode) else 'no file'}")


def _check_kernel(connection: virConnect, name: str, path: str) -> None:
    kind = parse(find_domain(connection, name).XMLDesc(_INACTIVE)).find("os/type")
    if kind is not None and kind.get("arch") in _X86 and not _kernel_file.is_bootable(_head(path)):
        raise LabError(f"kernel {path} is neither a bzImage nor an ELF file, so QEMU cannot boot it")


def _check_emulator(connection: virConnect, name: str, path: str, runner: Runner, proved: bool) -> None:
    if not os.access(path, os.X_OK):
        raise LabError(f"emulator {path} is not executable; chmod 0755 would be right")
    head = _head(path)
    if proved and head.startswith(_SCRIPT):
        raise LabError(
            f"emulator {path} is a script, so its process would not show which QEMU it started; name the program itself"
        )
    if not head.startswith((_ELF, _SCRIPT)):
        raise LabError(f"emulator {path} is no program of this machine")
    version = version_line(path, runner)
    if version is None:
        raise LabError(f"emulator {path} is no QEMU: its --version does not tell of one")
    _check_capabilities(connection, name, path, version)


def _check_capabilities(connection: virConnect, name: str, path: str, version: str) -> None:
    root = parse(find_domain(connection, name).XMLDesc(_INACTIVE))
    kind = root.find("os/type")
    arch, machine = (None, None) if kind is None else (kind.get("arch"), kind.get("machine"))
    try:
        connection.getDomainCapabilities(path, arch, machine, root.get("type"))
    except libvirt.libvirtError as error:
        if machine and f"'{machine}'" in str(error):
            raise LabError(
                f"emulator {path} (QEMU {version}) lacks the machine type {machine}, which domain {name!r} has: "
                f"{error}; give the domain one that both have (virsh domcapabilities --emulatorbin {path})"
            ) from error
        raise LabError(f"libvirt cannot start domain {name!r} by emulator {path} (QEMU {version}): {error}") from error


def _head(path: str) -> bytes:
    try:
        return _kernel_file.head_of(Path(path))
    except OSError as error:
        raise LabError(f"{path} cannot be read: {error.strerror}") from error


def only_given(given: Mapping[str, object]) -> dict[str, str]:
    """Return the parts that are asked for among a module's options."""
    return {part: str(given[part]) for part in PARTS if given.get(part) is not None}

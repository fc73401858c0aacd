# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file system tree that programs are taken from: another machine's root, or '/'."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Iterator, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner

PROGRAM_FOLDERS = ("/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin", "/usr/local/sbin")
_LINKS_AT_MOST = 40
_PT_INTERP = 3


def resolve(root: str, path: str) -> Optional[str]:
    """Follow path's links inside root (absolute ones start there too); None when nothing is there.

    The answer is a path of the machine that runs this, below root.
    """
    done, todo, links = Path("/"), list(Path("/", path).parts[1:]), 0
    while todo:
        part = todo.pop(0)
        if part == "..":
            done = done.parent
            continue
        here = Path(root + str(done / part))
        if here.is_symlink():
            links += 1
            if links > _LINKS_AT_MOST:
                return None
            target = Path(os.readlink(here))
            if target.is_absolute():
                done = Path("/")
            todo = [name for name in target.parts if name != "/"] + todo
        else:
            done = done / part
    found = os.path.join(root, str(done).lstrip("/"))
    return found if os.path.exists(found) else None


def find_program(root: str, name: str) -> Optional[str]:
    """Return the path inside root (not below it) under which the program name is found, None when it is not."""
    for folder in PROGRAM_FOLDERS:
        inside = f"{folder}/{name}"
        found = resolve(root, inside)
        if found is not None and os.access(found, os.X_OK):
            return inside
    return None


def interpreter(path: str) -> Optional[str]:
    """Return the dynamic loader that the ELF program at path names, None for a static one (elf(5), PT_INTERP)."""
    with open(path, "rb") as program:
        header = program.read(64)
        if header[:4] != b"\x7fELF" or header[4:6] != b"\x02\x01":
            return None
        (table,) = struct.unpack_from("<Q", header, 32)
        size, count = struct.unpack_from("<HH", header, 54)
        for index in range(count):
            program.seek(table + index * size)
            entry = program.read(size)
            (kind,) = struct.unpack_from("<I", entry, 0)
            if kind == _PT_INTERP:
                (offset,) = struct.unpack_from("<Q", entry, 8)
                (length,) = struct.unpack_from("<Q", entry, 32)
                program.seek(offset)
                return program.read(length).rstrip(b"\0").decode()
    return None


def argv_in(root: str, inside: str, *arguments: str, loader_options: Sequence[str] = ()) -> list[str]:
    """Return the command that runs root's program inside with root's own loader and libraries."""
    program = resolve(root, inside) or inside
    loader = interpreter(program)
    if loader is None:
        return [program, *arguments]
    own_libraries = [] if root == "/" else ["--library-path", ":".join(_library_folders(root))]
    return [resolve(root, loader) or loader, *own_libraries, *loader_options, program, *arguments]


def libraries(root: str, inside: str, runner: Runner) -> list[str]:
    """Return the shared libraries and the loader of root's program, as paths inside root; [] for a static one.

    Raises LabError when the loader cannot find one of them.
    """
    loader = interpreter(resolve(root, inside) or inside)
    if loader is None:
        return []
    listed = runner(argv_in(root, inside, loader_options=["--list"])).stdout
    return sorted({loader, *(_inside(root, path) for path in _listed_paths(listed))})


def _listed_paths(listed: str) -> Iterator[str]:
    """Read what `ld.so --list` prints: `libz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x…)`; the loader alone."""
    for line in listed.splitlines():
        _name, arrow, rest = line.partition(" => ")
        if arrow and rest.startswith("/"):
            yield rest.rsplit(" (", 1)[0]


def _inside(root: str, path: str) -> str:
    return path if root == "/" else "/" + os.path.relpath(path, root)


def _library_folders(root: str) -> list[str]:
    arch = os.uname().machine
    folders = (f"/usr/lib/{arch}-linux-gnu", f"/lib/{arch}-linux-gnu", "/usr/lib64", "/lib64", "/usr/lib", "/lib")
    found = (resolve(root, folder) for folder in folders)
    return list(dict.fromkeys(folder for folder in found if folder))


def read_bytes(root: str, inside: str) -> bytes:
    """Return the content of root's file at inside, its links followed."""
    with open(resolve(root, inside) or inside, "rb") as stream:
        return stream.read()

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files in folders that others may have filled: no link is followed, nothing but regular files of a bounded size.

A name that came from elsewhere is one name inside one folder. Every step below a root is opened by the folder before it
(dir_fd), so that nothing can be put in between.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Iterator, List, Optional, Tuple

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._text import plain

LARGEST = 64 << 20
DEEPEST = 6
MOST_ENTRIES = 200_000
_STEP = 1 << 16
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: to open a FIFO would else wait for whoever writes to it.
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def one_name(value: object, what: str) -> str:
    """Return value where it can be the name of a file or folder, and of nothing else; LabError where not."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        shown = plain(repr(value), 80)
        raise LabError(f"{what} {shown}: use up to 200 letters, digits, dots, dashes and underscores, the first no dot")
    return value


def read(root: Path, *names: str, limit: int = LARGEST) -> bytes:
    """Return the content of root/name/name; root itself may be reached by links, what is below may not.

    Raises FileNotFoundError where there is none, LabError where it is a link, no regular file or larger than limit.
    """
    with _folder(root, names[:-1]) as folder, _Refusing(root, names):
        handle = os.open(names[-1], _READ, dir_fd=folder)
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise LabError(f"{Path(root, *names)} is no regular file; that is refused")
            content = _content(handle, found.st_size, limit) if found.st_size <= limit else None
        finally:
            os.close(handle)
        if content is None or len(content) > limit:
            raise LabError(f"{Path(root, *names)} is larger than {limit} bytes; that is refused")
        return content


def _content(handle: int, size: int, limit: int) -> bytes:
    """As much as there is said to be, as a buffer of the limit's size takes longer than all else; then the rest."""
    parts: List[bytes] = []
    step, left = max(size + 1, _STEP), limit + 1
    while left and (part := os.read(handle, min(step, left))):
        parts.append(part)
        if len(part) == size < step and len(parts) == 1:
            break  # a regular file gives less than was asked for at its end alone
        left -= len(part)
    return b"".join(parts)


def walk(root: Path, wanted: str) -> Iterator[Tuple[str, ...]]:
    """Yield (folder, …, wanted) of every file of that name below root, in order; links to folders are not followed.

    What is called wanted but is a link or no regular file is told too: read() says what is wrong with it.
    Raises LabError where there are too many entries to be a campaign.
    """
    waiting: List[Tuple[str, ...]] = [()]
    seen = 0
    while waiting:
        place = waiting.pop()
        inner = []
        for name, is_folder in _listed(root, place):
            seen += 1
            if seen > MOST_ENTRIES:
                raise LabError(f"{root} holds more than {MOST_ENTRIES} entries; give the folder of one campaign")
            if name == wanted:
                yield (*place, name)
            elif is_folder and len(place) < DEEPEST:
                inner.append((*place, name))
        waiting += reversed(inner)


def make(folder: Path, depth: int) -> None:
    """Make folder and those above it; the last depth steps are this user's own afterwards, and nobody else may write.

    Raises LabError where one is a link, belongs to somebody else or may be written by others, OSError from the kernel.
    """
    root = folder.parents[depth - 1]
    names = folder.parts[-depth:]
    root.mkdir(parents=True, exist_ok=True)
    for step in range(depth):
        with _folder(root, names[:step]) as above, suppress(FileExistsError):
            os.mkdir(names[step], 0o755, dir_fd=above)
        with _folder(root, names[: step + 1]) as made:
            _check_own(made, Path(root, *names[: step + 1]))


@contextmanager
def fresh(path: Path, name: str = "") -> Iterator[IO[bytes]]:
    """Yield a new file at path, which takes the place of what is there; with name it gets that one at the end, whole.

    Raises LabError where its folder is a link or may be written by others, OSError from the kernel.
    """
    with _folder(path.parent) as folder:
        _check_own(folder, path.parent)
        with suppress(FileNotFoundError):
            os.unlink(path.name, dir_fd=folder)
        try:
            with os.fdopen(os.open(path.name, _WRITE, 0o644, dir_fd=folder), "wb") as stream:
                yield stream
                if name:
                    stream.flush()
                    os.fsync(stream.fileno())
            if name:
                os.replace(path.name, name, src_dir_fd=folder, dst_dir_fd=folder)
                os.fsync(folder)
        except BaseException:
            if name:
                with suppress(OSError):
                    os.unlink(path.name, dir_fd=folder)
            raise


@contextmanager
def _folder(root: Path, names: Tuple[str, ...] = ()) -> Iterator[int]:
    """The folder root/name/name, open; with names root may be a link, without it is the folder that must be none."""
    handle = os.open(root, _FOLDER & ~os.O_NOFOLLOW) if names else _opened(root)
    try:
        for at, name in enumerate(names):
            with _Refusing(root, names[: at + 1]):
                inner = os.open(name, _FOLDER, dir_fd=handle)
            os.close(handle)
            handle = inner
        yield handle
    finally:
        os.close(handle)


def _opened(path: Path) -> int:
    with _Refusing(path):
        return os.open(path, _FOLDER)


class _Refusing:
    """What the kernel says of a link, and of a file where a folder is wanted, in a sentence.

    A campaign has tens of thousands of files: where one is, is put together for a sentence alone.
    """

    def __init__(self, root: Path, names: Tuple[str, ...] = ()) -> None:
        self._root, self._names = root, names

    def __enter__(self) -> None:
        return

    def __exit__(self, _kind: object, error: Optional[BaseException], _trace: object) -> None:
        if not isinstance(error, OSError):
            return
        where = Path(self._root, *self._names)
        if error.errno in (errno.ELOOP, errno.EMLINK) or (error.errno == errno.ENOTDIR and where.is_symlink()):
            raise LabError(f"{where} is a symbolic link; links are not followed there") from error
        if error.errno == errno.ENXIO:
            raise LabError(f"{where} is no regular file; that is refused") from error


def _listed(root: Path, place: Tuple[str, ...]) -> List[Tuple[str, bool]]:
    handle = os.open(root, _FOLDER & ~os.O_NOFOLLOW)
    try:
        for name in place:
            inner = os.open(name, _FOLDER, dir_fd=handle)
            os.close(handle)
            handle = inner
        with os.scandir(handle) as entries:
            return sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)
    except OSError as gone:
        if not place:
            raise LabError(f"{root}: {gone.strerror}") from gone
        return []
    finally:
        os.close(handle)


def _check_own(handle: int, where: Path) -> None:
    """Whoever may write there could put a link in the place of a file that is about to be written."""
    found, user = os.fstat(handle), os.geteuid()
    others = stat.S_IWOTH | (stat.S_IWGRP if user == 0 and found.st_gid != 0 else 0)
    if found.st_uid not in (user, 0) or (user == 0 and found.st_uid != 0):
        raise LabError(f"{where} belongs to user {found.st_uid}, not to the one who writes there ({user})")
    if found.st_mode & others:
        raise LabError(f"{where} may be written by others (mode {found.st_mode & 0o7777:o}); 755 would be right")

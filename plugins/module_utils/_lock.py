# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One at a time around read → plan → apply: modules that several hosts delegate to one hypervisor at once, or one that
outlived its controller, must not meet at the same links, networks or guests.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import stat
import time
from contextlib import contextmanager, nullcontext, suppress
from typing import ContextManager, Iterator, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError

WAIT_S = 300.0  # for those who work as fast as the kernel does
ATTEMPTS_S = 0.05
SHARED = 0o077  # what others than the owner may


def in_turn(name: str, check_mode: bool, wait_s: float = WAIT_S) -> ContextManager[None]:
    """As alone, for a module: check mode changes nothing and waits for nobody."""
    return nullcontext() if check_mode else alone(name, wait_s)


@contextmanager
def alone(name: str, wait_s: float = WAIT_S, folder: Optional[str] = None) -> Iterator[None]:
    """Hold the lock of that name during a with block. Its file stays behind, as removing it would let two in.

    The kernel lets the lock go with the process, however that ends. Raises LabError where the folder or the file is
    not this user's alone, so that nobody else can hold the lock, or where it is still held after wait_s seconds.
    """
    folder = lock_folder() if folder is None else folder
    number = _open(folder, name)
    try:
        _wait(number, f"{folder}/{name}", wait_s)
        yield
    finally:
        os.close(number)


def lock_folder() -> str:
    """Where this user's locks are: in no folder that others may write to, as /run/lock is."""
    uid = os.geteuid()
    if uid == 0 and os.access("/run", os.W_OK):  # root of a user namespace has no such right
        return "/run/virtio.lab"
    own = f"/run/user/{uid}"
    if os.access(own, os.W_OK):
        return f"{own}/virtio.lab"
    try:
        return f"{pwd.getpwuid(uid).pw_dir}/.cache/virtio.lab/locks"
    except KeyError as nameless:
        raise LabError(f"there is no folder for the locks of user id {uid}; run this module as root") from nameless


def _open(folder: str, name: str) -> int:
    """The lock file, opened. Its folder is made where there is none."""
    what = folder
    try:
        os.makedirs(os.path.dirname(folder), exist_ok=True)
        with suppress(FileExistsError):
            os.mkdir(folder, 0o700)
        directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            _refuse_shared(directory, folder)
            what = f"{folder}/{name}"
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            number = os.open(name, flags, 0o600, dir_fd=directory)
        finally:
            os.close(directory)
    except OSError as error:
        raise LabError(f"the lock {folder}/{name} cannot be opened: {error.strerror} ({what})") from error
    try:
        _refuse_shared(number, what)
    except LabError:
        os.close(number)
        raise
    return number


def _refuse_shared(number: int, path: str) -> None:
    """Raises LabError where others than this user may use what was opened."""
    found = os.fstat(number)
    mode = stat.S_IMODE(found.st_mode)
    if found.st_uid != os.geteuid() or mode & SHARED or stat.S_IFMT(found.st_mode) not in (stat.S_IFREG, stat.S_IFDIR):
        raise LabError(
            f"{path} belongs to user id {found.st_uid} with mode {mode:04o}, so somebody else could hold the lock; "
            f"remove it, it is made anew for user id {os.geteuid()} alone"
        )


def _wait(number: int, path: str, wait_s: float) -> None:
    """Lock the open file and write down who has it. Raises LabError after wait_s seconds."""
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise LabError(
                    f"the lock {path} is still held by {_holder(number)} after {wait_s:g} s; "
                    "wait until that has ended, or stop it"
                ) from None
        time.sleep(ATTEMPTS_S)
    os.ftruncate(number, 0)
    os.pwrite(number, f"{os.getpid()}\n".encode("ascii"), 0)


def _holder(number: int) -> str:
    """Who wrote its number there last, as far as that still runs."""
    pid = os.pread(number, 20, 0).decode("ascii", "replace").strip()
    try:
        with open(f"/proc/{int(pid)}/comm", encoding="utf-8", errors="replace") as comm:
            return f"{comm.read().strip()} (pid {int(pid)})"
    except (OSError, ValueError):
        return "another process"

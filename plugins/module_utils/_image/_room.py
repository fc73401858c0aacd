# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A room for a program that reads what strangers wrote: a user of its own, no network, one folder."""

from __future__ import annotations

import os
import pwd
import random
import shutil
import tempfile
from contextlib import contextmanager
from typing import Iterator, List, NamedTuple, Optional, Sequence, Set

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner

# systemd's range for users that exist while a service runs.
_USERS = range(61184, 65520)


class Room(NamedTuple):
    """A folder that the program may read, the user it runs as (None: whoever called), and what goes before its argv."""

    folder: str
    user: Optional[int]
    before: List[str]

    def argv(self, command: Sequence[str], largest_file: Optional[int] = None) -> List[str]:
        """The command as it runs in the room; largest_file: bytes that one file may get."""
        limit = [] if largest_file is None else ["prlimit", f"--fsize={largest_file}", "--core=0", "--"]
        return [*limit, *self.before, *command]

    def lend(self, path: str) -> None:
        """Let the program read this file of the folder, and not write it."""
        if self.user is not None:
            os.chown(path, 0, self.user)
        os.chmod(path, 0o640)

    def target(self, name: str) -> str:
        """Make an empty file of this name that the program may write; return its path."""
        path = os.path.join(self.folder, name)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        if self.user is not None:
            os.chown(path, self.user, self.user)
        return path


@contextmanager
def room(inside: str, runner: Runner) -> Iterator[Room]:
    """A room in a new folder inside this one, gone afterwards with all that is in it.

    Root's program runs there as a user that nobody else is, without capabilities, and without network where the kernel
    allows. The folder is its working directory: it needs no way through the folders above.
    """
    folder = tempfile.mkdtemp(prefix=".room-", dir=inside)
    try:
        if os.geteuid() != 0:
            yield Room(folder, None, [])
            return
        user = _unused_user()
        os.chown(folder, 0, user)
        os.chmod(folder, 0o710)  # noqa: S103 (its own user goes through, and nobody else)
        dropped = [
            *("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--no-new-privs"),
            *("--bounding-set=-all", "--inh-caps=-all", "--pdeathsig=KILL", "--"),
        ]
        alone = ["unshare", "--net", "--ipc", "--"]
        apart = runner([*alone, "true"], check=False).rc == 0
        yield Room(folder, user, [*(alone if apart else []), *dropped])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unused_user() -> int:
    busy = _running()
    for user in random.sample(_USERS, len(_USERS)):
        if user in busy:
            continue
        try:
            pwd.getpwuid(user)
        except KeyError:
            return user
    raise LabError(f"every user from {_USERS.start} to {_USERS.stop - 1} is in use on this host; one must be free")


def _running() -> Set[int]:
    users = set()
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                users.add(os.stat(f"/proc/{name}").st_uid)
            except OSError:  # it ended
                continue
    return users

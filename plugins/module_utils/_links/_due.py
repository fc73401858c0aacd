# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What links had that are made anew, written down until they have it again.

A call that is killed, or in which the kernel refuses something half way, leaves links without what they had. The next
call that names them finds it here. The file is gone with the next boot, as the links are.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Iterable, Mapping, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._inside import inside
from ansible_collections.virtio.lab.plugins.module_utils._links._model import FdbEntry, Key, Link, Links, Wish
from ansible_collections.virtio.lab.plugins.module_utils._links._paths import NETNS_DIR, OWN_NETNS
from ansible_collections.virtio.lab.plugins.module_utils._lock import lock_folder

FILE = "links.due"
SO_NETNS_COOKIE = 71  # include/uapi/asm-generic/socket.h, since Linux 5.14: a number that no other namespace ever has
MOST = 1000


@dataclass(frozen=True)
class Due:
    """A link as it was. of: the one that was made anew, which of a veth may be the other end. index: of the link that
    has its name since, 0 where that is not known. namespace, of[0]: the numbers of network namespaces.
    """

    namespace: str
    netns: str
    name: str
    of: tuple[str, str]
    link: Link
    index: int = 0


class Dues:
    """Those that are written down. Use it while no other call can: under the lock."""

    def __init__(self, folder: Optional[str] = None) -> None:
        self._folder = folder
        try:
            self._all = _parsed(self._path)
        except LabError:  # without a folder nothing was written down; who changes something is told by the lock
            self._all = []
        self._numbers: dict[str, str] = {}

    @property
    def _path(self) -> str:
        return os.path.join(self._folder or lock_folder(), FILE)

    def of(self, wishes: Sequence[Wish]) -> list[Due]:
        """Those of the links that the wishes name."""
        if not self._all:
            return []
        named = {(self._number(wish.netns), wish.name) for wish in wishes}
        found = [due for due in self._all if due.of in named or (due.namespace, due.name) in named]
        return [due for due in found if self._number(due.netns) == due.namespace]

    def add(self, owed: Mapping[Key, tuple[Key, Link]]) -> None:
        """Write down links by where they are to be, and by whose sake they go."""
        dues = [
            Due(self._number(netns), netns, name, (self._number(of[0]), of[1]), link)
            for (netns, name), (of, link) in owed.items()
        ]
        places = {(due.namespace, due.name) for due in dues}
        self._write([due for due in self._all if (due.namespace, due.name) not in places] + dues)

    def settle(self, paid: Iterable[Due]) -> None:
        """Strike these out."""
        gone = {(due.namespace, due.name) for due in paid}
        if gone:
            self._write([due for due in self._all if (due.namespace, due.name) not in gone])

    def index(self, have: Links) -> None:
        """Write down which links have the names now: another one of that name owes nothing."""
        self._write(
            [
                replace(due, index=have[due.netns][due.name].index)
                if due.name in have.get(due.netns, {}) and self._number(due.netns) == due.namespace
                else due
                for due in self._all
            ]
        )

    def _write(self, dues: list[Due]) -> None:
        self._all = dues[-MOST:]
        if not self._all:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path)
            return
        os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
        new = f"{self._path}.new"
        with open(
            os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w", encoding="utf-8"
        ) as file:
            json.dump([asdict(due) for due in self._all], file)
        os.replace(new, self._path)

    def _number(self, netns: str) -> str:
        if netns not in self._numbers:
            self._numbers[netns] = _number(netns)
        return self._numbers[netns]


def _number(netns: str) -> str:
    """Of a network namespace, "" where there is none of that name."""
    try:
        with inside(netns), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as any_socket:
            return any_socket.getsockopt(socket.SOL_SOCKET, SO_NETNS_COOKIE, 8).hex()
    except OSError:
        with contextlib.suppress(OSError):  # an older kernel
            return str(os.stat(os.path.join(NETNS_DIR, netns) if netns else OWN_NETNS).st_ino)
    return ""


def _parsed(path: str) -> list[Due]:
    try:
        with open(path, encoding="utf-8") as file:
            return [
                Due(**{**entry, "of": tuple(entry["of"]), "link": _link(entry["link"])}) for entry in json.load(file)
            ]
    except (OSError, ValueError, TypeError, KeyError):  # none, or one of another version
        return []


def _link(entry: dict[str, Any]) -> Link:
    known = {field.name for field in fields(Link)}
    values: dict[str, Any] = {}
    for name, value in entry.items():
        if name in known:
            values[name] = tuple(value) if isinstance(value, list) else value
    if values.get("vlans") is not None:
        values["vlans"] = {int(vid): tuple(flags) for vid, flags in values["vlans"].items()}
    if values.get("fdb") is not None:
        values["fdb"] = tuple(FdbEntry(*each) for each in values["fdb"])
    values["lifetimes"] = {address: tuple(each) for address, each in values.get("lifetimes", {}).items()}
    return Link(**values)

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user of the module tuntap writes, as wishes."""

from __future__ import annotations

import grp
import pwd
from functools import cache
from typing import Any, Callable, Iterable, Mapping, Optional

from ansible_collections.virtio.lab.plugins.module_utils._links._check import (
    UnknownError,
    check_identity,
    common,
    refuse_ethernet,
    refuse_twice,
)
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Wish

FLAGS = ("mode", "multi_queue", "vnet_hdr", "packet_info")


def device_wishes(entries: Iterable[Mapping[str, Any]], notes: Optional[list[str]] = None) -> list[Wish]:
    """Wishes from the module's options. Raises LabError for the first thing that cannot be meant.

    notes: gets what says that there is no such user, which without it is an error.
    """
    wishes = [_wish(entry, notes) for entry in entries]
    refuse_twice(wishes, "device")
    return wishes


def _wish(entry: Mapping[str, Any], notes: Optional[list[str]]) -> Wish:
    fields = common(entry, "device", entry.get("mode") or "tap", "bridge")
    what = f"device {fields['name']}"
    attributes = {name: entry[name] for name in FLAGS if entry.get(name) is not None}
    for option, lookup in (("owner", _uid), ("group", _gid)):
        if entry.get(option) is not None:
            attributes[option] = _identity(entry[option], option, what, lookup, notes)
    wish = Wish(kind="tun", attributes=attributes, **fields)
    if entry.get("mode") == "tun":
        refuse_ethernet(wish)
    return wish


def _identity(given: str, option: str, what: str, lookup: Callable[[str], int], notes: Optional[list[str]]) -> Any:
    """The id of a user or group; its name where an earlier task may still make it."""
    try:
        return check_identity(given, option, what, lookup)
    except UnknownError as unknown:
        if notes is None:
            raise
        notes.append(f"{unknown}; check mode takes it that an earlier task does")
        return given


@cache
def _uid(user: str) -> int:
    return pwd.getpwnam(user).pw_uid


@cache
def _gid(group: str) -> int:
    return grp.getgrnam(group).gr_gid

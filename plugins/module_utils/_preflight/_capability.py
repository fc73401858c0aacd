# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One capability of a host: there, not there, or not to be told, each with the evidence."""

from __future__ import annotations

from typing import NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._text import plain

_LONGEST = 600


class Capability(NamedTuple):
    """available: None where it could not be asked, why says then what stood in the way. remedy: "" with True."""

    name: str
    available: Optional[bool]
    why: str
    remedy: str = ""


def yes(name: str, why: object) -> Capability:
    """It is there."""
    return Capability(name, True, plain(why, _LONGEST))


def no(name: str, why: object, remedy: str) -> Capability:
    """It is not there; the remedy is what its reader can do."""
    return Capability(name, False, plain(why, _LONGEST), plain(remedy, _LONGEST))


def unknown(name: str, why: object, remedy: str) -> Capability:
    """Nobody here can tell; the remedy is how it can be told."""
    return Capability(name, None, plain(why, _LONGEST), plain(remedy, _LONGEST))

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A name from elsewhere as the name of a folder, and as part of a campaign's id. Pure."""

from __future__ import annotations

import hashlib
import re

MOST = 63  # as long as a host's name may be between two dots; with lab and time still a file name
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]{1,4096}")


def folder_name(name: str) -> str:
    """``name`` where it is safe; otherwise what is safe of it with some of its digest, so that no two are one."""
    if _SAFE.match(name) and len(name) <= MOST:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    kept = _UNSAFE.sub("-", name).strip("._-")[: MOST - len(digest) - 1].rstrip("._-")
    return f"{kept}-{digest}" if kept else f"host-{digest}"

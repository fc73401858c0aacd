# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a cpio archive of the kind the kernel unpacks (newc, see initramfs-buffer-format in Linux's documentation)."""

from __future__ import annotations

from ansible_collections.virtio.lab.plugins.module_utils._guest._initramfs import Entry

_HEADER, _FIELD = 110, 8


def read(archive: bytes) -> list[Entry]:
    """Return what archive holds, in its order."""
    entries, at = [], 0
    while True:
        header = archive[at : at + _HEADER]
        assert header[:6] == b"070701"
        fields = [int(header[6 + _FIELD * index : 6 + _FIELD * (index + 1)], 16) for index in range(13)]
        mode, uid, gid, time, size, name_size = (fields[index] for index in (1, 2, 3, 5, 6, 11))
        begin = at + _HEADER
        name = archive[begin : begin + name_size - 1].decode()
        content = _aligned(begin + name_size)
        if name == "TRAILER!!!":
            return entries
        assert (uid, gid, time) == (0, 0, 0)
        entries.append(Entry(name, mode, archive[content : content + size]))
        at = _aligned(content + size)


def _aligned(offset: int) -> int:
    return (offset + 3) & ~3

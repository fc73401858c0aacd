# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A line at the bottom of a terminal that stays while other output scrolls above it (DECSTBM, as on any VT100)."""

from __future__ import annotations

import os
import shutil
from typing import TextIO

_SAVE, _RESTORE, _CLEAR = "\x1b7", "\x1b8", "\x1b[2K"


def fits(stream: TextIO) -> bool:
    """Whether stream is a terminal that can have such a line."""
    return stream.isatty() and os.environ.get("TERM", "dumb") != "dumb" and shutil.get_terminal_size().lines > 2


class BottomLine:
    """Takes the last row of the terminal away from the scrolling output until it is closed."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._rows = 0

    def show(self, text: str) -> None:
        """Put text there, cut to the width of the terminal, which may have changed its size meanwhile."""
        columns, rows = shutil.get_terminal_size()
        if rows != self._rows:
            self._reserve(rows)
        self._write(f"{_SAVE}\x1b[{rows};1H{_CLEAR}\x1b[7m{text[: columns - 1]}\x1b[0m{_RESTORE}")

    def close(self) -> None:
        """Give the row back. May be called again."""
        if self._rows:
            self._write(f"{_SAVE}\x1b[{self._rows};1H{_CLEAR}\x1b[r{_RESTORE}")
            self._rows = 0

    def _reserve(self, rows: int) -> None:
        # The newline scrolls what stands on the last row up before that row is taken.
        self._write(f"\n{_SAVE}\x1b[1;{rows - 1}r{_RESTORE}\x1b[1A")
        self._rows = rows

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()

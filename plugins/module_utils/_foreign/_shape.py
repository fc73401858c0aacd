# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parts of a foreign document: each is what it must be, or a LabError says what it is instead."""

from __future__ import annotations

import math
import re
from typing import Any, Dict, List, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._text import plain

_MOST = 2**63
_LEAST = 1e-15
_SHOWN = 60
_WHOLE = re.compile(r"[0-9]{1,20}")


def mapping(value: Any, what: str) -> Dict[str, Any]:
    """Return value, which must be an object."""
    if not isinstance(value, dict):
        raise _unfit(value, what, "an object")
    return value


def items(value: Any, what: str, most: int = 1_000_000) -> List[Any]:
    """Return value, which must be a list of so many at most."""
    if not isinstance(value, list) or len(value) > most:
        raise _unfit(value, what, f"a list of {most} at most")
    return value


def text(value: Any, what: str, most: int = 1 << 20) -> str:
    """Return value, which must be a text of so many characters at most."""
    if not isinstance(value, str) or len(value) > most:
        raise _unfit(value, what, f"a text of {most} characters at most")
    return value


def number(value: Any, what: str, least: float = 0) -> float:
    """Return value, which must be a finite number and not less than least."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= _MOST or _is_dust(value):
        raise _unfit(value, what, f"a number from {least:g}")
    return value


def whole(value: Any, what: str, least: int = 0, most: int = _MOST) -> int:
    """Return value, which must be a whole number between the two."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _unfit(value, what, f"a whole number from {least}")
    return value


def flag(value: Any, what: str) -> bool:
    """Return value, which must be true or false."""
    if not isinstance(value, bool):
        raise _unfit(value, what, "true or false")
    return value


def written_number(value: str, what: str, least: float = -math.inf) -> float:
    """Return the finite number that a text writes out, not less than least."""
    try:
        found = float(value) if len(value) < _SHOWN else math.nan
    except ValueError:
        found = math.nan
    if not (math.isfinite(found) and least <= found <= _MOST) or _is_dust(found):
        raise _unfit(value, what, "a number")
    return found


def written_whole(value: str, what: str) -> int:
    """Return the whole number that a text writes out in at most 20 digits."""
    if not _WHOLE.fullmatch(value):
        raise _unfit(value, what, "a whole number")
    return int(value)


def optional(value: Optional[Any]) -> Dict[str, Any]:
    """Return value where it is an object, {} for everything else: for what may be absent."""
    return value if isinstance(value, dict) else {}


def _is_dust(value: float) -> bool:
    """Whether it is so near to 0 that what is divided by it is infinite; nothing that is measured is."""
    return 0 < abs(value) < _LEAST


def _unfit(value: Any, what: str, right: str) -> LabError:
    shown = plain(repr(value) if len(str(value)[: _SHOWN + 1]) <= _SHOWN else f"{str(value)[:_SHOWN]}…")
    return LabError(f"{what} is {shown}; {right} would be right")

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Foreign JSON: bounded in size, depth and digits, and never NaN or Infinity, which JSON does not have."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import Any, Callable, Dict, List, Tuple, Union

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError

LARGEST = 64 << 20
# 2^64 has 20 digits; more is no counter, and takes time that grows with the square.
_DIGITS = 40


class _UnfitError(ValueError):
    pass


def loads(text: Union[str, bytes], what: str, limit: int = LARGEST) -> Any:
    """Return the value of a JSON text; what names it in the LabError when it is none, or too large."""
    return _read(text, what, limit, _DECODER)


def document(text: Union[str, bytes], what: str, limit: int = LARGEST) -> Any:
    """Return the value of a JSON text that this collection wrote: as loads(), and no object names a key twice.

    Which of two is meant each reader decides for itself; one who looks at the file may well see the other.
    """
    return _read(text, what, limit, _STRICT_DECODER)


def twice(text: Union[str, bytes]) -> List[str]:
    """Return the keys that an object of a JSON text names more than once, in order, each once."""
    found: Dict[str, None] = {}

    def noted(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
        found.update(dict.fromkeys(_doubled(pairs)))
        return dict(pairs)

    json.loads(text, object_pairs_hook=noted)
    return list(found)


def _read(text: Union[str, bytes], what: str, limit: int, decoder: json.JSONDecoder) -> Any:
    if len(text) > limit:
        raise LabError(f"{what} is larger than {limit} bytes; that is refused")
    try:
        return decoder.decode(text if isinstance(text, str) else _decoded(text))
    except RecursionError:
        raise LabError(f"{what} is nested too deeply; that is refused") from None
    except ValueError as wrong:
        raise LabError(f"{what} is no JSON: {wrong}") from None


Loads = Callable[[str, str], Any]


def objects(lines: List[str], what: str, read: Loads = loads) -> List[Dict[str, Any]]:
    """Return the objects of so many lines, one each; read together, as to begin a reader takes longer than a line."""
    found = read(f"[{','.join(lines)}]", what)
    if len(found) != len(lines) or not all(isinstance(each, dict) for each in found):
        raise LabError(f"{what} is not an object a line")
    return list(found)


def dumps(document: Any, what: str, **options: Any) -> str:
    """Return document as JSON; LabError where it has a value that JSON does not have, or a text that is no Unicode."""
    try:
        json.dumps(document, allow_nan=False, ensure_ascii=False).encode("utf-8")
        return json.dumps(document, allow_nan=False, **options)
    except (ValueError, TypeError, RecursionError) as wrong:
        raise LabError(f"{what} cannot be written as JSON: {wrong}") from wrong


def _no_constant(name: str) -> Any:
    raise _UnfitError(f"{name} is no number of JSON")


def _float(text: str) -> float:
    value = float(text) if len(text) <= 400 else math.inf
    if not math.isfinite(value):
        raise _UnfitError(f"the number {text[:20]} is out of range")
    return value


def _int(text: str) -> int:
    if len(text) > _DIGITS:
        raise _UnfitError(f"the number {text[:20]}… is out of range")
    return int(text)


def _decoded(text: bytes) -> str:
    return text.decode(json.detect_encoding(text), "surrogatepass")


def _doubled(pairs: List[Tuple[str, Any]]) -> List[str]:
    seen = {key for key, _value in pairs}
    return (
        []
        if len(seen) == len(pairs)
        else [key for key, many in Counter(key for key, _value in pairs).items() if many > 1]
    )


def _once(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    for key in _doubled(pairs):
        raise _UnfitError(f"the key {key[:60]!r} is written twice; once would be right")
    return dict(pairs)


_NUMBERS: Dict[str, Any] = {"parse_constant": _no_constant, "parse_float": _float, "parse_int": _int}
# To make one takes longer than to read a line by it.
_DECODER = json.JSONDecoder(**_NUMBERS)
_STRICT_DECODER = json.JSONDecoder(**_NUMBERS, object_pairs_hook=_once)

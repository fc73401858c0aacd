# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checksum files as distributions publish them: SHA256SUMS, CHECKSUM, GNU and BSD lines, signed or not."""

from __future__ import annotations

import re
from typing import Iterator, NamedTuple

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError

# The strongest last. What is weaker than these proves nothing.
ALGORITHMS = {"sha256": 64, "sha384": 96, "sha512": 128}
LONGEST_FILE = 4 << 20
_LONGEST_LINE = 4096

_GNU = re.compile(r"\\?([0-9a-fA-F]{32,128}) [ *](.+)")
_BSD = re.compile(r"([A-Za-z0-9/-]{3,12}) ?\((.+)\) ?= ?([0-9a-fA-F]{32,128})")
_BARE = re.compile(r"[0-9a-fA-F]{32,128}")


class Checksum(NamedTuple):
    """A sum that a file must have."""

    algorithm: str
    digest: str

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.digest}"


def literal(text: str) -> Checksum:
    """`sha256:HEX` and its longer brothers."""
    algorithm, _colon, digest = text.strip().lower().partition(":")
    length = ALGORITHMS.get(algorithm)
    if length is None or not re.fullmatch(rf"[0-9a-f]{{{length}}}", digest):
        forms = ", ".join(f"{name}: and {digits}" for name, digits in ALGORITHMS.items())
        raise LabError(f"{text!r} is no checksum; {forms} hex digits are right")
    return Checksum(algorithm, digest)


def find(text: str, name: str, shown: str) -> Checksum:
    """The strongest sum that the checksum file has for the file of this name; shown is where the file is from.

    Raises LabError where there is none, only a weak one, or two that contradict each other.
    """
    named = {(algorithm, digest) for algorithm, digest, file in _lines(text) if _same(file, name)}
    if not named:
        bare = [line.strip() for line in text.splitlines() if line.strip()]
        if len(bare) == 1 and _BARE.fullmatch(bare[0]):
            named = {(_by_length(bare[0]), bare[0].lower())}
    strong = sorted(named, key=lambda one: ALGORITHMS.get(one[0], 0))
    if not strong:
        raise LabError(f"{shown} has no checksum of {name}; {_others(text)}")
    if strong[-1][0] not in ALGORITHMS:
        weak = ", ".join(sorted({algorithm for algorithm, _digest in named}))
        raise LabError(f"{shown} has only a weak checksum of {name} ({weak}); {', '.join(ALGORITHMS)} is right")
    best = [one for one in strong if one[0] == strong[-1][0]]
    if len(best) > 1:
        raise LabError(f"{shown} has {len(best)} different {best[0][0]} checksums of {name}; one is right")
    return Checksum(*best[0])


def _lines(text: str) -> Iterator[tuple[str, str, str]]:
    """Algorithm, digest and file name of each line that tells a sum."""
    for line in text.splitlines():
        line = line.strip()
        if not line or len(line) > _LONGEST_LINE:
            continue
        gnu, bsd = _GNU.fullmatch(line), _BSD.fullmatch(line)
        if gnu:
            yield _by_length(gnu[1]), gnu[1].lower(), gnu[2]
        elif bsd:
            algorithm = bsd[1].lower().replace("sha2-", "sha").replace("sha-", "sha")
            # The word alone proves nothing where the digits are not as many as it says.
            fits = ALGORITHMS.get(algorithm) in (None, len(bsd[3]))
            yield algorithm if fits else f"{algorithm} of {len(bsd[3])} digits", bsd[3].lower(), bsd[2]


def _by_length(digest: str) -> str:
    names = {32: "md5", 40: "sha1", 56: "sha224", **{length: name for name, length in ALGORITHMS.items()}}
    return names.get(len(digest), f"{len(digest)} hex digits")


def _same(listed: str, name: str) -> bool:
    return listed == name or listed == f"./{name}"


def _others(text: str) -> str:
    files = [file for _algorithm, _digest, file in _lines(text)]
    if not files:
        return "it is no checksum file: no line has a sum and a file name"
    shown = ", ".join(_printable(file[:80]) for file in files[:3])
    return f"it has those of {shown}" + (f" and {len(files) - 3} more" if len(files) > 3 else "")


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)

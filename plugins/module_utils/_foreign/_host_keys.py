# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Public SSH host keys that somebody else tells: each is one key of a known kind, and nobody else's."""

from __future__ import annotations

import base64
import binascii
import glob
import re
import struct
from pathlib import Path
from typing import Iterable, List, Optional, Set

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._text import plain

OWN = "/etc/ssh"
MOST = 16
_LARGEST = 1 << 20
_KEY = re.compile(r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)) ([A-Za-z0-9+/]{40,2800}={0,2})")
_HOST_KEY = re.compile(r"^[ \t]{0,40}HostKey[ \t]{1,40}(/[^\s]{1,400})[ \t]{0,40}$", re.MULTILINE | re.IGNORECASE)


def key_of(text: object) -> str:
    """Return "TYPE KEY" where text is just that, and the key of the type it says; LabError where not."""
    found = _KEY.fullmatch(text) if isinstance(text, str) else None
    if not found or _kind_in(found.group(2)) != found.group(1):
        raise LabError(f"{plain(repr(text), 80)} is no public host key; TYPE and KEY of ssh-keygen would be right")
    return found.group(0)


def keys_in(printed: str) -> List[str]:
    """Return the keys in the text of .pub files as "TYPE KEY", lines that are none left out.

    Raises LabError where a line begins as a key and is none, and where there are more than a server has.
    """
    lines = [line for line in printed.splitlines() if line.startswith(("ssh-", "ecdsa-"))]
    if len(lines) > MOST:
        raise LabError(f"{len(lines)} host keys are told; a server has at most {MOST}")
    return [key_of(" ".join(line[:4000].split()[:2])) for line in lines]


def refuse(keys: Iterable[str], taken: Set[str], whose: str) -> None:
    """LabError where a key is among those taken: who has told it would be believed to be somebody else."""
    for key in keys:
        if key in taken:
            raise LabError(f"the host key {key[:40]}… is {whose}; it is not believed, as anybody could tell it")


def own(folder: str = OWN) -> Set[str]:
    """Return the host keys of this machine: those in its folder, and those its sshd_config names."""
    paths = {path[: -len(".pub")] for path in glob.glob(f"{folder}/ssh_host_*_key.pub")}
    for config in (f"{folder}/sshd_config", *glob.glob(f"{folder}/sshd_config.d/*.conf")):
        paths.update(_HOST_KEY.findall(_text(config)))
    found: Set[Optional[str]] = set()
    for path in sorted(paths):
        found.update(_key_or_none(line) for line in _text(f"{path}.pub").splitlines())
    return {key for key in found if key}


def known_in(text: str) -> Set[str]:
    """Return the keys in the text of a known_hosts file, whoever's they are; names may be hashed."""
    found = (_KEY.search(line[:8192]) for line in text.splitlines())
    return {match.group(0) for match in found if match}


def _key_or_none(line: str) -> Optional[str]:
    try:
        return key_of(" ".join(line.split()[:2]))
    except LabError:
        return None


def _text(path: str) -> str:
    try:
        with Path(path).open("rb") as stream:
            return stream.read(_LARGEST).decode("utf-8", "replace")
    except OSError:
        return ""


def _kind_in(coded: str) -> Optional[str]:
    """The type that the key itself begins with (RFC 4253, 6.6), None where there is none."""
    try:
        blob = base64.b64decode(coded, validate=True)
        (length,) = struct.unpack(">I", blob[:4])
        return blob[4 : 4 + length].decode("ascii") if length <= 40 else None
    except (binascii.Error, struct.error, UnicodeDecodeError):
        return None

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OpenPGP signatures of checksum files, checked by gpgv against the keys that the user trusts and no others."""

from __future__ import annotations

import base64
import binascii
import os
import re
import shutil
from typing import NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._image import _room
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner

_CLEAR = b"-----BEGIN PGP SIGNED MESSAGE-----"
_ARMOUR = re.compile(
    rb"-----BEGIN PGP PUBLIC KEY BLOCK-----\s(.{0,1000000}?)-----END PGP PUBLIC KEY BLOCK-----", re.DOTALL
)
_LARGEST_KEYRING = 4 << 20


class Signed(NamedTuple):
    """The text that is signed, and by which key."""

    text: bytes
    key: str


def verify(text: bytes, signature: Optional[bytes], keyring: str, shown: str, inside: str, runner: Runner) -> Signed:
    """Check text by its detached signature, or by the one in it. shown: where text is from; inside: a private folder.

    Of a clear-signed text only what is signed is returned. Raises LabError unless a key of keyring signed it.
    """
    if shutil.which("gpgv") is None:
        raise LabError(f"checking the signature of {shown} takes gpgv on this host; install gpgv")
    if signature is None and not text.lstrip().startswith(_CLEAR):
        raise LabError(f"{shown} is not clear-signed; name its detached signature (signature_url)")
    keys = _keys(keyring)
    with _room.room(inside, runner) as room:
        for name, content in (("keys.gpg", keys), ("text", text), ("text.sig", signature)):
            if content is not None:
                with open(os.path.join(room.folder, name), "wb") as file:
                    file.write(content)
                room.lend(os.path.join(room.folder, name))
        room.target("signed")
        argv = ["gpgv", "--homedir", ".", "--status-fd", "1", "--weak-digest", "SHA1", "--keyring", "./keys.gpg"]
        detached = ["--", "text.sig", "text"]
        # Written over a file that is there: gpgv makes none in a folder that is not its own.
        clear = ["--output", "signed", "--", "text"]
        argv += clear if signature is None else detached
        done = runner(room.argv(argv), cwd=room.folder, timeout=60, check=False)
        key = _good(done.stdout)
        if key is None:
            raise LabError(f"{shown} is not signed by a key of {keyring}: {_reason(done.stdout, done.stderr)}")
        if signature is not None:
            return Signed(text, key)
        with open(os.path.join(room.folder, "signed"), "rb") as file:
            return Signed(file.read(), key)


def _keys(keyring: str) -> bytes:
    try:
        with open(keyring, "rb") as file:
            content = file.read(_LARGEST_KEYRING + 1)
    except OSError as error:
        why = f"{error.strerror}; a file of OpenPGP public keys is right"
        raise LabError(f"keyring {keyring} cannot be read: {why}") from error
    if len(content) > _LARGEST_KEYRING or not content:
        size = "too large" if content else "empty"
        raise LabError(f"keyring {keyring} is {size}; a file of OpenPGP public keys is right")
    blocks = _ARMOUR.findall(content)
    if not blocks:
        return content
    try:
        return b"".join(_bare(block) for block in blocks)
    except (binascii.Error, ValueError) as error:
        raise LabError(f"keyring {keyring} has an armoured key that is damaged; export it again") from error


def _bare(block: bytes) -> bytes:
    """The bytes of an armoured block: after its headers, before its checksum line."""
    lines = [line.strip() for line in block.splitlines()]
    body = [line for line in lines if line and b": " not in line and not line.startswith(b"=")]
    return base64.b64decode(b"".join(body), validate=True)


def _good(status: str) -> Optional[str]:
    """The fingerprint of a key whose signature is good; None where there is none, or where one is bad."""
    words = [line.split()[1:] for line in status.splitlines() if line.startswith("[GNUPG:] ")]
    kinds = [word[0] for word in words if word]
    if "GOODSIG" not in kinds or "BADSIG" in kinds:
        return None
    return next((word[1] for word in words if word[0] == "VALIDSIG" and len(word) > 1), None)


_REASONS = {
    "BADSIG": "the signature does not fit the text; one of them was changed",
    "EXPKEYSIG": "the key has expired",
    "REVKEYSIG": "the key was revoked",
    "EXPSIG": "the signature has expired",
    "NO_PUBKEY": "it was signed by key {}",
    "NODATA": "there is no signature",
}


def _reason(status: str, stderr: str) -> str:
    words = [line.split()[1:] for line in status.splitlines() if line.startswith("[GNUPG:] ")]
    for kind, sentence in _REASONS.items():
        for word in words:
            if word and word[0] == kind:
                return sentence.format(word[1] if len(word) > 1 else "unknown")
    lines = stderr.strip().splitlines()
    return lines[-1][:200] if lines else "gpgv said nothing"

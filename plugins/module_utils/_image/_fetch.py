# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fetch an image into a private folder: copied or downloaded, then summed there, then looked at there.

Nobody but the caller can change what lies in the folder, so what was summed is what is converted afterwards.
"""

from __future__ import annotations

import os
import stat
from typing import Dict, NamedTuple, Optional, Set
from urllib.parse import unquote, urlsplit

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._image import _checksums, _disk, _download, _local, _signature
from ansible_collections.virtio.lab.plugins.module_utils._image._checksums import Checksum
from ansible_collections.virtio.lab.plugins.module_utils._image._magic import HEAD
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner

_SOURCE, _PART = "source", "source.part"
_LARGEST_SIGNATURE = 1 << 20


class Want(NamedTuple):
    """Where an image is, and what proves that it is the right one."""

    path: Optional[str] = None
    url: Optional[str] = None
    checksum: Optional[str] = None
    checksum_url: Optional[str] = None
    checksum_name: Optional[str] = None
    signature_url: Optional[str] = None
    keyring: Optional[str] = None


class Proof(NamedTuple):
    """The sum that the image must have, and why that is believed."""

    checksum: Checksum
    reason: str


class Got(NamedTuple):
    """An image that is here: its file, its sums, why it is believed to be the right one, and what it is."""

    file: str
    changed: bool
    before: Optional[str]
    sums: Dict[str, str]
    proof: Proof
    disk: _disk.Disk


def check(want: Want) -> None:
    """Refuse what proves nothing or cannot be: the rule is a checksum, a signature, or https all the way to one."""
    if (want.path is None) == (want.url is None):
        raise LabError("an image needs either path or url: one of them, not both")
    if (want.checksum is None) == (want.checksum_url is None):
        raise LabError("an image needs either checksum or checksum_url: one of them, not both")
    if want.checksum is not None:
        _checksums.literal(want.checksum)
        if want.signature_url or want.keyring:
            raise LabError(
                "signature_url and keyring are about what checksum_url names; with checksum they prove nothing"
            )
    if want.signature_url is not None and want.keyring is None:
        raise LabError(f"the signature {want.signature_url} proves nothing without keyring, the keys that are trusted")
    for url in (want.url, want.signature_url):
        if url is not None:
            _download.address(url)
    if want.checksum_url is not None:
        _download.address(want.checksum_url, secure=want.keyring is None)


def fetch(want: Want, folder: str, limits: _download.Limits, runner: Runner) -> Got:
    """Have the image in folder, as a file that was verified and looked at."""
    check(want)
    _look_at_path(want)  # what is wrong with it is said before anything is asked of the network
    _private(folder)
    proof = _proof(want, folder, limits, runner)
    algorithms = {"sha256", proof.checksum.algorithm}
    source = os.path.join(folder, _SOURCE)
    found = _local.sums(source, algorithms) if _is_own(source) else {}
    before = found.get("sha256")
    changed = found.get(proof.checksum.algorithm) != proof.checksum.digest
    shown = want.path or want.url or ""
    if changed:
        found = _get(want, folder, algorithms, proof, limits)
    try:
        with open(source, "rb") as file:
            disk = _disk.examine(file, shown)
    except LabError:
        os.unlink(source)
        raise
    return Got(source, changed, before, found, proof, disk)


def look(want: Want, folder: str) -> bool:
    """Whether an image is here already that nothing speaks against, as far as can be told without changing anything."""
    check(want)
    _look_at_path(want)
    if os.path.lexists(folder):
        _refuse_others(folder)
    source = os.path.join(folder, _SOURCE)
    if not _is_own(source):
        return False
    if want.checksum is None:  # the file of checksums is not asked for
        return True
    checksum = _checksums.literal(want.checksum)
    return _local.sums(source, [checksum.algorithm])[checksum.algorithm] == checksum.digest


def _look_at_path(want: Want) -> None:
    if want.path is not None:
        with _local.open_file(want.path) as file:
            _disk.examine(file, want.path)


def _get(want: Want, folder: str, algorithms: Set[str], proof: Proof, limits: _download.Limits) -> Dict[str, str]:
    part, source = os.path.join(folder, _PART), os.path.join(folder, _SOURCE)
    if want.path is not None:
        _download.forget(part)
        with _local.open_file(want.path) as file:
            found = _local.copy(file, part, algorithms)
        wrong = _mismatch(want.path, found, proof)
    else:
        url = want.url or ""
        found, wrong = _down(url, part, algorithms, proof, limits)
    if wrong:
        _download.forget(part)
        raise LabError(wrong)
    os.replace(part, source)
    _download.forget(part)
    return found


def _down(
    url: str, part: str, algorithms: Set[str], proof: Proof, limits: _download.Limits
) -> tuple[Dict[str, str], Optional[str]]:
    """Download; what went on from an earlier try and came out wrong is downloaded once more from the start."""
    resumed = os.path.exists(part)
    while True:
        try:
            _download.download(url, part, lambda head: _disk.refuse(head, url), HEAD, limits)
        except LabError:
            if _refused(part, url):
                _download.forget(part)
            raise
        found = _local.sums(part, algorithms)
        wrong = _mismatch(url, found, proof)
        if not wrong or not resumed:
            return found, wrong
        _download.forget(part)
        resumed = False


def _refused(part: str, url: str) -> bool:
    """Whether what is here of it is nothing to go on from."""
    if not os.path.exists(part):
        return False
    with open(part, "rb") as file:
        try:
            _disk.refuse(file.read(HEAD), url)
        except LabError:
            return True
    return False


def _mismatch(shown: str, found: Dict[str, str], proof: Proof) -> Optional[str]:
    checksum = proof.checksum
    if found[checksum.algorithm] == checksum.digest:
        return None
    return f"{shown} has {checksum.algorithm}:{found[checksum.algorithm]}; {proof.reason} wants {checksum}"


def _proof(want: Want, folder: str, limits: _download.Limits, runner: Runner) -> Proof:
    if want.checksum is not None:
        return Proof(_checksums.literal(want.checksum), "checksum")
    url = want.checksum_url or ""
    text = _download.small(url, _checksums.LONGEST_FILE, want.keyring is None, limits)
    reason = f"{url} (by https)"
    if want.keyring is not None:
        signature = None
        if want.signature_url is not None:
            signature = _download.small(want.signature_url, _LARGEST_SIGNATURE, False, limits)
        signed = _signature.verify(text, signature, want.keyring, url, folder, runner)
        text, reason = signed.text, f"{url} (signed by {signed.key})"
    name = want.checksum_name or _name(want)
    return Proof(_checksums.find(text.decode("utf-8", "replace"), name, url), reason)


def _name(want: Want) -> str:
    """The file's name, under which a checksum file has it."""
    return os.path.basename(want.path if want.path is not None else unquote(urlsplit(want.url or "").path))


def _private(folder: str) -> None:
    """Have the folder, for the caller alone."""
    if not os.path.lexists(folder):
        _folders(os.path.dirname(folder))
        os.mkdir(folder, 0o700)
    _refuse_others(folder)
    os.chmod(folder, 0o700)


def _refuse_others(folder: str) -> None:
    told = os.lstat(folder)
    if not stat.S_ISDIR(told.st_mode) or told.st_uid != os.geteuid():
        raise LabError(f"{folder} is not a folder of this user's own, into which an image can be fetched; remove it")


def _folders(path: str) -> None:
    """Have the folders on the way, through which others may go, and which nobody else can list."""
    if not os.path.isdir(path):
        _folders(os.path.dirname(path))
        os.mkdir(path, 0o711)


def _is_own(path: str) -> bool:
    """Whether a file that nobody else could have put there stands at path."""
    try:
        told = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return stat.S_ISREG(told.st_mode) and told.st_uid == os.geteuid()

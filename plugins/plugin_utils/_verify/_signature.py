# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose is the seal of a campaign? An SSH key signs campaign.json, which has the SHA-256 of every run document."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _files
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._campaign import KEPT, read
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._seal import SIGNATURE
from ansible_collections.virtio.lab.plugins.module_utils._text import plain

NAMESPACE = "virtio.lab"
_LARGEST = 64 << 20
_LARGEST_SIGNATURE = 1 << 16
_WITHIN_S = 60
_LONGEST = 300


class Signature(NamedTuple):
    """``by``: who signed, None where nobody did that the reader knows; ``is_false``: it is of something else."""

    by: str | None = None
    why: str = ""
    is_false: bool = False

    def document(self) -> dict[str, object]:
        return {"by": self.by, "why": self.why}


def sign(campaign: Path, key: Path, dry: bool = False) -> bool:
    """Sign the seal in the folder of a campaign; whether that changes anything. LabError where it cannot be done.

    ``dry``: write nothing. ``key``: a private key without a passphrase, or the public half of one that ssh-agent holds.
    """
    sealed = _seal_in(campaign)
    if not key.is_file():
        raise LabError(
            f"key {key} is no file; ssh-keygen -t ed25519 makes one, ssh-agent's is named by its public half"
        )
    made = _ssh_keygen(["-Y", "sign", "-f", str(key), "-n", NAMESPACE], sealed)
    if made.returncode or not made.stdout.startswith(b"-----BEGIN SSH SIGNATURE-----"):
        said = _said(made)
        raise LabError(f"{campaign / KEPT} was not signed with {key}: {said}; a key with a passphrase has to be in "
                       "ssh-agent, and is named by its public half")  # fmt: skip
    try:
        if _files.read(campaign, SIGNATURE, limit=_LARGEST_SIGNATURE) == made.stdout:
            return False
    except FileNotFoundError:
        pass
    if not dry:
        with _files.fresh(campaign / f".{SIGNATURE}", SIGNATURE) as file:
            file.write(made.stdout)
    return True


def _seal_in(campaign: Path) -> bytes:
    try:
        if not read(campaign).is_sealed:
            raise LabError(f"{campaign / KEPT} has no seal: the campaign was begun by a version that made none")
        return _files.read(campaign, KEPT, limit=_LARGEST)
    except OSError as error:
        raise LabError(f"{campaign / KEPT}: {error.strerror}; give the folder of a campaign") from error


def signature_of(campaign: Path, allowed_signers: Path | None) -> Signature:
    """Who of the ``allowed_signers`` (a file, see ssh-keygen(1)) signed what lies in the folder of a campaign.

    LabError where that file cannot be read, or ssh-keygen is missing.
    """
    try:
        signature = _files.read(campaign, SIGNATURE, limit=_LARGEST_SIGNATURE)
        sealed = _files.read(campaign, KEPT, limit=_LARGEST)
    except FileNotFoundError:
        return Signature(why=f"there is no {SIGNATURE}")
    except (LabError, OSError) as unfit:
        return Signature(why=plain(unfit, _LONGEST), is_false=True)
    if allowed_signers is not None and not allowed_signers.is_file():
        raise LabError(f"allowed_signers {allowed_signers} is no file; ssh-keygen(1) says what is in one")
    with tempfile.TemporaryDirectory() as private:
        copy = Path(private, SIGNATURE)
        copy.write_bytes(signature)
        return _checked(copy, sealed, allowed_signers)


def _checked(signature: Path, sealed: bytes, allowed_signers: Path | None) -> Signature:
    whole = _ssh_keygen(["-Y", "check-novalidate", "-n", NAMESPACE, "-s", str(signature)], sealed)
    if whole.returncode:
        return Signature(why=f"{SIGNATURE} is no signature of this {KEPT}", is_false=True)
    key = _said(whole).rpartition(" key ")[2]
    if allowed_signers is None:
        return Signature(why=f"{SIGNATURE} is made with the key {key}; no allowed_signers say whose that is")
    listed = ["-f", str(allowed_signers), "-s", str(signature)]
    found = _ssh_keygen(["-Y", "find-principals", *listed], b"")
    for name in (
        plain(found.stdout.decode("utf-8", "replace")).replace(",", " ").split() if not found.returncode else []
    ):
        if not _ssh_keygen(["-Y", "verify", "-I", name, "-n", NAMESPACE, *listed], sealed).returncode:
            return Signature(by=f"{name} ({key})")
    return Signature(why=f"the key {key}, which made {SIGNATURE}, is none of {allowed_signers}")


def _ssh_keygen(arguments: Sequence[str], given: bytes) -> subprocess.CompletedProcess[bytes]:
    """Without a terminal: nothing is asked that nobody could answer."""
    environment = {**os.environ, "LC_ALL": "C", "SSH_ASKPASS_REQUIRE": "never"}
    try:
        return subprocess.run(
            ["ssh-keygen", *arguments],
            input=given,
            capture_output=True,
            check=False,
            timeout=_WITHIN_S,
            start_new_session=True,
            env=environment,
        )
    except FileNotFoundError:
        raise LabError("ssh-keygen is missing on the control node; install the package openssh-client") from None
    except subprocess.TimeoutExpired:
        raise LabError(f"ssh-keygen did not end within {_WITHIN_S} s") from None


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    text = (done.stderr or done.stdout).decode("utf-8", "replace").strip() or done.stdout.decode("utf-8", "replace")
    return plain(text.splitlines()[-1] if text else f"exit code {done.returncode}", _LONGEST)

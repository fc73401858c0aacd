# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signatures of checksum files, made by gpg and checked by gpgv."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._image import _signature
from ansible_collections.virtio.lab.plugins.module_utils._runner import run

from .conftest import Keys

Pair = tuple[Keys, Keys]
SUMS = f"{'a' * 64}  disk.qcow2\n".encode()


def verify(text: bytes, signature: bytes | None, keyring: Path, inside: Path) -> _signature.Signed:
    return _signature.verify(text, signature, str(keyring), "SUMS", str(inside), run)


@pytest.mark.parametrize("form", ["binary", "armoured"])
def test_a_detached_signature(form: str, keys: Pair, tmp_path: Path) -> None:
    own = keys[0]
    found = verify(SUMS, own.detached(SUMS), getattr(own, form), tmp_path)
    assert found == (SUMS, own.fingerprint)
    assert os.listdir(tmp_path) == []


def test_of_a_clear_signed_text_only_what_is_signed_is_believed(keys: Pair, tmp_path: Path) -> None:
    own = keys[0]
    forged = f"{'b' * 64}  disk.qcow2\n".encode()
    assert verify(b"\n" + own.clear(SUMS) + forged, None, own.binary, tmp_path).text == SUMS
    with pytest.raises(LabError, match="SUMS is not clear-signed"):
        verify(forged + own.clear(SUMS), None, own.binary, tmp_path)


def test_two_keys_of_one_file_are_both_trusted(keys: Pair, tmp_path: Path) -> None:
    both = tmp_path / "both.asc"
    both.write_bytes(keys[0].armoured.read_bytes() + keys[1].armoured.read_bytes())
    assert verify(SUMS, keys[1].detached(SUMS), both, tmp_path).key == keys[1].fingerprint


def test_one_good_signature_among_unknown_ones_is_enough(keys: Pair, tmp_path: Path) -> None:
    both = keys[1].detached(SUMS) + keys[0].detached(SUMS)
    assert verify(SUMS, both, keys[0].binary, tmp_path).key == keys[0].fingerprint


def test_what_is_not_signed_by_a_trusted_key_is_refused(keys: Pair, tmp_path: Path) -> None:
    own, stranger = keys
    cases = [
        (SUMS, stranger.detached(SUMS), f"it was signed by key {stranger.fingerprint[-16:]}"),
        (SUMS + b"x", own.detached(SUMS), "the signature does not fit the text"),
        (SUMS, own.detached(SUMS + b"x") + own.detached(SUMS), "the signature does not fit the text"),
        (SUMS, b"no signature", "there is no signature"),
        (SUMS, b"", "gpgv|there is no signature"),
        (own.clear(SUMS).replace(b"disk", b"disc"), None, "the signature does not fit the text"),
        (SUMS, None, "SUMS is not clear-signed; name its detached signature"),
    ]
    for text, signature, sentence in cases:
        with pytest.raises(LabError, match=sentence) as told:
            verify(text, signature, own.binary, tmp_path)
        assert "\n" not in str(told.value)


def test_a_keyring_that_is_none_is_said(keys: Pair, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    damaged = keys[0].armoured.read_bytes().replace(b"\n\n", b"\n\n!", 1)
    (tmp_path / "damaged").write_bytes(damaged)
    (tmp_path / "text").write_bytes(b"no keys")
    for name, sentence in (
        ("nowhere", "cannot be read: No such file"),
        ("empty", "is empty"),
        ("damaged", "damaged; export it again"),
        ("text", "is not signed by a key of"),
    ):
        with pytest.raises(LabError, match=sentence):
            verify(SUMS, keys[0].detached(SUMS), tmp_path / name, tmp_path)

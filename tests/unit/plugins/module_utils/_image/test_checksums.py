# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checksum files in every form that distributions publish."""

from __future__ import annotations

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._image import _checksums

A, B, C = "a" * 64, "b" * 64, "c" * 128
NAME = "disk.qcow2"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{B}  other.qcow2\n{A}  {NAME}\n", f"sha256:{A}"),
        (f"{A} *{NAME}\n", f"sha256:{A}"),
        (f"{A}  ./{NAME}\r\n", f"sha256:{A}"),
        (f"{A.upper()}  {NAME}", f"sha256:{A}"),
        (f"{C}  {NAME}\n", f"sha512:{C}"),
        (f"SHA256 ({NAME}) = {A}\n", f"sha256:{A}"),
        (f"SHA512 ({NAME}) = {C}\n", f"sha512:{C}"),
        (f"SHA2-256({NAME})= {A}\n", f"sha256:{A}"),
        (f"# {NAME}: 123 bytes\nSHA256 ({NAME}) = {A}\n", f"sha256:{A}"),
        (f"MD5 ({NAME}) = {'1' * 32}\nSHA256 ({NAME}) = {A}\nSHA512 ({NAME}) = {C}\n", f"sha512:{C}"),
        (f"{A}  {NAME}\n{A}  {NAME}\n", f"sha256:{A}"),
        (f"{A}\n", f"sha256:{A}"),
        (f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nSHA256 ({NAME}) = {A}\n-----BEGIN PGP", f"sha256:{A}"),
    ],
)  # fmt: skip
def test_a_sum_is_found(text: str, found: str) -> None:
    assert str(_checksums.find(text, NAME, "SUMS")) == found


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "SUMS has no checksum of disk.qcow2; it is no checksum file"),
        ("<!DOCTYPE html>\n<title>Log in</title>", "it is no checksum file"),
        (f"{A}  my-{NAME}\n{A}  {NAME}.xz\n", "it has those of my-disk.qcow2, disk.qcow2.xz"),
        (f"{A}  old/{NAME}\n", "it has those of old/disk.qcow2"),
        (f"{A}\n{B}\n", "it is no checksum file"),
        (f"{'1' * 32}  {NAME}\n", r"only a weak checksum of disk.qcow2 \(md5\); sha256, sha384, sha512 is right"),
        (f"{'1' * 40}\n", r"only a weak checksum of disk.qcow2 \(sha1\)"),
        (f"SHA512 ({NAME}) = {A}\n", r"only a weak checksum of disk.qcow2 \(sha512 of 64 digits\)"),
        (f"{A}  {NAME}\n{B}  {NAME}\n", "has 2 different sha256 checksums of disk.qcow2; one is right"),
        (f"{A}  {NAME}" + " " * 9000 + "x\n", "has no checksum"),
    ],
)
def test_what_is_no_sum_of_it_is_said(text: str, sentence: str) -> None:
    with pytest.raises(LabError, match=sentence):
        _checksums.find(text, NAME, "SUMS")


def test_hostile_lines_take_no_time() -> None:
    """Each of these took quadratic time in a careless expression; a million characters end at once."""
    for text in ("(" * 1_000_000, "SHA256 (" + ") = " * 250_000, "\n" * 1_000_000, ("a" * 4000 + "\n") * 250):
        with pytest.raises(LabError):
            _checksums.find(text, NAME, "SUMS")


@pytest.mark.parametrize("text", [f"sha256:{A}", f" SHA256:{A.upper()}\n", f"sha384:{'d' * 96}", f"sha512:{C}"])
def test_a_literal_is_read(text: str) -> None:
    assert str(_checksums.literal(text)) == text.strip().lower()


@pytest.mark.parametrize("text", ["", A, f"sha512:{A}", f"md5:{'1' * 32}", f"sha256:{A}\n{B}", f"sha256:{A[:-1]}é"])
def test_what_is_no_literal_is_refused(text: str) -> None:
    with pytest.raises(LabError, match="is no checksum; sha256: and 64, sha384: and 96, sha512: and 128 hex digits"):
        _checksums.literal(text)

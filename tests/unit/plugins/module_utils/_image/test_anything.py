# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever a stranger's bytes are: an answer, or one printable sentence."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._image import _checksums, _disk, _download, _signature

from .conftest import extension, partitioned, qcow2, with_gpt

STARTS = [
    partitioned(80 << 10, sectors=100),
    with_gpt(80 << 10, 100),
    qcow2()[: 80 << 10],
    qcow2(version=2)[:1024],
    qcow2(extensions=extension(0x6803F857, b"x" * 48))[:1024],
    b"",
]


def answer(call: Callable[[], Any]) -> Any:
    """What comes back, or the sentence; anything else than a LabError goes through."""
    try:
        return call()
    except LabError as error:
        told = str(error)
    assert told.isprintable()
    return told


CHANGES = st.lists(st.tuples(st.integers(0, 1200), st.binary(min_size=1, max_size=8)))


@given(st.sampled_from(STARTS), CHANGES, st.integers(0))
def test_images(start: bytes, changes: list[tuple[int, bytes]], cut: int) -> None:
    image = bytearray(start)
    for at, content in changes:
        image[at : at + len(content)] = content
    whole = bytes(image[: cut % (len(image) + 1)]) if cut % 3 == 0 else bytes(image)
    for look in (lambda: _disk.examine(io.BytesIO(whole), "x"), lambda: _disk.payload(whole, len(whole), "x")):
        found = answer(look)
        assert isinstance(found, str) or (found.format in ("raw", "qcow2") and found.virtual_size > 0)


WORDS = ["a" * 64, "b" * 128, "1" * 32, " ", "  ", " *", "disk", "SHA256 (", "SHA512 (", ") = ", "\n", "\\", "./"]


@given(st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=5)), max_size=30).map("".join))
def test_checksum_files(text: str) -> None:
    found = answer(lambda: _checksums.find(text, "disk", "SUMS"))
    if not isinstance(found, str):
        assert len(found.digest) == _checksums.ALGORITHMS[found.algorithm]
        assert found.digest in text.lower()


@given(st.text(max_size=40))
def test_addresses_and_literals(text: str) -> None:
    for given_text in (text, f"https://{text}", f"sha256:{text}"):
        answer(lambda text=given_text: _download.address(text))
        answer(lambda text=given_text: _checksums.literal(text))


SAID = ["[GNUPG:] ", "GOODSIG", "BADSIG", "VALIDSIG", " ", "\n", "A" * 40, "NO_PUBKEY"]


@given(st.lists(st.sampled_from(SAID)).map("".join))
def test_what_gpgv_says(status: str) -> None:
    key = _signature._good(status)
    assert key is None or "GOODSIG" in status
    assert "\n" not in _signature._reason(status, status)

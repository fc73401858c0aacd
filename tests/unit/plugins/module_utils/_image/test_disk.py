# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a file is, by its first bytes; what the real tools write is looked at in the target image_fetch."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
from collections.abc import Callable

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._image import _disk

from .conftest import extension, partitioned, qcow2, with_gpt

DISK = partitioned()


def tar(name: str) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        told = tarfile.TarInfo(name)
        told.size = len(DISK)
        archive.addfile(told, io.BytesIO(DISK))
    return file.getvalue()


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("disk.raw", DISK)
    return file.getvalue()


def at(offset: int, mark: bytes, size: int = 1 << 20) -> bytes:
    return (b"\0" * offset + mark).ljust(size, b"\0")


def mbr_with(offset: int, mark: bytes) -> bytes:
    return DISK[:offset] + mark + DISK[offset + len(mark) :]


def examine(content: bytes) -> _disk.Disk:
    return _disk.examine(io.BytesIO(content), "x.img")


NO_DISKS = [
    (b"", "is empty; a whole disk"),
    (lzma.compress(DISK), r"is xz-compressed; decompress it \(unxz --keep\)"),
    (lzma.compress(DISK, lzma.FORMAT_ALONE), "is lzma-compressed"),
    (gzip.compress(DISK), "is gzip-compressed"),
    (bz2.compress(DISK), "is bzip2-compressed"),
    (b"\x28\xb5\x2f\xfd" + DISK, "is zstd-compressed"),
    (zipped(), "is a zip archive"),
    (tar("disk.raw"), "is a tar archive"),
    (tar("lab.ovf"), r"is an OVA \(a tar archive\)"),
    (b"<!DOCTYPE html><p>Log in", "is an HTML page; a disk in qcow2 or raw is right"),
    (b"\xef\xbb\xbf \r\n<HTML>", "is an HTML page"),
    (b"<?xml version='1.0'?><Error>AccessDenied</Error>", "is an XML document"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "is a pointer of Git LFS"),
    (b"Not found\n", "is a text"),
    ("Größe: 12 — ✓\n".encode(), "is a text"),
    (at(0, b"LUKS\xba\xbe\0\x02"), r"is encrypted \(LUKS\); an image that is not encrypted is right"),
    (at(0, b"KDMV\x01\0\0\0"), "is a VMDK disk, which may name other files"),
    (b'# Disk DescriptorFile\nversion=1\nRW 8 FLAT "/etc/shadow" 0\n', "is a VMDK description"),
    (at(0, b"vhdxfile"), "is a VHDX disk, which may name a parent file"),
    (at(0, b"conectix"), "is a VHD disk"),
    (DISK + b"conectix".ljust(512, b"\0"), "is a VHD disk"),
    (at(0x40, b"\x7f\x10\xda\xbe"), "is a VDI disk"),
    (at(0, b"QED\0"), "is a QED disk"),
    (DISK + b"koly".ljust(512, b"\0"), "is an Apple disk image"),
    (mbr_with(0x8001, b"CD001"), "is an ISO image"),
    (mbr_with(0x8001, b"BEA01"), "is a UDF image"),
    (mbr_with(514, b"HdrS"), "is a Linux kernel"),
    (b"\x7fELF" + DISK, "is a program"),
    (b"\0" * 4096, "is a blank disk"),
    (at(1080, b"\x53\xef"), r"is a file system \(ext2, ext3 or ext4\) without a partition table"),
    (at(0, b"XFSB"), r"is a file system \(XFS\)"),
    (at(0x10040, b"_BHRfS_M"), r"is a file system \(btrfs\)"),
    (mbr_with(82, b"FAT32   "), r"is a file system \(FAT\)"),
    (at(512, b"LABELONE"), "is an LVM volume without a partition table"),
    (b"\x01\x02\x80" * 50_000, "is no disk image"),
    (at(510, b"\x55\xaa", 4096)[:446] + b"\0" * 64 + b"\x55\xaa", "is a blank disk|without a partition"),
    (mbr_with(446, b"\0" * 64), "is a disk without a partition"),
    (DISK[: 300 << 10], r"is cut off: its partitions reach to byte 528384 of 307200"),
    (with_gpt(1 << 20, 2047), r"is cut off: its partitions reach to byte 1048576 of 524288"),
]


@pytest.mark.parametrize(("content", "sentence"), NO_DISKS)
def test_what_is_no_disk_is_said_in_one_sentence(content: bytes, sentence: str) -> None:
    if "1048576 of 524288" in sentence:
        content = content[: 512 << 10]
    with pytest.raises(LabError, match=f"^x.img {sentence}") as told:
        examine(content)
    assert "\n" not in str(told.value)


def test_disks_are_read() -> None:
    assert examine(DISK) == ("raw", 1 << 20)
    assert examine(with_gpt(1 << 20, 2014)) == ("raw", 1 << 20)
    assert examine(qcow2(size=5 << 30)) == ("qcow2", 5 << 30)
    assert examine(qcow2(version=2, size=5 << 30)) == ("qcow2", 5 << 30)


def test_what_a_guest_would_see_is_no_image_again() -> None:
    for inner, sentence in ((qcow2(), "a qcow2 inside another image"), (lzma.compress(DISK), "xz-compressed")):
        with pytest.raises(LabError, match=f"^the disk in x is {sentence}"):
            _disk.payload(inner, 1 << 20, "the disk in x")


QCOW2 = [
    (lambda: qcow2(backing=b"/etc/shadow"), "has the backing file '/etc/shadow'; an image of one file is right"),
    (lambda: qcow2(version=2, backing=b"json:{}"), "has the backing file 'json:{}'"),
    (lambda: qcow2(backing=b"nbd://198.51.100.1/a"), "has the backing file 'nbd:"),
    (lambda: qcow2(incompatible=4), "keeps its data in another file"),
    (lambda: qcow2(incompatible=4, extensions=extension(0x44415441, b"/etc/shadow")), "keeps its data in another file"),
    # The name alone, without the feature bit: QEMU ignores it today.
    (lambda: qcow2(extensions=extension(0x44415441, b"/etc/shadow")), "names the data file '/etc/shadow'"),
    (
        lambda: qcow2(extensions=extension(0x6803F857, b"x" * 47) + extension(0x44415441, b"/etc/shadow")),
        "names the data file '/etc/shadow'",
    ),
    (lambda: qcow2(version=2, extensions=extension(0x44415441, b"/etc/shadow")), "names the data file"),
    (lambda: qcow2(crypt=1), "is encrypted"),
    (lambda: qcow2(crypt=2), "is encrypted"),
    (lambda: qcow2(extensions=extension(0x0537BE77, b"\0" * 16)), "is encrypted"),
    (lambda: qcow2(incompatible=2), "is marked corrupt"),
    (lambda: qcow2(incompatible=1 << 40), r"uses unknown features of qcow2 \(0x10000000000\)"),
    (lambda: qcow2(version=1), "is a qcow of version 1"),
    (lambda: qcow2(version=4), "is a qcow of version 4"),
    (lambda: qcow2(bits=63), r"has clusters of 2\^63 bytes"),
    (lambda: qcow2(size=0), "is a disk of 0 bytes"),
    (lambda: qcow2(size=1 << 63), "is a disk of 9223372036854775808 bytes"),
    (lambda: qcow2(length=8), "says that its header is 8 bytes long"),
    (lambda: qcow2(extensions=struct.pack(">II", 0x6803F857, 0xFFFFFFF0)), "has a header that runs over its end"),
    (lambda: qcow2()[:40], "is a qcow2 of 40 bytes, shorter than its header"),
    (lambda: qcow2()[:90], "is a qcow2 of 90 bytes, shorter than its header"),
]


@pytest.mark.parametrize(("make", "sentence"), QCOW2)
def test_a_qcow2_that_names_others_or_is_damaged_is_refused(make: Callable[[], bytes], sentence: str) -> None:
    with pytest.raises(LabError, match=f"^x.img {sentence}"):
        examine(make())


def test_no_more_of_a_name_is_shown_than_a_message_holds() -> None:
    with pytest.raises(LabError) as told:
        examine(qcow2(backing=b"A" * 1023 + b"\x1b]52;c;x\x07"))
    assert "\x1b" not in str(told.value)

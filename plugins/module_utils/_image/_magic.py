# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a file is, by its first bytes: everything that people take for a disk image and that is none."""

from __future__ import annotations

import re
from typing import NamedTuple, Optional

# Enough for what stands farthest back: the mark of btrfs at 64 KiB, and a GPT's entries before it.
HEAD = 72 * 1024
SECTOR = 512


class Other(NamedTuple):
    """Not a disk that a lab can use: what it is, and what would be right."""

    what: str
    remedy: str


_UNPACK = "decompress it ({}) and name what comes out, with the checksum of that"
_CONVERT = "convert it where you trust it (qemu-img convert -O qcow2) and name what comes out"
_WHOLE_DISK = "a whole disk with a partition table, in qcow2 or raw, is right"
_DOWNLOAD = "a disk in qcow2 or raw is right; look at what the address really gives"
_DECRYPT = "an image that is not encrypted is right"

# (offset, bytes, what it is, what would be right): the first that fits counts.
_MARKS = (
    (0, b"\xfd7zXZ\x00", "xz-compressed", _UNPACK.format("unxz --keep")),
    (0, b"\x1f\x8b", "gzip-compressed", _UNPACK.format("gunzip --keep")),
    (0, b"\x28\xb5\x2f\xfd", "zstd-compressed", _UNPACK.format("unzstd --keep")),
    (0, b"BZh", "bzip2-compressed", _UNPACK.format("bunzip2 --keep")),
    (0, b"\x04\x22\x4d\x18", "lz4-compressed", _UNPACK.format("unlz4")),
    (0, b"\x89LZO\x00\r\n\x1a\n", "lzop-compressed", _UNPACK.format("lzop -d")),
    (0, b"LZIP", "lzip-compressed", _UNPACK.format("lzip -dk")),
    (0, b"\x5d\x00\x00", "lzma-compressed", _UNPACK.format("unlzma --keep")),
    (0, b"PK\x03\x04", "a zip archive", _UNPACK.format("unzip")),
    (0, b"PK\x05\x06", "an empty zip archive", _WHOLE_DISK),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK.format("7z x")),
    (0, b"Rar!\x1a\x07", "a RAR archive", _UNPACK.format("unrar x")),
    (0, b"MSWIM\x00\x00\x00", "a Windows image archive (WIM)", _WHOLE_DISK),
    (0, b"!<arch>\n", "an ar archive or Debian package", _WHOLE_DISK),
    (0, b"\xed\xab\xee\xdb", "an RPM package", _WHOLE_DISK),
    (0, b"070701", "a cpio archive", _WHOLE_DISK),
    (0, b"LUKS\xba\xbe", "encrypted (LUKS)", _DECRYPT),
    (3, b"-FVE-FS-", "encrypted (BitLocker)", _DECRYPT),
    (0, b"KDMV", "a VMDK disk, which may name other files as its extents", _CONVERT),
    (0, b"COWD", "a VMDK disk, which may name other files as its extents", _CONVERT),
    (0, b"# Disk DescriptorFile", "a VMDK description, which names other files as its extents", _CONVERT),
    (0, b"vhdxfile", "a VHDX disk, which may name a parent file", _CONVERT),
    (0, b"conectix", "a VHD disk, which may name a parent file", _CONVERT),
    (0x40, b"\x7f\x10\xda\xbe", "a VDI disk", _CONVERT),
    (0, b"QED\x00", "a QED disk, which may name a backing file", _CONVERT),
    (0, b"WithoutFreeSpace", "a Parallels disk", _CONVERT),
    (0, b"WithouFreSpacExt", "a Parallels disk", _CONVERT),
    (0, b"Bochs Virtual HD Image", "a Bochs disk", _CONVERT),
    (0, b"\x3a\xff\x26\xed", "an Android sparse image", "convert it (simg2img) and name what comes out"),
    (0x8001, b"CD001", "an ISO image, an installation medium or a CD", _WHOLE_DISK),
    (0x8001, b"BEA01", "a UDF image, an installation medium or a DVD", _WHOLE_DISK),
    (514, b"HdrS", "a Linux kernel", _WHOLE_DISK),
    (0, b"\x7fELF", "a program (ELF)", _WHOLE_DISK),
    (0, b"%PDF", "a PDF document", _DOWNLOAD),
    (0, b"hsqs", "a squashfs file system", _WHOLE_DISK),
)

# A file system where a partition table should be: nothing could boot from it.
_FILE_SYSTEMS = (
    (1080, b"\x53\xef", "ext2, ext3 or ext4"),
    (0, b"XFSB", "XFS"),
    (0x10040, b"_BHRfS_M", "btrfs"),
    (1024, b"\xe2\xe1\xf5\xe0", "erofs"),
    (82, b"FAT32   ", "FAT"),
    (54, b"FAT16   ", "FAT"),
    (54, b"FAT12   ", "FAT"),
    (3, b"NTFS    ", "NTFS"),
)


def other(head: bytes) -> Optional[Other]:
    """What a file that begins so is, where that is known and no disk; None where it may be a disk."""
    if not head:
        return Other("empty", _WHOLE_DISK)
    for offset, mark, what, remedy in _MARKS:
        if head[offset : offset + len(mark)] == mark:
            return Other(what, remedy)
    if head[257:262] == b"ustar":
        return _tar(head)
    return _text(head)


def last(tail: bytes) -> Optional[Other]:
    """The same by the last 512 bytes, where two formats have their mark."""
    if tail[:8] == b"conectix":
        return Other("a VHD disk", _CONVERT)
    if tail[:4] == b"koly":
        return Other("an Apple disk image (DMG)", _CONVERT)
    return None


def no_table(head: bytes) -> Optional[Other]:
    """What is wrong with a raw disk that begins so: no partition table, so nothing boots from it."""
    for offset, mark, name in _FILE_SYSTEMS:
        if head[offset : offset + len(mark)] == mark:
            return Other(f"a file system ({name}) without a partition table, from which nothing boots", _WHOLE_DISK)
    if any(head[sector * SECTOR :][:8] == b"LABELONE" for sector in range(4)):
        return Other("an LVM volume without a partition table, from which nothing boots", _WHOLE_DISK)
    if not head.strip(b"\x00"):
        return Other("a blank disk: its beginning is all zeros", _WHOLE_DISK)
    if head[510:512] != b"\x55\xaa":
        return Other("no disk image: it begins with no known format and no partition table", _WHOLE_DISK)
    if not any(head[446 + 16 * entry + 4] for entry in range(4)):
        return Other("a disk without a partition: its partition table is empty", _WHOLE_DISK)
    return None


def end_of_partitions(head: bytes) -> int:
    """How many bytes the partitions of a disk that begins so reach, by its MBR and, where it is in head, its GPT."""
    entries = [head[446 + 16 * number :][:16] for number in range(4)]
    mbr = [entry for entry in entries if len(entry) == 16 and entry[4] not in (0, 0xEE)]
    ends = [_little(entry[8:12]) + _little(entry[12:16]) for entry in mbr]
    for sector in (SECTOR, 4096):
        gpt = head[sector : sector + 92]
        if gpt[:8] == b"EFI PART":
            size = max(_little(gpt[84:88]), 128)
            table = head[_little(gpt[72:80]) * sector :][: size * min(_little(gpt[80:84]), 1024)]
            used = [table[at : at + 48] for at in range(0, len(table), size) if any(table[at : at + 16])]
            return max((_little(entry[40:48]) + 1 for entry in used), default=0) * sector
    return max(ends, default=0) * SECTOR


def _little(number: bytes) -> int:
    return int.from_bytes(number, "little")


def _tar(head: bytes) -> Other:
    name = head[:100].rstrip(b"\x00").decode("ascii", "replace")
    if name.lower().endswith(".ovf"):
        return Other("an OVA (a tar archive)", "unpack it (tar -xf), convert the disk in it to qcow2, and name that")
    return Other("a tar archive", _UNPACK.format("tar -xf"))


def _text(head: bytes) -> Optional[Other]:
    start = head[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if re.match(rb"<!doctype html|<html|<head", start):
        return Other("an HTML page", _DOWNLOAD)
    if start.startswith(b"<?xml"):
        return Other("an XML document", _DOWNLOAD)
    if start.startswith(b"version https://git-lfs"):
        return Other("a pointer of Git LFS", _DOWNLOAD)
    if not any(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in head[:SECTOR]):
        return Other("a text", _DOWNLOAD)
    return None

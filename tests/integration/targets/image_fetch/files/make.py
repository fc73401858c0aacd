# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""make.py FOLDER KNOWN: one small disk, all that people take for one as the real tools write it, and a server's tree.

FOLDER/cases.json says of each file what must be said of it; FOLDER/served has, for each image of KNOWN, the disk and
the checksum file in the form of its distribution, signed where that one signs.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

FOLDER, KNOWN = Path(sys.argv[1]), Path(sys.argv[2])


def run(*argv: object, stdin: bytes = b"") -> bytes:
    done = subprocess.run([*map(str, argv)], cwd=FOLDER, input=stdin, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(
            f"{' '.join(map(str, argv))}: rc {done.returncode}: {done.stderr.decode(errors='replace').strip()}"
        )
    return done.stdout


def encrypted(name: str) -> None:
    """A qcow2 with LUKS. QEMU times the CPU for it and gives up where something disturbed that: then once more."""
    options = "encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10"
    argv = ["qemu-img", "create", "-q", "-f", "qcow2", "--object", "secret,id=s,data=open", "-o", options, name, "4M"]
    for _attempt in range(20):
        made = subprocess.run(argv, cwd=FOLDER, capture_output=True, text=True, check=False)
        if "Unable to get accurate CPU usage" not in made.stderr:
            break
    if made.returncode:
        raise SystemExit(f"{' '.join(argv)}: {made.stderr.strip()}")


def disk() -> bytes:
    """4 MiB with an MBR of one partition."""
    content = bytearray(4 << 20)
    content[446:462] = struct.pack("<BxxxBxxxII", 0x80, 0x83, 2048, 4096)
    content[510:512] = b"\x55\xaa"
    content[1 << 20 : 2 << 20] = os.urandom(1 << 20)
    return bytes(content)


def bent(name: str, *changes: tuple[int, bytes]) -> None:
    """A copy of the qcow2 with other bytes in its header: a tool would touch the file that is named there."""
    whole = bytearray((FOLDER / "disk.qcow2").read_bytes())
    for at, content in changes:
        whole[at : at + len(content)] = content
    (FOLDER / name).write_bytes(whole)


def make_others() -> None:
    for name, *argv in (
        ("disk.raw.xz", "xz", "-0", "--keep", "--stdout", "disk.raw"),
        ("disk.raw.gz", "gzip", "-1", "--keep", "--stdout", "disk.raw"),
        ("disk.raw.zst", "zstd", "-q", "-1", "--stdout", "disk.raw"),
        ("disk.raw.bz2", "bzip2", "-1", "--keep", "--stdout", "disk.raw"),
        ("disk.raw.lz4", "lz4", "-q", "--stdout", "disk.raw"),
        ("disk.tar", "tar", "-cf", "-", "disk.raw"),
        ("disk.zip", "zip", "-q", "-1", "-", "disk.raw"),
    ):
        (FOLDER / name).write_bytes(run(*argv))
    (FOLDER / "lab.ovf").write_text("<?xml version='1.0'?><Envelope/>")
    (FOLDER / "lab.ova").write_bytes(run("tar", "-cf", "-", "lab.ovf", "disk.raw"))
    for kind in ("vmdk", "vhdx", "vpc", "vdi", "qed"):
        run("qemu-img", "convert", "-f", "raw", "-O", kind, "disk.raw", f"disk.{kind}")
    run("qemu-img", "convert", "-f", "raw", "-O", "vmdk", "-o", "subformat=monolithicFlat", "disk.raw", "flat.vmdk")
    run("qemu-img", "convert", "-f", "raw", "-O", "vpc", "-o", "subformat=fixed", "disk.raw", "fixed.vpc")
    run("xorriso", "-as", "mkisofs", "-quiet", "-o", "disk.iso", "lab.ovf")
    (FOLDER / "luks.raw").write_bytes(bytes(20 << 20))
    cheap = ["--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000", "--key-file", "-"]
    run("cryptsetup", "luksFormat", "--batch-mode", *cheap, "luks.raw", stdin=b"open sesame")
    (FOLDER / "bare.raw").write_bytes(bytes(8 << 20))
    run("mke2fs", "-q", "-t", "ext4", "bare.raw")
    encrypted("encrypted.qcow2")
    run("qemu-img", "create", "-q", "-f", "qcow2", "-o", "data_file=own-data.raw", "data.qcow2", "4M")
    run("qemu-img", "create", "-q", "-f", "qcow2", "-b", "disk.qcow2", "-F", "qcow2", "overlay.qcow2")
    bent("shadow.qcow2", (8, struct.pack(">QI", 512, 11)), (512, b"/etc/shadow"))
    whole = (FOLDER / "disk.qcow2").read_bytes()
    (FOLDER / "cut.qcow2").write_bytes(whole[: len(whole) // 2])
    (FOLDER / "cut.raw").write_bytes((FOLDER / "disk.raw").read_bytes()[: 2 << 20])
    (FOLDER / "page.html").write_text("<!DOCTYPE html>\n<html><title>Log in first</title></html>\n")
    (FOLDER / "empty").touch()
    os.mkfifo(FOLDER / "pipe")
    (FOLDER / "folder").mkdir()


# What the sentence must begin with, after the path.
CASES = {
    "disk.raw.xz": r"is xz-compressed; decompress it \(unxz --keep\)",
    "disk.raw.gz": "is gzip-compressed; decompress it",
    "disk.raw.zst": "is zstd-compressed; decompress it",
    "disk.raw.bz2": "is bzip2-compressed; decompress it",
    "disk.raw.lz4": "is lz4-compressed; decompress it",
    "disk.tar": "is a tar archive",
    "disk.zip": "is a zip archive",
    "lab.ova": r"is an OVA \(a tar archive\)",
    "disk.vmdk": "is a VMDK disk, which may name other files",
    "flat.vmdk": "is a VMDK description, which names other files",
    "disk.vhdx": "is a VHDX disk, which may name a parent file",
    "disk.vpc": "is a VHD disk",
    "fixed.vpc": "is a VHD disk",
    "disk.vdi": "is a VDI disk",
    "disk.qed": "is a QED disk",
    "disk.iso": "is an ISO image",
    "luks.raw": r"is encrypted \(LUKS\)",
    "bare.raw": r"is a file system \(ext2, ext3 or ext4\) without a partition table",
    "encrypted.qcow2": "is encrypted",
    "data.qcow2": "keeps its data in another file",
    "overlay.qcow2": "has the backing file 'disk.qcow2'",
    "shadow.qcow2": "has the backing file '/etc/shadow'",
    "cut.raw": "is cut off: its partitions reach to byte 3145728 of 2097152",
    "page.html": "is an HTML page",
    "empty": "is empty",
    "pipe": r"is a pipe \(FIFO\)",
    "folder": "is a folder",
    "nowhere": "does not exist on this host",
}


def sums(name: str, form: str, digest: str) -> bytes:
    other = "0" * len(digest)
    if form == "bsd":
        return f"# {name}: 1 bytes\nSHA256 (other) = {other}\nSHA256 ({name}) = {digest}\n".encode()
    return f"{other} *other\n{digest} {form}{name}\n".encode()


def serve(image: dict[str, Any], content: bytes) -> None:
    file, listed = FOLDER / "served" / image["file"], FOLDER / "served" / image["checksums"]
    for path in (file, listed):
        path.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    algorithm = "sha512" if listed.name == "SHA512SUMS" else "sha256"
    form = "bsd" if listed.name.endswith(("-CHECKSUM", ".SHA256SUM")) else "*" if listed.name == "SHA256SUMS" else " "
    text = sums(file.name, form, hashlib.new(algorithm, content).hexdigest())
    gpg = ["gpg", "--homedir", FOLDER / "gnupg", "--batch", "--yes", "--quiet", "--passphrase", ""]
    if image.get("signature") == "inside":
        text = run(*gpg, "--clear-sign", stdin=text)
    elif "signature" in image:
        (FOLDER / "served" / image["signature"]).write_bytes(run(*gpg, "--armor", "--detach-sign", stdin=text))
    listed.write_bytes(text)


def main() -> None:
    (FOLDER / "disk.raw").write_bytes(disk())
    run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", "disk.raw", "disk.qcow2")
    make_others()
    (FOLDER / "gnupg").mkdir(mode=0o700)
    gpg = ["gpg", "--homedir", FOLDER / "gnupg", "--batch", "--quiet", "--passphrase", ""]
    run(*gpg, "--quick-gen-key", "Distribution <keys@example.org>", "ed25519", "sign", "never")
    (FOLDER / "keys.asc").write_bytes(run(*gpg, "--armor", "--export"))
    for image in yaml.safe_load(KNOWN.read_text(encoding="utf-8"))["images"].values():
        serve(image, (FOLDER / "disk.qcow2").read_bytes())
    run("gpgconf", "--homedir", FOLDER / "gnupg", "--kill", "gpg-agent")
    named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    run("openssl", "req", "-x509", *curve, *named, "-out", "cert.pem", "-keyout", "key.pem")
    cases = [
        {"name": name, "says": f"^{FOLDER / name} {says}", "sum": digest(FOLDER / name)} for name, says in CASES.items()
    ]
    (FOLDER / "cases.json").write_text(json.dumps(cases))


def digest(path: Path) -> str:
    return f"sha256:{hashlib.sha256(path.read_bytes() if path.is_file() else b'').hexdigest()}"


if __name__ == "__main__":
    main()

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An image is fetched into a private folder, proved, and only then looked at."""

from __future__ import annotations

import lzma
import os
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._image import _download, _fetch, _local
from ansible_collections.virtio.lab.plugins.module_utils._runner import run

from .conftest import Keys, partitioned, qcow2, sum_of

DISK = partitioned()
QUICK = _download.Limits(stall=0.3, whole=20, tries=2, pause=0.01)


@pytest.fixture(name="image")
def image_file(tmp_path: Path) -> Path:
    path = tmp_path / "disk.raw"
    path.write_bytes(DISK)
    return path


@pytest.fixture(name="folder")
def private_folder(tmp_path: Path) -> Path:
    return tmp_path / "above" / "private"


def fetch(folder: Path, **want: Any) -> _fetch.Got:
    return _fetch.fetch(_fetch.Want(**want), str(folder), QUICK, run)


def left(folder: Path) -> list[str]:
    return sorted(os.listdir(folder)) if folder.exists() else []


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
def test_a_file_of_the_host_is_copied_and_summed(algorithm: str, image: Path, folder: Path) -> None:
    want = {"path": str(image), "checksum": sum_of(DISK, algorithm)}
    got = fetch(folder, **want)
    assert (got.changed, got.disk, got.sums["sha256"]) == (True, ("raw", len(DISK)), sum_of(DISK)[7:])
    assert left(folder) == ["source"]
    assert Path(got.file).read_bytes() == DISK
    modes = [path.stat().st_mode & 0o777 for path in (Path(got.file), folder, folder.parent)]
    assert modes == [0o600, 0o700, 0o711]
    assert not fetch(folder, **want).changed


def test_the_copy_is_what_was_summed_whatever_becomes_of_the_file(image: Path, folder: Path) -> None:
    got = fetch(folder, path=str(image), checksum=sum_of(DISK))
    other = partitioned(seed=2)
    image.write_bytes(other)
    assert Path(got.file).read_bytes() == DISK
    assert os.stat(got.file).st_ino != image.stat().st_ino
    with pytest.raises(LabError, match=rf"disk.raw has {sum_of(other)}; checksum wants sha256:0{{64}}$"):
        fetch(folder, path=str(image), checksum=f"sha256:{'0' * 64}")


def test_holes_stay_holes(tmp_path: Path, folder: Path) -> None:
    image = tmp_path / "large.raw"
    image.write_bytes(DISK)
    os.truncate(image, 64 << 20)
    sums = _local.sums(str(image), ["sha256"])
    got = fetch(folder, path=str(image), checksum=f"sha256:{sums['sha256']}")
    assert os.stat(got.file).st_size == 64 << 20
    assert os.stat(got.file).st_blocks * 512 < 8 << 20


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path, folder: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "away").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        for name, sentence in (
            ("pipe", r"pipe is a pipe \(FIFO\); the path of a disk image is right"),
            ("folder", "folder is a folder"),
            ("socket", "socket is a socket"),
            ("away", "away does not exist on this host"),
            ("pipe/x", "does not exist"),
            ("loop", "cannot be read: Too many levels"),
            ("a\0b", "cannot be read: embedded null"),
        ):
            with pytest.raises(LabError, match=sentence):
                fetch(folder, path=str(tmp_path / name), checksum=sum_of(DISK))
    with pytest.raises(LabError, match="/dev/zero is a character device"):
        fetch(folder, path="/dev/zero", checksum=sum_of(DISK))
    with pytest.raises(LabError, match="/proc/self/status cannot be read: Invalid argument"):
        fetch(folder, path="/proc/self/status", checksum=sum_of(DISK))
    assert left(folder) == []


def test_a_folder_of_somebody_elses_making_is_refused(image: Path, folder: Path, tmp_path: Path) -> None:
    folder.parent.mkdir()
    folder.symlink_to(tmp_path)
    with pytest.raises(LabError, match="is not a folder of this user's own"):
        fetch(folder, path=str(image), checksum=sum_of(DISK))


def serve(server: Any, name: str, content: bytes) -> None:
    (server.folder / name).write_bytes(content)


@pytest.mark.parametrize("how", ["plain", "range", "cut", "corrupt-once"])
def test_a_download_is_whole_and_right_or_not_there(how: str, server: Any, folder: Path) -> None:
    serve(server, "disk.raw", DISK)
    want = {"url": f"{server.address}/{how}/disk.raw", "checksum": sum_of(DISK)}
    if how == "corrupt-once":
        with pytest.raises(LabError, match="wants sha256"):
            fetch(folder, **want)
        assert left(folder) == []
    got = fetch(folder, **want)
    assert (Path(got.file).read_bytes() == DISK, left(folder)) == (True, ["source"])
    asked = len(server.seen)
    assert not fetch(folder, **want).changed
    assert len(server.seen) == asked


def test_what_an_earlier_run_got_wrong_is_downloaded_anew(server: Any, folder: Path) -> None:
    """An earlier run's half was bent on this disk, so that the whole is wrong although the server is right."""
    serve(server, "disk.raw", DISK)
    want = {"url": f"{server.address}/stall/disk.raw", "checksum": sum_of(DISK)}
    with pytest.raises(LabError, match="bytes are kept for the next time"):
        _fetch.fetch(_fetch.Want(**want), str(folder), QUICK._replace(tries=1), run)
    half = folder / "source.part"
    half.write_bytes(half.read_bytes()[:-1] + b"\xff")
    assert Path(fetch(folder, **want).file).read_bytes() == DISK
    assert [one["status"] for one in server.seen] == [200, 206, 206, 200]


@pytest.mark.parametrize(
    ("how", "content", "sentence"),
    [
        ("corrupt", DISK, r"disk has sha256:[0-9a-f]{64}; checksum wants sha256:[0-9a-f]{64}$"),
        ("page", DISK, "is an HTML page; a disk in qcow2 or raw is right"),
        ("plain", lzma.compress(DISK), r"is xz-compressed; decompress it \(unxz --keep\)"),
        ("plain", qcow2(backing=b"/etc/shadow"), "has the backing file '/etc/shadow'"),
        ("plain", b"", "is empty"),
    ],
)  # fmt: skip
def test_of_a_wrong_download_nothing_is_left(
    how: str, content: bytes, sentence: str, server: Any, folder: Path
) -> None:
    serve(server, "disk", content)
    with pytest.raises(LabError, match=sentence):
        fetch(folder, url=f"{server.address}/{how}/disk", checksum=sum_of(content if how == "plain" else DISK))
    assert left(folder) == []


def test_the_checksum_file_of_a_distribution(server: Any, folder: Path, keys: tuple[Keys, Keys]) -> None:
    own, stranger = keys
    serve(server, "disk.raw", DISK)
    sums = f"{sum_of(DISK, 'sha512')[7:]} *disk.raw\n".encode()
    serve(server, "SHA512SUMS", sums)
    serve(server, "SHA512SUMS.gpg", own.detached(sums))
    serve(server, "CHECKSUM", own.clear(f"SHA256 (disk.raw) = {sum_of(DISK)[7:]}\n".encode()))
    at = f"{server.address}/range"
    image = {"url": f"{at}/disk.raw", "keyring": str(own.armoured)}
    got = fetch(folder, checksum_url=f"{at}/SHA512SUMS", signature_url=f"{at}/SHA512SUMS.gpg", **image)
    assert got.proof.reason == f"{at}/SHA512SUMS (signed by {own.fingerprint})"
    assert not fetch(folder, checksum_url=f"{at}/CHECKSUM", **image).changed
    image["keyring"] = str(stranger.binary)
    with pytest.raises(LabError, match="CHECKSUM is not signed by a key of"):
        fetch(folder, checksum_url=f"{at}/CHECKSUM", **image)


@pytest.fixture(name="tls")
def certificate(tmp_path: Path) -> tuple[str, str]:
    cert, key = str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")
    named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    subprocess.run([*made, *named, "-out", cert, "-keyout", key], check=True, capture_output=True)
    return cert, key


def test_a_man_in_the_middle_does_not_win(
    server: Any, server_module: Any, tls: tuple[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The image may come by http; its sum must come by https all the way, from a server that is trusted."""
    serve(server, "disk.raw", DISK)
    serve(server, "SHA256SUMS", f"{sum_of(DISK)[7:]}  disk.raw\n".encode())
    with server_module.Server(server.folder, tls=tls) as secure:
        secure.elsewhere = server.address
        want = {"url": f"{server.address}/range/disk.raw", "checksum_url": f"{secure.address}/range/SHA256SUMS"}
        with pytest.raises(LabError, match="is served with a certificate that is not trusted"):
            fetch(folder, **want)
        monkeypatch.setenv("SSL_CERT_FILE", tls[0])
        assert fetch(folder, **want).proof.reason == f"{secure.address}/range/SHA256SUMS (by https)"
        want["checksum_url"] = f"{secure.address}/elsewhere/range/SHA256SUMS"
        with pytest.raises(LabError, match=r"redirects to a wrong place: .* is http, which anybody on the way can"):
            fetch(folder, **want)
        want["url"] = f"{secure.address}/elsewhere/range/disk.raw"
        want["checksum_url"] = f"{secure.address}/redirect/range/SHA256SUMS"
        (folder / "source").unlink()
        assert fetch(folder, **want).changed
    want["checksum_url"] = f"{server.address}/range/SHA256SUMS"
    with pytest.raises(LabError, match="is http, which anybody on the way can change"):
        fetch(folder, **want)


@pytest.mark.parametrize(
    ("want", "sentence"),
    [
        ({}, "needs either path or url"),
        ({"path": "/a", "url": "https://e.org/a"}, "needs either path or url"),
        ({"url": "https://e.org/a"}, "needs either checksum or checksum_url"),
        ({"url": "https://e.org/a", "checksum": "md5:1"}, "is no checksum"),
        ({"url": "ftp://e.org/a", "checksum": sum_of(b"")}, "is no http or https address"),
        ({"url": "https://e.org/a", "checksum": sum_of(b""), "keyring": "/k"}, "with checksum they prove nothing"),
        (
            {"url": "https://e.org/a", "checksum_url": "https://e.org/S", "signature_url": "https://e.org/S.gpg"},
            "proves nothing without keyring",
        ),
        ({"url": "https://e.org/a", "checksum_url": "http://e.org/S"}, "is http, which anybody on the way can change"),
    ],
)
def test_what_proves_nothing_is_refused(want: dict[str, str], sentence: str, folder: Path) -> None:
    with pytest.raises(LabError, match=sentence):
        fetch(folder, **want)
    assert not folder.exists()


def test_check_mode_looks_and_changes_nothing(image: Path, folder: Path) -> None:
    want = _fetch.Want(path=str(image), checksum=sum_of(DISK))
    assert not _fetch.look(want, str(folder))
    assert not folder.exists()
    fetch(folder, path=str(image), checksum=sum_of(DISK))
    assert _fetch.look(want, str(folder))
    assert not _fetch.look(want._replace(checksum=sum_of(b"")), str(folder))
    assert _fetch.look(want._replace(checksum=None, checksum_url="https://e.org/SUMS"), str(folder))
    link = folder.with_name("link")
    link.symlink_to(folder)
    for other in (folder / "source", link):
        with pytest.raises(LabError, match="is not a folder of this user's own"):
            _fetch.look(want, str(other))

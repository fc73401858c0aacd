# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Conversion by the real qemu-img, in a room of its own."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._image import _convert, _room
from ansible_collections.virtio.lab.plugins.module_utils._runner import Result, run

from .conftest import partitioned, qcow2

DISK = partitioned()


@pytest.fixture(name="raw")
def raw_disk(tmp_path: Path) -> Path:
    path = tmp_path / "disk.raw"
    path.write_bytes(DISK)
    path.chmod(0o600)
    return path


def qemu_img(*argv: object) -> bytes:
    return subprocess.run(["qemu-img", *map(str, argv)], check=True, capture_output=True).stdout


def convert(source: Path, dest: Path, runner: Any = run) -> Any:
    return _convert.convert(str(source), str(dest), source.name, 60, runner)


def content(disk: Path, tmp_path: Path) -> bytes:
    qemu_img("convert", "-f", "qcow2", "-O", "raw", disk, tmp_path / "back")
    return (tmp_path / "back").read_bytes()


@pytest.mark.parametrize("options", [None, "compat=1.1", "compat=0.10", "cluster_size=512", "extended_l2=on"])
def test_it_has_what_the_image_had_and_is_the_callers_alone(options: str | None, raw: Path, tmp_path: Path) -> None:
    source = raw
    if options:
        source = tmp_path / "disk.qcow2"
        qemu_img("convert", "-f", "raw", "-O", "qcow2", "-c", "-o", options, raw, source)
    before = source.stat()
    dest = tmp_path / "made.qcow2"
    assert convert(source, dest) == ("qcow2", len(DISK))
    assert content(dest, tmp_path) == DISK
    told = dest.stat()
    assert (stat.S_IMODE(told.st_mode), told.st_uid, told.st_gid) == (0o600, os.geteuid(), os.getegid())
    after = source.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".room-")]
    assert _convert.made(str(dest)) == len(DISK)
    assert _convert.made(str(tmp_path / "nowhere")) is None


def test_a_cut_off_qcow2_is_refused(raw: Path, tmp_path: Path) -> None:
    """qemu-img convert alone ends well with zeros for what is missing."""
    source = tmp_path / "disk.qcow2"
    qemu_img("convert", "-f", "raw", "-O", "qcow2", raw, source)
    os.truncate(source, source.stat().st_size // 2)
    with pytest.raises(
        LabError, match=r"^disk.qcow2 is a qcow2 that is cut off or damaged \(.*\); get it again, whole"
    ):
        convert(source, tmp_path / "made.qcow2")
    assert sorted(os.listdir(tmp_path)) == ["disk.qcow2", "disk.raw"]


def test_a_header_that_lies_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "disk.qcow2"
    source.write_bytes(qcow2(size=1 << 45))
    with pytest.raises(LabError, match=r"is a qcow2 that is cut off or damaged|cannot be converted"):
        convert(source, tmp_path / "made.qcow2")
    source.write_bytes(qcow2(backing=b"/etc/shadow"))
    with pytest.raises(LabError, match=r"has the backing file"):
        _convert.look(str(source), "disk.qcow2")


@pytest.mark.parametrize(("inner", "sentence"), [("qcow2", "a qcow2 inside another image"), ("blank", "a blank disk")])
def test_the_disk_in_the_image_is_looked_at(inner: str, sentence: str, raw: Path, tmp_path: Path) -> None:
    nested, source = tmp_path / "nested", tmp_path / "disk.qcow2"
    if inner == "qcow2":
        qemu_img("convert", "-f", "raw", "-O", "qcow2", raw, nested)
    else:
        nested.write_bytes(bytes(1 << 20))
    qemu_img("convert", "-f", "raw", "-O", "qcow2", nested, source)
    with pytest.raises(LabError, match=f"^the disk in disk.qcow2 is {sentence}"):
        convert(source, tmp_path / "made.qcow2")
    assert not (tmp_path / "made.qcow2").exists()


def test_what_a_bent_converter_writes_is_not_believed(raw: Path, tmp_path: Path) -> None:
    def bent(argv: list[str], **options: Any) -> Result:
        done = run(argv, **options)
        if "convert" in argv:
            Path(options["cwd"], "disk.qcow2").write_bytes(qcow2(backing=b"/etc/shadow"))
        return done

    with pytest.raises(LabError, match=r"^what became of disk.raw has the backing file '/etc/shadow'"):
        convert(raw, tmp_path / "made.qcow2", bent)
    assert os.listdir(tmp_path) == ["disk.raw"]


def test_no_file_grows_beyond_its_limit(tmp_path: Path) -> None:
    with _room.room(str(tmp_path), run) as room:
        room.target("large")
        done = run(
            room.argv(["dd", "if=/dev/zero", "of=large", "bs=1M", "count=4"], 1 << 20), cwd=room.folder, check=False
        )
        assert done.rc != 0
        assert os.stat(os.path.join(room.folder, "large")).st_size == 1 << 20


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to drop")
def test_the_program_is_nobody_and_reaches_nothing(raw: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("of root alone")
    secret.chmod(0o600)
    with _room.room(str(tmp_path), run) as room:
        lent = Path(room.folder, "lent")
        lent.write_text("for the program")
        room.lend(str(lent))

        def inside(*argv: str) -> Result:
            return run(room.argv(argv), cwd=room.folder, check=False)

        status = dict(line.split(":\t", 1) for line in inside("cat", "/proc/self/status").stdout.splitlines())
        assert status["Uid"].split() == [str(room.user)] * 4
        assert status["Gid"].split() == [str(room.user)] * 4
        assert status["Groups"].strip() == ""
        assert {status[name].strip("0") for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {""}
        assert status["NoNewPrivs"] == "1"
        assert inside("cat", "lent").stdout == "for the program"
        for refused in (["cat", str(secret)], ["cat", "/etc/shadow"], ["touch", "new"], ["sh", "-c", "echo x > lent"]):
            assert "Permission denied" in inside(*refused).stderr
        if room.before[0] == "unshare":
            own = inside("readlink", "/proc/self/ns/net").stdout
            assert own != os.readlink("/proc/self/ns/net") + "\n"
    assert not Path(room.folder).exists()


def test_without_the_tools_it_says_which(raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabError, match=r"converting disk.raw takes qemu-img, setpriv, prlimit on this host; install"):
        convert(raw, tmp_path / "made.qcow2")

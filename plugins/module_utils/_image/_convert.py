# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn an image that was looked at into the lab's own qcow2, by a qemu-img that has nothing but that image."""

from __future__ import annotations

import json
import os
import shutil
from typing import Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._image import _disk, _local, _magic, _room
from ansible_collections.virtio.lab.plugins.module_utils._image._disk import Disk
from ansible_collections.virtio.lab.plugins.module_utils._runner import Result, Runner

# What stays free on the file system, whatever an image unpacks to.
RESERVE = 512 << 20
_SOURCE, _DISK, _HEAD = "source", "disk.qcow2", "head.raw"


def made(dest: str) -> Optional[int]:
    """The virtual size of the disk at dest; None where there is no whole one."""
    return _examine(dest, dest).virtual_size if os.path.lexists(dest) else None


def look(source: str, shown: str) -> int:
    """The virtual size of the disk in the image; LabError where it cannot be converted."""
    return _examine(source, shown).virtual_size


def convert(source: str, dest: str, shown: str, timeout: float, runner: Runner) -> Disk:
    """Make the qcow2 dest of the image source, and return what the disk in it is; shown is its name in messages.

    source must be the caller's alone, and on the file system of dest. It is left as it was.
    """
    missing = [program for program in ("qemu-img", "setpriv", "prlimit") if shutil.which(program) is None]
    if missing:
        raise LabError(f"converting {shown} takes {', '.join(missing)} on this host; install qemu-utils and util-linux")
    image = _examine(source, shown)
    with _room.room(os.path.dirname(dest), runner) as room:
        _convert(source, room, image, shown, timeout, runner)
        made = os.path.join(room.folder, _DISK)
        _look_again(made, room, shown, runner)
        if room.user is not None:
            os.chown(made, 0, 0)
        os.chmod(made, 0o600)
        os.replace(made, dest)
    return Disk("qcow2", image.virtual_size)


def _convert(source: str, room: _room.Room, image: Disk, shown: str, timeout: float, runner: Runner) -> None:
    before = os.stat(source)
    os.link(source, os.path.join(room.folder, _SOURCE))
    try:
        room.lend(os.path.join(room.folder, _SOURCE))
        if image.format == "qcow2":
            checked = _in(room, ["qemu-img", "check", _only(image.format, _SOURCE)], None, timeout, runner)
            if checked.rc not in (0, 3):  # 3: clusters that nobody uses, which cost room only
                raise LabError(f"{shown} is a qcow2 that is cut off or damaged ({_why(checked)}); get it again, whole")
        room.target(_DISK)
        free = shutil.disk_usage(room.folder).free - RESERVE
        if free <= 0:
            raise LabError(f"{room.folder} has {free + RESERVE >> 20} MiB free; converting {shown} takes more")
        done = _in(
            room, ["qemu-img", "convert", "-O", "qcow2", _only(image.format, _SOURCE), _DISK], free, timeout, runner
        )
        if done.rc != 0:
            raise LabError(f"{shown} cannot be converted: {_why(done)}")
    finally:
        os.chown(source, before.st_uid, before.st_gid)
        os.chmod(source, before.st_mode & 0o7777)


def _examine(path: str, shown: str) -> Disk:
    with _local.open_file(path) as file:
        return _disk.examine(file, shown)


def _look_again(made: str, room: _room.Room, shown: str, runner: Runner) -> None:
    """What the converter wrote is no more trusted than what it read."""
    with open(made, "rb") as file:
        disk = _disk.examine(file, f"what became of {shown}")
    if disk.format != "qcow2":
        raise LabError(f"what became of {shown} is no qcow2 but {disk.format}; the image is damaged or hostile")
    head = room.target(_HEAD)
    count = min(_magic.HEAD, disk.virtual_size)
    argv = ["qemu-img", "dd", "-f", "qcow2", "-O", "raw", f"bs={count}", "count=1", f"if={_DISK}", f"of={_HEAD}"]
    done = _in(room, argv, 2 * _magic.HEAD, 60, runner)
    if done.rc != 0:
        raise LabError(f"the disk in {shown} cannot be read: {_why(done)}")
    with open(head, "rb") as file:
        _disk.payload(file.read(_magic.HEAD), disk.virtual_size, f"the disk in {shown}")


def _only(kind: str, name: str) -> str:
    """A file of this format and nothing else: no probing, no protocol in its name, no backing file."""
    own = {"backing": None} if kind == "qcow2" else {}
    return "json:" + json.dumps({"driver": kind, "file": {"driver": "file", "filename": name}, **own})


def _in(room: _room.Room, argv: Sequence[str], largest: Optional[int], timeout: float, runner: Runner) -> Result:
    return runner(room.argv(argv, largest), cwd=room.folder, timeout=timeout, check=False)


def _why(done: Result) -> str:
    lines = (done.stderr or done.stdout).strip().splitlines()
    return lines[0][:200] if lines else f"qemu-img ended with {done.rc} and said nothing"

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kernel of a file system tree and the modules that a guest needs of it."""

from __future__ import annotations

import glob
import gzip
import lzma
import os
import re
import tempfile
from pathlib import Path
from typing import Any, Callable, NamedTuple, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._guest import _tree
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner


class Kernel(NamedTuple):
    """A kernel image and its release, as `uname -r` says it."""

    release: str
    image: str


class Module(NamedTuple):
    """A kernel module's name with .ko, and its file on this machine, perhaps compressed."""

    name: str
    path: str


def newest(root: str) -> Kernel:
    """Return the newest kernel of root that has both its image and its modules; raises LabError when there is none."""
    releases = sorted((os.path.basename(path) for path in glob.glob(f"{root}/lib/modules/*")), key=_version_key)
    for release in reversed(releases):
        image = _image(root, release)
        if image and os.path.exists(f"{root}/lib/modules/{release}/modules.dep"):
            return Kernel(release, image)
    raise LabError(f"{root} holds no kernel with its modules: want boot/vmlinuz-RELEASE beside lib/modules/RELEASE")


def modules(root: str, release: str, names: Sequence[str], runner: Runner, wanted: Sequence[str] = ()) -> list[Module]:
    """Return the modules to load for names, each after those it depends on; what is built in needs none.

    wanted are taken where release has them: kernels for clouds leave most drivers out.
    Raises LabError that names the modules which release does not have.
    """
    found: dict[str, Module] = {}
    missing = []
    for name in (*names, *wanted):
        shown = runner(["modprobe", "--show-depends", "-d", root, "-S", release, name], check=False)
        if shown.rc != 0 and name in names:
            missing.append(name)
        for path in re.findall(r"^insmod (\S{1,4096})", shown.stdout, re.MULTILINE):
            module = Module(re.sub(r"\.ko\.[^\n]{0,255}", ".ko", os.path.basename(path)), path)
            found.setdefault(module.name, module)
    if missing:
        raise LabError(f"kernel {release} of {root} has no module {', '.join(missing)}")
    return list(found.values())


def content(module: Module, runner: Runner) -> bytes:
    """Return the module uncompressed: busybox's insmod knows no compression."""
    suffix = os.path.splitext(module.path)[1]
    if suffix == ".zst":
        with tempfile.TemporaryDirectory() as folder:
            plain = os.path.join(folder, module.name)
            runner(["zstd", "--quiet", "--decompress", "-o", plain, module.path])
            return Path(plain).read_bytes()
    openers: dict[str, Callable[..., Any]] = {".xz": lzma.open, ".gz": gzip.open}
    with openers.get(suffix, open)(module.path, "rb") as stream:
        return stream.read()


def _image(root: str, release: str) -> Optional[str]:
    places = (f"/boot/vmlinuz-{release}", f"/lib/modules/{release}/vmlinuz")
    return next((found for found in (_tree.resolve(root, place) for place in places) if found), None)


def _version_key(release: str) -> list[tuple[int, str]]:
    """Return what releases are sorted by: numbers as numbers, and a candidate (6.12-rc1) before its release."""
    return [_part_key(part) for part in re.findall(r"[0-9]{1,20}|[^0-9.]{1,100}", release)] + [(-1, "")]


def _part_key(part: str) -> tuple[int, str]:
    if part.isdigit():
        return int(part), ""
    return (-2 if part.strip("-~") == "rc" else -1), part

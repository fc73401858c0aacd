# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hypervisor's side: kernel modules, device nodes, and the files a QEMU process holds open."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Optional

from ansible_collections.virtio.lab.plugins.module_utils._qemu import _process

MODULES = (
    "kvm", "kvm_intel", "kvm_amd", "vhost", "vhost_net", "vhost_iotlb", "tun", "tap", "macvtap", "bridge", "vfio_pci",
)  # fmt: skip
DEVICES = ("/dev/kvm", "/dev/vhost-net", "/dev/net/tun")


def host(proc: str = "/proc", sysfs: str = "/sys") -> dict[str, Any]:
    """Return kernel, kernel modules and device nodes of this machine."""
    listed = Path(proc, "modules")  # missing where the kernel is built without modules
    return {
        "name": os.uname().nodename,
        "kernel": os.uname().release,
        "modules": modules(listed.read_text(encoding="ascii") if listed.exists() else "", sysfs),
        "devices": {path: os.path.exists(path) for path in DEVICES},
    }


def modules(loaded: str, sysfs: str = "/sys") -> dict[str, dict[str, Any]]:
    """Return the modules a datapath is made of, from the text of /proc/modules.

    Each has state (loaded, built-in, absent), users (reference count, None unless loaded), used_by and parameters.
    """
    lines = {fields[0]: fields for fields in (line.split() for line in loaded.splitlines()) if len(fields) > 3}
    found = {}
    for name in MODULES:
        fields = lines.get(name)
        folder = Path(sysfs, "module", name)
        state = "loaded" if fields else ("built-in" if folder.is_dir() else "absent")
        found[name] = {
            "state": state,
            "users": int(fields[2]) if fields else None,
            "used_by": [user for user in fields[3].split(",") if user not in ("", "-")] if fields else [],
            "parameters": _parameters(folder / "parameters"),
        }
    return found


def descriptors(pid: int, root: str = _process.PROC) -> list[dict[str, Any]]:
    """Return the descriptors of QEMU that make a datapath: devices and KVM's own; a TAP's with the name of its link.

    Raises LabError when /proc/PID/fd may not be read.
    """
    wanted = re.compile(r"/dev/(?!null)|anon_inode:kvm-|anon_inode:\[vfio")
    return [
        {"fd": number, "target": target, "link": _tap_name(pid, number, root) if target == "/dev/net/tun" else None}
        for number, target in sorted(_process.links(pid, root).items())
        if wanted.match(target)
    ]


def _tap_name(pid: int, number: int, root: str) -> Optional[str]:
    try:
        text = Path(root, str(pid), "fdinfo", str(number)).read_text(encoding="ascii")
    except OSError:  # closed meanwhile
        return None
    found = re.search(r"^iff:[ \t]{0,9}(\S{1,64})", text, re.MULTILINE)
    return found.group(1) if found else None


def _parameters(folder: Path) -> dict[str, str]:
    if not folder.is_dir():
        return {}
    readable = (path for path in sorted(folder.iterdir()) if os.access(path, os.R_OK))
    return {path.name: path.read_text(encoding="utf-8", errors="replace").strip() for path in readable}

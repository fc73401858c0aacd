# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who uses a VF: a guest through VFIO, a network namespace, or a link on top of its interface."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import Iterator

from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner
from ansible_collections.virtio.lab.plugins.module_utils._sriov._model import Pf, Vf

NETNS_DIR = "/run/netns"


def with_usage(pf: Pf, runner: Runner, proc: str = "/proc") -> Pf:
    """The PF with `in_use` of every VF filled in."""
    return replace(pf, vfs=tuple(replace(vf, in_use=_users(pf, vf, runner, proc)) for vf in pf.vfs))


def _users(pf: Pf, vf: Vf, runner: Runner, proc: str) -> tuple[str, ...]:
    path = f"{pf.path}/virtfn{vf.index}"
    if vf.address is None or not vf.driver:
        return ()
    if vf.driver.startswith("vfio"):
        return tuple(_vfio_processes(path, proc))
    interfaces = os.listdir(f"{path}/net") if os.path.isdir(f"{path}/net") else []
    if not interfaces and not os.path.exists(f"{path}/uio"):
        return (_namespace(vf.address, runner),)
    return tuple(
        f"{entry[len('upper_') :]} on top of its interface {interface}"
        for interface in interfaces
        for entry in sorted(os.listdir(f"{path}/net/{interface}"))
        if entry.startswith("upper_")
    )


def _vfio_processes(path: str, proc: str) -> Iterator[str]:
    """Processes with the VF's group, or its own character device, open."""
    nodes = {"/dev/vfio/" + os.path.basename(os.path.realpath(f"{path}/iommu_group"))}
    if os.path.isdir(f"{path}/vfio-dev"):
        nodes |= {f"/dev/vfio/devices/{name}" for name in os.listdir(f"{path}/vfio-dev")}
    for pid in sorted(int(entry) for entry in os.listdir(proc) if entry.isdigit()):
        if nodes & set(_open_files(f"{proc}/{pid}/fd")):
            yield f"{_guest(f'{proc}/{pid}/cmdline')} (pid {pid})"


def _open_files(directory: str) -> Iterator[str]:
    try:
        for fd in os.listdir(directory):
            yield os.readlink(f"{directory}/{fd}")
    except OSError:  # the process ended meanwhile
        return


def _guest(cmdline: str) -> str:
    """`guest NAME` for a QEMU with -name, else the program's name."""
    try:
        with open(cmdline, encoding="utf-8", errors="replace") as file:
            argv: list[str] = file.read().split("\0")
    except OSError:
        return "a process"
    for option, value in zip(argv, argv[1:]):
        if option == "-name":
            first = value.split(",")[0]
            return "guest " + (first[len("guest=") :] if first.startswith("guest=") else first)
    return os.path.basename(argv[0])


def _namespace(address: str, runner: Runner) -> str:
    """The named network namespace that the VF's interface was moved to, as far as `ip` tells."""
    for name in sorted(os.listdir(NETNS_DIR)) if os.path.isdir(NETNS_DIR) else []:
        shown = runner(["ip", "-n", name, "-j", "-d", "link", "show"], check=False)
        links = json.loads(shown.stdout or "[]") if shown.rc == 0 else []
        for link in links:
            if link.get("parentdev") == address:
                return f"network namespace {name} (its interface {link['ifname']})"
    return "a network namespace without a name"

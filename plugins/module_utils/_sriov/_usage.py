# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who uses a VF: a guest or program through VFIO, a network namespace, or a link on top of its interface."""

from __future__ import annotations

import functools
import json
import os
from dataclasses import replace
from typing import Iterator, Optional

from ansible_collections.virtio.lab.plugins.module_utils._links._nodes import number_of
from ansible_collections.virtio.lab.plugins.module_utils._sriov._host import Host, argv, content, entries, open_files
from ansible_collections.virtio.lab.plugins.module_utils._sriov._model import Pf, User, Vf

VFIO = "/dev/vfio/"


class Usage:
    """Who uses which VF, looked up when first asked for and then remembered."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def of(self, pf: Pf) -> Pf:
        """The PF with `in_use` of every VF filled in."""
        return replace(pf, vfs=tuple(replace(vf, in_use=tuple(self._users(pf, vf))) for vf in pf.vfs))

    def _users(self, pf: Pf, vf: Vf) -> Iterator[User]:
        path = f"{pf.path}/virtfn{vf.index}"
        if vf.address is None or not vf.driver:
            return
        if "vfio" in vf.driver:  # vfio-pci, or a driver of its kind like mlx5_vfio_pci
            nodes = {f"{VFIO}{vf.iommu_group}"} | {f"{VFIO}devices/{name}" for name in entries(f"{path}/vfio-dev")}
            yield from dict.fromkeys(user for node in sorted(nodes) for user in self._vfio.get(node, ()))
        elif os.path.isdir(f"{path}/net") and not vf.interface:
            # The kernel shows an interface in its own namespace only, but the directory in all.
            yield self._elsewhere.get(vf.address, User("netns", "unknown to this host"))
        elif vf.interface:
            for entry in entries(f"{path}/net/{vf.interface}"):
                if entry.startswith("upper_"):
                    yield User("link", entry[len("upper_") :], interface=vf.interface)

    @functools.cached_property
    def _vfio(self) -> dict[str, list[User]]:
        """By device node (a group's, or the device's own): who holds it open."""
        users: dict[str, list[User]] = {}
        for pid in self._host.pids:
            process = f"{self._host.proc}/{pid}"
            for node in set(self._vfio_nodes(f"{process}/fd")):
                users.setdefault(node, []).append(holder(argv(process), pid))
        return users

    def _vfio_nodes(self, descriptors: str) -> Iterator[str]:
        """The device nodes of VFIO behind open files, by their own name or by another one of the same device."""
        for path, opened in open_files(descriptors):
            if path.startswith(VFIO):
                yield path
            elif path.startswith("/") and self._vfio_numbers:
                node = self._vfio_numbers.get(number_of(opened))
                if node:
                    yield node

    @functools.cached_property
    def _vfio_numbers(self) -> dict[Optional[int], str]:
        """The device nodes of VFIO by their device numbers, which sysfs tells."""
        numbers: dict[Optional[int], str] = {}
        for kind, folder in (("vfio", VFIO), ("vfio-dev", f"{VFIO}devices/")):
            for name in entries(f"{self._host.sys}/class/{kind}"):
                major, _colon, minor = (content(f"{self._host.sys}/class/{kind}/{name}/dev") or "").partition(":")
                if minor:
                    numbers[os.makedev(int(major), int(minor))] = f"{folder}{name}"
        return numbers

    @functools.cached_property
    def _elsewhere(self) -> dict[str, User]:
        """By PCI address: the network namespace its interface is in."""
        users: dict[str, User] = {}
        for name, pid, ip in self._namespaces():
            shown = self._host.runner([*ip, "-j", "-d", "link", "show"], check=False)
            for link in json.loads(shown.stdout or "[]") if shown.rc == 0 else []:
                if "parentdev" in link:
                    users.setdefault(link["parentdev"], User("netns", name, pid, link["ifname"]))
        return users

    def _namespaces(self) -> Iterator[tuple[str, Optional[int], list[str]]]:
        """Name, process where it has no name, and `ip` for every network namespace but this one."""
        seen = {None, _inode(f"{self._host.proc}/self/ns/net")}
        for name in entries(self._host.netns):
            seen.add(_inode(f"{self._host.netns}/{name}"))
            yield name, None, ["ip", "-n", name]
        for pid in self._host.pids:
            path = f"{self._host.proc}/{pid}/ns/net"
            if _inode(path) not in seen:
                seen.add(_inode(path))
                program = os.path.basename(argv(f"{self._host.proc}/{pid}")[0]) or "a process"
                yield program, pid, ["nsenter", f"--net={path}", "ip"]


def holder(words: list[str], pid: int) -> User:
    """The guest of a QEMU with -name, else the program."""
    for option, value in zip(words, words[1:]):
        if option == "-name":
            first = value.split(",")[0]
            return User("guest", first[len("guest=") :] if first.startswith("guest=") else first, pid)
    return User("process", os.path.basename(words[0]) or "a process", pid)


def _inode(path: str) -> Optional[int]:
    try:
        return os.stat(path).st_ino
    except OSError:  # the process ended meanwhile
        return None

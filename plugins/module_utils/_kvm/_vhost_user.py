# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a guest cannot be served over vhost-user here: no program, no memory that is shared, a QEMU that would end."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from lxml.etree import _Element

PROGRAM = "dpdk-testpmd"
# Kinds of <source> that a file descriptor can be had of, which is what the other process is given.
_FILES = ("memfd", "file")
_SAFE = 10_000_000  # QEMU 10.0.0, as libvirt counts
_NO_MSI = "pci=nomsi"


def lacks_testpmd() -> Optional[str]:
    """Return it in words, None where the program is found."""
    if shutil.which(PROGRAM):
        return None
    return f"{PROGRAM} is not found; install it (package dpdk-dev of Debian and Ubuntu, dpdk of Fedora)"


def lacks_shared_memory(root: _Element) -> Optional[str]:
    """Return in words why another process cannot have the memory of a <domain>, None where it can. Pure."""
    backing, cells = root.find("memoryBacking"), root.findall("cpu/numa/cell")
    if cells and all(cell.get("memAccess") == "shared" for cell in cells):
        return None
    if backing is not None and backing.find("access") is not None and backing.find("access").get("mode") == "shared":
        source = backing.find("source")
        if backing.find("hugepages") is not None or (source is not None and source.get("type") in _FILES):
            return None
    return (
        "its memory is not shared, and another process could not read a packet in it; give the domain <memoryBacking> "
        "with <source type='memfd'/> and <access mode='shared'/>, or the lab's guest shared_memory, and start it anew"
    )


def would_end(root: _Element, version: int) -> Optional[str]:
    """Return in words why QEMU would end as soon as the guest uses its NIC, None where it would not. Pure.

    Without KVM, QEMU 7.2 follows a null pointer where the guest has it use MSI-X on a vhost-user NIC; QEMU 10 does not.
    Of those in between that is not known. version is libvirt's number of it.
    """
    if root.get("type") == "kvm" or version >= _SAFE or _NO_MSI in root.findtext("os/cmdline", "").split():
        return None
    number = f"{version // 1_000_000}.{version // 1000 % 1000}.{version % 1000}"
    return (
        f"QEMU {number} without KVM may end when the guest uses MSI-X on a vhost-user NIC, as QEMU 7.2 does; boot the "
        f"guest's kernel with {_NO_MSI}, or take QEMU 10 or KVM"
    )

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The machine that is read and written: how its commands are run, and where its file systems are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Iterator, Optional

from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner, run


@dataclass(frozen=True)
class Host:
    """runner: runs commands; sys, proc: where sysfs and procfs are; netns: where `ip netns` keeps its namespaces."""

    runner: Runner = run
    sys: str = "/sys"
    proc: str = "/proc"
    netns: str = "/run/netns"

    @property
    def pids(self) -> list[int]:
        return sorted(int(entry) for entry in os.listdir(self.proc) if entry.isdigit())


def link_name(path: str) -> Optional[str]:
    """The last part of where a link leads; None where there is no link."""
    return os.path.basename(os.path.realpath(path)) if os.path.islink(path) else None


def content(path: str) -> Optional[str]:
    """A file's text without the white space around it; None where it cannot be read.

    sysfs refuses some reads (phys_switch_id, where the driver knows none).
    """
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return None


def entries(path: str) -> list[str]:
    """What a directory holds, sorted; nothing where there is none."""
    return sorted(os.listdir(path)) if os.path.isdir(path) else []


def open_files(directory: str) -> Iterator[tuple[str, str]]:
    """What the descriptors in /proc/PID/fd lead to, and the paths of the descriptors themselves."""
    try:
        for fd in os.listdir(directory):
            yield os.readlink(f"{directory}/{fd}"), f"{directory}/{fd}"
    except OSError:  # the process ended meanwhile
        return


def argv(process: str) -> list[str]:
    """The command line of the process with the directory /proc/PID; without words where it ended or has none."""
    return (content(f"{process}/cmdline") or "").rstrip("\0").split("\0")

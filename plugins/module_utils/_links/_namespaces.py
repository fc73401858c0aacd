# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Named network namespaces: read, plan, apply. The alias of its `lo` marks a namespace that was made here."""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any, Collection, Iterator, Mapping, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._apply import apply
from ansible_collections.virtio.lab.plugins.module_utils._links._change import Change, diff
from ansible_collections.virtio.lab.plugins.module_utils._links._check import check_netns
from ansible_collections.virtio.lab.plugins.module_utils._links._holders import Holder, holders
from ansible_collections.virtio.lab.plugins.module_utils._links._model import MARK, Action
from ansible_collections.virtio.lab.plugins.module_utils._links._paths import NETNS_DIR, left_over
from ansible_collections.virtio.lab.plugins.module_utils._links._read import read_links
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner


def reconcile_namespaces(
    names: Sequence[str], state: str, force: bool, check_mode: bool, runner: Runner
) -> dict[str, Any]:
    """What the module netns returns. Raises LabError before anything is changed, ApplyError after a part of it was."""
    for name in names:
        if not check_netns(name, "namespace") or "/" in name:
            raise LabError("namespace without a name; give it one")
    wanted = list(dict.fromkeys(names))
    entries = json.loads(runner(["ip", "-j", "netns", "list"]).stdout or "[]")
    there = {entry["name"] for entry in entries}
    if state == "present" or not force:
        refuse_left_over([name for name in wanted if name in there], "" if state == "present" else ", or force: true")
    actions = plan_namespaces(wanted, state, there)
    if state == "absent" and not force:
        gone = [name for name in wanted if name in there]
        refuse_namespaces({name: read_mark(name, runner) for name in gone}, users(gone) if gone else {})
        refuse_devices(gone, runner)
    if not check_mode:
        apply(actions, runner)
    return {
        "changed": bool(actions),
        "diff": diff((action.label, change) for action in actions for change in action.changes),
        "commands": [action.command for action in actions],
    }


def plan_namespaces(names: Sequence[str], state: str, there: Collection[str]) -> list[Action]:
    """The lines that make or remove namespaces: all in one batch, and then one per namespace for its mark."""
    if state == "absent":
        change = Change("state", "present", "absent")
        return [Action("", name, ("netns", "delete", name), (change,)) for name in names if name in there]
    new = [name for name in names if name not in there]
    change = Change("state", "absent", "present")
    made = [Action("", name, ("netns", "add", name), (change,)) for name in new]
    return [*made, *(Action(name, "lo", ("link", "set", "dev", "lo", "alias", MARK), ()) for name in new)]


def refuse_left_over(names: Sequence[str], otherwise: str) -> None:
    """Raises LabError where `ip netns list` shows a name behind which there is no namespace."""
    for name in names:
        if left_over(name):
            raise LabError(
                f"{NETNS_DIR}/{name} is there and is no network namespace; remove it first (`ip netns delete {name}`)"
                f"{otherwise}"
            )


def refuse_namespaces(marks: Mapping[str, str], used: Mapping[str, Sequence[Holder]]) -> None:
    """Raises LabError for the first namespace that was not made here or in which a process runs."""
    for name, mark in marks.items():
        if mark != MARK:
            raise LabError(
                f"namespace {name} was not made by this collection (the alias of its lo is '{mark}', not "
                f"'{MARK}'); remove it where it was made, or allow it with force: true"
            )
        if used.get(name):
            by = ", ".join(str(holder) for holder in used[name])
            raise LabError(f"namespace {name} is used by {by}; stop that first, or allow it with force: true")


def refuse_devices(names: Sequence[str], runner: Runner) -> None:
    """Raises LabError where a process, wherever it runs itself, holds a device in one of the namespaces.

    A guest's QEMU does: the TAP device goes with its namespace.
    """
    links = {(name, link.name): link for name in names for link in read_links(name, runner).values()}
    for (name, device), held in sorted(holders(links, runner).items()):
        by = ", ".join(str(holder) for holder in held)
        raise LabError(
            f"namespace {name} has {device}, which is held by {by}; stop that first, or allow it with force: true"
        )


def read_mark(name: str, runner: Runner) -> str:
    """The alias of the namespace's `lo`. Raises LabError when `ip` fails."""
    return str(json.loads(runner(["ip", "-n", name, "-j", "link", "show", "dev", "lo"]).stdout)[0].get("ifalias", ""))


def users(names: Sequence[str], proc: str = "/proc", folder: str = NETNS_DIR) -> dict[str, list[Holder]]:
    """The processes that run, or of which a thread runs, in the namespaces."""
    by_inode = {os.stat(os.path.join(folder, name)).st_ino: name for name in names}
    found: dict[str, list[Holder]] = {}
    for pid in sorted(int(entry) for entry in os.listdir(proc) if entry.isdigit()):
        for name in {by_inode.get(inode) for inode in _inodes(f"{proc}/{pid}")} - {None}:
            try:
                with open(f"{proc}/{pid}/comm", encoding="utf-8", errors="replace") as comm:
                    found.setdefault(str(name), []).append(Holder(pid, comm.read().strip()))
            except OSError:  # the process ended meanwhile
                continue
    return found


def _inodes(process: str) -> Iterator[int]:
    """The network namespaces that a process is in, of which each thread may have one of its own."""
    with contextlib.suppress(OSError):  # the process ended meanwhile
        for thread in os.listdir(f"{process}/task"):
            with contextlib.suppress(OSError):
                yield os.stat(f"{process}/task/{thread}/ns/net").st_ino

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is a run valid? Only if every witness saw the datapath that was asked for, and the threads behaved like it."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from ansible_collections.virtio.lab.plugins.module_utils._qemu._monitor import UNKNOWN
from ansible_collections.virtio.lab.plugins.module_utils._witness._moments import MOMENTS, WHEN


def effective(witness: Dict[str, Dict[str, Any]]) -> str:
    """Return the datapath that all three moments saw, `unknown` when they differ."""
    seen = {witness[moment]["effective"] for moment in MOMENTS}
    return seen.pop() if len(seen) == 1 else UNKNOWN


def reasons(asked: str, witness: Dict[str, Dict[str, Any]], cpu_ns: Dict[str, int]) -> List[str]:
    """Return why the run does not count, [] for a valid one; cpu_ns is what each class used in the window."""
    found = []
    for moment in MOMENTS:
        said, when = witness[moment], f"{WHEN[moment]} the run"
        found += [f"{when}: {text}" for text in said["disagreements"]]
        if said["effective"] != asked:
            found.append(f"{when}: the effective datapath is {said['effective']}, {asked} was asked for")
        elif not said["agree"] and not said["disagreements"]:
            found.append(f"{when}: the witnesses do not agree")
    if len({witness[moment]["pid"] for moment in MOMENTS}) > 1:
        found.append("QEMU was restarted during the run")
    return found + _behaviour(asked, witness["middle"], cpu_ns)


def queue_reasons(asked: Optional[int], witness: Dict[str, Dict[str, Any]], used: Optional[int]) -> List[str]:
    """Return why a run that is about a number of queue pairs does not count: QEMU has, or the guest uses, another.

    used is None where the guest cannot tell.
    """
    if asked is None:
        return []
    found = [
        f"{WHEN[moment]} the run: the NIC's queue pairs are {has} in QEMU, {asked} were asked for"
        for moment in MOMENTS
        if (has := witness[moment]["argv"]["queues"]) != asked
    ]
    if used not in (None, asked):
        found.append(f"the NIC's queue pairs are {used} in use by the guest, {asked} were asked for")
    return found


def peer_reasons(witness: Dict[str, Dict[str, Any]]) -> List[str]:
    """Return why a run does not count for its second guest, whose datapath is not asked for but must stay the same."""
    found = []
    if len({witness[moment]["effective"] for moment in MOMENTS}) > 1:
        changes = ", ".join(f"{witness[moment]['effective']} {moment}" for moment in MOMENTS)
        found.append(f"the peer's datapath changed during the run: {changes}")
    if len({witness[moment]["pid"] for moment in MOMENTS}) > 1:
        found.append("the peer's QEMU was restarted during the run")
    return found


def _behaviour(asked: str, middle: Dict[str, Any], cpu_ns: Dict[str, int]) -> List[str]:
    """The fifth witness: who spent CPU time while packets flowed."""
    if asked == "vhost":
        return [] if cpu_ns["vhost"] > 0 else ["no vhost worker used CPU time while packets flowed"]
    found = []
    # Where another NIC of the guest is served by vhost, its worker may well run.
    if cpu_ns["vhost"] > 0 and not middle["fds"]["vhost_net"]:
        found.append("a vhost worker ran while the datapath was to be qemu")
    if cpu_ns["main"] + cpu_ns["iothread"] == 0:
        found.append("neither QEMU's main loop nor an iothread used CPU time while packets flowed")
    return found

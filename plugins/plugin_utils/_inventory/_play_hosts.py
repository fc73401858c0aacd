# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which pattern of hosts a play has, and in what words none of them has any. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError

Hosts = Callable[[str], Sequence[str]]


def first_with_hosts(
    patterns: Sequence[str], *, everywhere: Hosts, left: Hosts, sources: Sequence[str], limit: str
) -> str:
    """The first pattern that has hosts ``left`` by the limit; ``everywhere`` tells which it has without.

    Raises LabError, which names the inventory's ``sources`` and the limit, where no pattern has any.
    """
    for pattern in patterns:
        if left(pattern):
            return pattern
    wanted = " or ".join(repr(pattern) for pattern in patterns)
    inventory = f"the inventory ({', '.join(sources)})" if sources else "the inventory (none was given)"
    there = [host for pattern in patterns for host in everywhere(pattern)]
    if there:
        raise LabError(f"--limit {limit} leaves no host of {wanted}, which in {inventory} has {', '.join(there)}")
    raise LabError(
        f"no host of {inventory} matches {wanted}, so nothing was done: "
        "name the hypervisors there in the group hypervisors, or give their pattern as lab_hosts"
    )

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Links of network namespaces, by one process of each kind per namespace.

`ip` is asked, and sysfs is not: /sys/class/net shows the namespace it was mounted in, `ip -n` the one that is meant.
"""

from __future__ import annotations

import json
import os
from typing import Iterable, Mapping, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._bridge_times import TIMES, with_own_times
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Link, Wish
from ansible_collections.virtio.lab.plugins.module_utils._links._parse import parse_links, with_fdb, with_vlans
from ansible_collections.virtio.lab.plugins.module_utils._links._paths import NETNS_DIR, OWN_NETNS, left_over
from ansible_collections.virtio.lab.plugins.module_utils._links._peers import with_peers
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner


def read(
    wishes: Sequence[Wish], runner: Runner, ports: bool = False, notes: Optional[list[str]] = None
) -> dict[str, dict[str, Link]]:
    """The links of all namespaces that the wishes name, by namespace and name.

    ports: also the VLANs and FDB entries of all, which otherwise are read where a wish names some. notes: gets what
    says that a namespace is missing, which without it is an error, and then has no links. Raises LabError when there is
    no such namespace or `ip` fails.
    """
    vlans = {wish.netns for wish in wishes if ports or wish.vlans is not None}
    fdb = {wish.netns for wish in wishes if ports or wish.fdb is not None}
    have: dict[str, dict[str, Link]] = {}
    for netns in dict.fromkeys(_namespaces(wishes)):
        if notes is not None and not _exists(netns):
            notes.append(f"network namespace '{netns}' does not exist yet; check mode takes it that a task makes it")
            have[netns] = {}
            continue
        links = read_links(netns, runner)
        if netns in vlans:
            links = with_vlans(links, runner(["bridge", *_inside(netns), "-j", "vlan", "show"]).stdout)
        if netns in fdb:
            links = with_fdb(links, runner(["bridge", *_inside(netns), "-j", "fdb", "show"]).stdout)
        timed = {wish.name for wish in wishes if wish.netns == netns and not TIMES.isdisjoint(wish.attributes)}
        have[netns] = with_own_times(netns, links, timed)
    there = with_peers(have, lambda netns: _nsids(netns, runner))
    missed = {each for wish in wishes if wish.attributes.get("peer") for each in _peer_place(wish, there, runner)}
    for netns in missed - set(there):
        have[netns] = read_links(netns, runner)
        if ports:
            have[netns] = with_vlans(have[netns], runner(["bridge", *_inside(netns), "-j", "vlan", "show"]).stdout)
            have[netns] = with_fdb(have[netns], runner(["bridge", *_inside(netns), "-j", "fdb", "show"]).stdout)
    return with_peers(have, lambda netns: _nsids(netns, runner)) if len(have) > len(there) else there


def _peer_place(wish: Wish, have: Mapping[str, Mapping[str, Link]], runner: Runner) -> Iterable[str]:
    """The namespace of the other end of a veth that is to have another one, where that was not read."""
    link = have[wish.netns].get(wish.name)
    if link is not None and link.kind == "veth" and not link.attributes["peer"] and link.peer_nsid >= 0:
        name = _nsids(wish.netns, runner).get(link.peer_nsid)
        if name is not None:
            yield name


def read_links(netns: str, runner: Runner) -> dict[str, Link]:
    """The links of a namespace by name. Raises LabError when there is no such namespace or `ip` fails."""
    if netns and left_over(netns):
        raise LabError(
            f"{NETNS_DIR}/{netns} is there and is no network namespace; remove it first (`ip netns delete {netns}`)"
        )
    if not _exists(netns):
        raise LabError(f"network namespace '{netns}' does not exist; create it first (`ip netns add {netns}`)")
    return parse_links(runner(["ip", *_inside(netns), "-j", "-d", "address", "show"]).stdout)


def _exists(netns: str) -> bool:
    return not netns or os.path.lexists(os.path.join(NETNS_DIR, netns))


def _namespaces(wishes: Iterable[Wish]) -> Iterable[str]:
    for wish in wishes:
        yield wish.netns
        if wish.attributes.get("peer"):
            yield wish.attributes["peer_netns"]


def _nsids(netns: str, runner: Runner) -> dict[int, str]:
    """The names of the namespaces that the namespace knows others by number; "" is the module's own."""
    entries = json.loads(runner(["ip", *_inside(netns), "-j", "netns", "list"]).stdout or "[]")
    return {entry["id"]: "" if _is_own(entry["name"]) else entry["name"] for entry in entries if "id" in entry}


def _is_own(name: str) -> bool:
    path = os.path.join(NETNS_DIR, name)
    return os.path.exists(path) and os.path.samefile(path, OWN_NETNS)


def _inside(netns: str) -> list[str]:
    return ["-n", netns] if netns else []

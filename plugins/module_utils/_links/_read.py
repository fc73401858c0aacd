# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Links of a network namespace, from `ip -j -d address` (iproute2 5.x to 6.15).

`ip` is asked, and sysfs is not: /sys/class/net shows the namespace it was mounted in, `ip -n` the one that is meant.
"""

from __future__ import annotations

import grp
import ipaddress
import json
import os
import pwd
from typing import Any, Callable, Iterable, Optional, Union

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Link
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner

NETNS_DIR = "/run/netns"


def read_links(netns: str, runner: Runner) -> dict[str, Link]:
    """The links of a namespace by name. Raises LabError when there is no such namespace or `ip` fails."""
    if netns and not os.path.exists(os.path.join(NETNS_DIR, netns)):
        raise LabError(f"network namespace '{netns}' does not exist; create it first (`ip netns add {netns}`)")
    argv = ["ip", *(["-n", netns] if netns else []), "-j", "-d", "address", "show"]
    return parse_links(runner(argv).stdout)


def parse_links(text: str) -> dict[str, Link]:
    """Links by name from the JSON that `ip -j -d address` prints; entries without a name are gaps that `ip` leaves."""
    return {entry["ifname"]: _link(entry) for entry in json.loads(text or "[]") if entry.get("ifname")}


def _link(entry: dict[str, Any]) -> Link:
    info = entry.get("linkinfo", {})
    kind = info.get("info_kind", "")
    data = info.get("info_data", {}) if kind == "tun" else {}
    return Link(
        name=entry["ifname"],
        kind=kind,
        up="UP" in entry.get("flags", []),
        mtu=entry.get("mtu", 0),
        mac=entry.get("address") if entry.get("link_type") == "ether" else None,
        bridge=entry.get("master", ""),
        addresses=_addresses(entry.get("addr_info", [])),
        altnames=tuple(entry.get("altnames", [])),
        mode=data.get("type", ""),
        owner=_identity(data.get("user"), lambda user: pwd.getpwnam(user).pw_uid),
        group=_identity(data.get("group"), lambda group: grp.getgrnam(group).gr_gid),
        multi_queue=data.get("multi_queue", False),
        vnet_hdr=data.get("vnet_hdr", False),
        packet_info=data.get("pi", False),
    )


def _addresses(entries: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(
        ipaddress.ip_interface(f"{entry['local']}/{entry['prefixlen']}").with_prefixlen
        for entry in entries
        if "local" in entry
    )


def _identity(value: Union[str, int, None], lookup: Callable[[str], int]) -> Optional[int]:
    """`ip` prints the name where the id has one and the number where not."""
    if value is None or isinstance(value, int):
        return value
    return int(value) if value.isdigit() else lookup(value)

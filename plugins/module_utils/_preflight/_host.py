# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host has for guests and loads: cards with virtual functions, ports that are free, room on the disk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import List, Mapping

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign._files import read
from ansible_collections.virtio.lab.plugins.module_utils._foreign._reads import reads
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools import _iperf3, _netperf
from ansible_collections.virtio.lab.plugins.module_utils._preflight._capability import Capability, no, unknown, yes
from ansible_collections.virtio.lab.plugins.module_utils._preflight._machine import Machine
from ansible_collections.virtio.lab.plugins.module_utils._sriov import _read
from ansible_collections.virtio.lab.plugins.module_utils._sriov._find import find_all
from ansible_collections.virtio.lab.plugins.module_utils._sriov._host import Host

# What a load's server listens at where only the guest can open the connection, so that the server is on the host.
PORTS: Mapping[int, str] = {_iperf3.DEFAULT_PORT: "iperf3", _netperf.DEFAULT_PORT: "netperf"}
# A prepared cloud image, and over it the disks of its guests.
ROOM_MIB = 4096
_LISTENS = "0A"
_MOST = 16 << 20


def sriov(of: Machine) -> Capability:
    """Which cards have virtual functions that they could give."""
    try:
        cards = _cards(Host(runner=of.runner, sys=of.at("sys"), proc=of.at("proc")))
    except LabError as error:
        return unknown("sriov", error, "install iproute2, and look by ip -d link")
    if cards:
        return yes("sriov", "; ".join(cards))
    return no(
        "sriov",
        "no interface here is the physical function of a card with SR-IOV",
        "enable SR-IOV in the firmware and in the card's own settings, or take a card that has it",
    )


@reads("what `ip -j -d link` and sysfs say of the cards")
def _cards(host: Host) -> list[str]:
    links = _read.read_links(host)
    pfs = [_read.read_pf(name, links, host) for name in find_all(links, host)]
    return [f"{pf.name} ({pf.driver}) has {pf.numvfs} of {pf.totalvfs or 'unknown'} virtual functions" for pf in pfs]


def ports(of: Machine) -> Capability:
    """Whether the servers of loads could listen here."""
    folder = Path(of.at("proc/self/net"))
    taken = set()
    for name in ("tcp", "tcp6"):
        try:
            taken |= set(parse_listening(read(folder, name, limit=_MOST).decode(errors="replace")))
        except FileNotFoundError:
            if name == "tcp6":  # a kernel without IPv6 has none
                continue
            return unknown("ports", f"{folder / name} is missing", "look by ss -ltn")
        except (LabError, OSError) as error:
            return unknown("ports", f"{folder / name}: {error}", "look by ss -ltn")
    names = [f"{port} ({tool})" for port, tool in PORTS.items() if port in taken]
    if names:
        why = f"a server listens at {' and '.join(names)} already; a load over user starts its own there"
        return no("ports", why, "end it (ss -ltnp says which it is)")
    return yes("ports", f"nothing listens at {' and '.join(f'{port} ({tool})' for port, tool in PORTS.items())}")


@reads("/proc/net/tcp")
def parse_listening(text: str) -> List[int]:
    """The ports that somebody listens at."""
    rows = [line.split(maxsplit=4) for line in text.splitlines()[1:] if line.strip()]
    return [int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == _LISTENS]


def disk(folder: str) -> Capability:
    """Whether there is room for images and disks; the folder need not be there yet."""
    place = Path(folder)
    remedy = f"make {ROOM_MIB} MiB free there, or let guest_image_dir and guests_dir name a larger disk"
    try:
        while not os.path.lexists(place) and place != place.parent:
            place = place.parent
        seen = os.statvfs(place)
    except OSError as error:
        return unknown("disk", f"{place}: {error.strerror}", f"look by df {place}")
    free = seen.f_bavail * seen.f_frsize >> 20
    why = f"{free} MiB are free for {folder}"
    if seen.f_flag & os.ST_RDONLY:
        return no("disk", f"the file system of {folder} is read-only", remedy)
    return yes("disk", why) if free >= ROOM_MIB else no("disk", f"{why}, and {ROOM_MIB} are wanted", remedy)

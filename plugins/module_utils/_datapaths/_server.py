# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who serves a NIC over vhost-user: by what its processes are known, and where they keep what is their own. Pure.

By NIC there is a folder with the socket, the log and what the program keeps; nothing in it is anybody else's. The name
of that folder is that of the link of the hypervisor that the process makes, or that is made for it.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Optional

_MAC = re.compile(r"[0-9a-f]{12}\Z")


class Process(NamedTuple):
    """A process: what its program may be called, and the words that its command line has, of the folder and name."""

    programs: tuple[str, ...]
    words: tuple[str, ...]


class Server(NamedTuple):
    """A kind of those who serve: kind of HostLink, how its names begin, where its folders are, the file of its socket.

    processes: what belongs to it; the first is the one that serves.
    """

    kind: str
    prefix: str
    root: str
    file: str
    processes: tuple[Process, ...]

    @property
    def programs(self) -> tuple[str, ...]:
        """What the process that serves may be called."""
        return self.processes[0].programs

    def name(self, mac: str) -> str:
        """Return the name of the one that serves the NIC of that MAC address: no more than the 15 bytes of a link's.

        >>> TESTPMD.name("52:54:00:00:96:01")
        'vlu525400009601'
        """
        return f"{self.prefix}{mac.replace(':', '')}"

    def folder(self, name: str) -> str:
        """Return the folder of the one of that name."""
        return f"{self.root}/{name}"

    def socket(self, name: str) -> str:
        """Return the socket at which the one of that name serves its NIC."""
        return f"{self.folder(name)}/{self.file}"


TESTPMD = Server(
    "testpmd",
    "vlu",
    "/run/virtio.lab.testpmd",
    "socket",
    (
        Process(
            ("dpdk-testpmd", "testpmd"), ("--file-prefix={name}", "--vdev=net_vhost0,iface={folder}/socket,queues=1")
        ),
    ),
)
# An Open vSwitch of its own, with a database of its own: the user's is neither asked nor changed.
OVS_DPDK = Server(
    "ovs_dpdk",
    "vld",
    "/run/virtio.lab.ovs-dpdk",
    # A port of type dpdkvhostuser listens at a socket of its own name.
    "vhost",
    (
        Process(("ovs-vswitchd-dpdk", "ovs-vswitchd.dpdk", "ovs-vswitchd"), ("unix:{folder}/db.sock",)),
        Process(("ovsdb-server",), ("--remote=punix:{folder}/db.sock",)),
        Process(("unshare",), ("unix:{folder}/db.sock",)),  # for a moment the first is called so
    ),
)
SERVERS = (TESTPMD, OVS_DPDK)


def server_of(name: str) -> Optional[Server]:
    """Return of which kind the one of that name is, None for the name of anything else."""
    return next((one for one in SERVERS if name.startswith(one.prefix) and _MAC.match(name[len(one.prefix) :])), None)


def served_at(path: str) -> Optional[str]:
    """Return the name of the one whose socket that is, None for any other socket.

    >>> served_at("/run/virtio.lab.testpmd/vlu525400009601/socket")
    'vlu525400009601'
    """
    name = path.rpartition("/")[0].rpartition("/")[2]
    one = server_of(name)
    return name if one is not None and one.socket(name) == path else None

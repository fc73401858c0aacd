# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The testpmd that serves a NIC over vhost-user: how it is started."""

from __future__ import annotations

import os
import socket
from contextlib import closing, suppress
from pathlib import Path
from typing import List, Optional

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._server import TESTPMD
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _json
from ansible_collections.virtio.lab.plugins.module_utils._foreign._shape import optional
from ansible_collections.virtio.lab.plugins.module_utils._kvm._vhost_user import PROGRAM
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner
from ansible_collections.virtio.lab.plugins.module_utils._switch import _serving

_MEMORY_MIB, _PACKETS = 256, 8192
_LONGEST_ANSWER = 16384


def command(name: str, cpu: int) -> List[str]:
    """Return the command line of the testpmd of that name. Pure.

    Both of its threads are on one CPU: the first sleeps, the other polls.
    """
    return [
        PROGRAM,
        f"--lcores=0@{cpu},1@{cpu}",
        "--no-huge",
        f"-m{_MEMORY_MIB}",
        "--no-pci",
        f"--file-prefix={name}",
        f"--vdev=net_vhost0,iface={TESTPMD.socket(name)},queues=1",
        f"--vdev=net_tap0,iface={name}",
        "--",
        f"--total-num-mbufs={_PACKETS}",
        "--forward-mode=io",
        "--auto-start",
    ]


def start(name: str, bridge: Optional[str], user: Optional[int], runner: Runner) -> None:
    """Start it, and return once it serves the socket and its TAP is a port of the bridge.

    user: who else than root may connect. Raises LabError, with nothing left, where it does not come up.
    """
    with _serving.started(name) as folder:
        # It ends at the end of its input, so it is given one that it holds open itself.
        reads, writes = os.pipe()
        try:
            cpu = max(os.sched_getaffinity(0))
            process = _serving.begin(command(name, cpu), folder / "log", reads, pass_fds=(writes,))
        finally:
            for number in (reads, writes):
                os.close(number)
        _serving.until_up(process, PROGRAM, lambda: _is_up(name), folder / "log")
        _serving.open_to(name, bridge, user, runner)


def _is_up(name: str) -> bool:
    return os.path.exists(TESTPMD.socket(name)) and os.path.exists(f"/sys/class/net/{name}") and _ports(name) == 2


def _ports(name: str) -> Optional[int]:
    """Return how many ports it says that it has, None where it does not answer."""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)) as asked, suppress(OSError, LabError):
        asked.settimeout(5)
        asked.connect(str(Path(TESTPMD.folder(name), "dpdk", name, "dpdk_telemetry.v2")))
        asked.recv(_LONGEST_ANSWER)
        asked.send(b"/ethdev/list")
        said = optional(_json.loads(asked.recv(_LONGEST_ANSWER).decode("utf-8", "replace"), f"what {PROGRAM} tells"))
        ports = said.get("/ethdev/list")
        return len(ports) if isinstance(ports, list) else None
    return None

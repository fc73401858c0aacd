# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an ovs-vswitchd says of a port of its datapath in user space, at its control socket.

A port that failed, for want of buffers, stays connected to QEMU and has the guest's memory. That no thread polls
it tells. The control socket speaks JSON-RPC: https://docs.openvswitch.org/en/latest/ref/ovs-appctl.8/
"""

from __future__ import annotations

import json
import os
import re
import socket
from contextlib import closing, suppress
from pathlib import Path
from typing import Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _json
from ansible_collections.virtio.lab.plugins.module_utils._foreign._reads import reads
from ansible_collections.virtio.lab.plugins.module_utils._foreign._shape import optional
from ansible_collections.virtio.lab.plugins.module_utils._qemu._process import PROC, read

# What the control socket of the collection's own is called; any other one's ends so.
CONTROL = "ovs-vswitchd.ctl"
_SUFFIX = ".ctl"
_LISTENS = "00010000"
_COLUMNS = 8
_ASK = "dpif-netdev/pmd-rxq-show"
_POLLED = re.compile(r"[ \t]{1,9}port: (\S{1,64}) {1,64}queue-id: {1,9}[0-9]{1,5} \(enabled\)")
_WITHIN_S = 10.0
_LONGEST = 1 << 20


def idle(pid: int, path: str, root: str = PROC) -> Optional[str]:
    """Return in words why process pid moves no packet of the port whose socket is path, None where it does."""
    control = _control_of(pid, root)
    if control is None:
        return "it has no control socket to be asked at"
    return idle_port(control, os.path.basename(path))


def idle_port(control: str, port: str) -> Optional[str]:
    """Return in words why no thread polls a port, by the answer at a control socket; None where one does."""
    try:
        polled = _asked(control)
    except (OSError, LabError) as error:
        return f"it does not tell at {control} what it polls: {getattr(error, 'strerror', None) or error}"
    return None if port in polled else f"no thread of it polls the port {port}, as its log tells"


@reads("what ovs-vswitchd tells")
def parse_polled(text: str) -> set[str]:
    """Return the ports of which a queue is polled, in the answer that has what `ovs-appctl` prints of it."""
    said = optional(_json.loads(text, "what ovs-vswitchd tells")).get("result")
    lines = said.splitlines() if isinstance(said, str) else []
    return {found.group(1) for line in lines if (found := _POLLED.match(line))}


def _asked(control: str) -> set[str]:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as door:
        door.settimeout(_WITHIN_S)
        door.connect(control)
        door.sendall(json.dumps({"id": 0, "method": _ASK, "params": []}).encode())
        heard = b""
        while len(heard) < _LONGEST:
            more = door.recv(65536)
            heard += more
            with suppress(LabError):
                return parse_polled(heard.decode("utf-8", "replace"))
            if not more:
                break
    raise LabError("it ended in the middle of an answer")


def _control_of(pid: int, root: str) -> Optional[str]:
    """Return the path of the control socket at which a process listens, None where none is seen."""
    held: set[str] = set()
    folder = f"{root}/{pid}/fd"
    with suppress(OSError):
        for name in os.listdir(folder):
            with suppress(OSError):
                held.add(os.readlink(f"{folder}/{name}"))
    for line in read(Path(root, str(pid), "net", "unix")).splitlines()[1:]:
        # Num RefCount Protocol Flags Type St Inode Path
        words = line.split(None, _COLUMNS - 1)
        listens = len(words) == _COLUMNS and words[3] == _LISTENS and words[7].endswith(_SUFFIX)
        if listens and f"socket:[{words[6]}]" in held:
            return words[7]
    return None

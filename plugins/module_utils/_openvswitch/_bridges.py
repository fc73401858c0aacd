# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bridges of Open vSwitch that the collection makes: each one transaction of `ovs-vsctl`, marked as ours.

https://docs.openvswitch.org/en/latest/ref/ovs-vsctl.8/
"""

from __future__ import annotations

import os
import re
from typing import Collection, List, Set

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _json
from ansible_collections.virtio.lab.plugins.module_utils._foreign._reads import reads
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner

SOCKET = "/run/openvswitch/db.sock"
# Without it ovs-vsctl waits for a dead ovs-vswitchd for ever.
_TIMEOUT_S = 15
_MARK = "virtio-lab"
_NAME = re.compile(r"[A-Za-z0-9._-]{1,15}")


_MARKED = f"external_ids:{_MARK}=made"
_FIND = ["--format=json", "--columns=name", "find", "Bridge", _MARKED]


def made(names: Collection[str], runner: Runner, socket: str = SOCKET) -> Set[str]:
    """Return those of the names that are bridges made by the collection; none where no database runs."""
    if not names or not os.path.exists(socket):
        return set()
    return {name for name in parse_marked(_vsctl(_FIND, runner)) if name in names}


@reads("what `ovs-vsctl find` prints")
def parse_marked(text: str) -> Set[str]:
    """Return the names in the one column that `ovs-vsctl --format=json --columns=name find` prints."""
    rows = _json.loads(text, "what `ovs-vsctl find` prints")["data"]
    return {name for (name,) in rows if isinstance(name, str) and _NAME.fullmatch(name)}


def make(name: str, port: str, runner: Runner) -> None:
    """Make a bridge on the kernel's datapath with a port; one that is ours already keeps its ports and gets this one.

    Raises LabError for a bridge of that name that is not ours, and where Open vSwitch does not do it in time.
    """
    if name in made([name], runner):
        _vsctl(["--may-exist", "add-port", name, port], runner)
        return
    if runner(["ovs-vsctl", f"--timeout={_TIMEOUT_S}", "br-exists", name], check=False).rc == 0:
        raise LabError(f"Open vSwitch has a bridge {name} that was not made here; remove it, or rename it")
    _vsctl(["add-br", name, "--", "set", "Bridge", name, _MARKED, "--", "add-port", name, port], runner)
    # ovs-vsctl says that ovs-vswitchd could not make it, and exits with 0 all the same.
    if not os.path.exists(f"/sys/class/net/{name}"):
        remove(name, runner)
        raise LabError(f"Open vSwitch made no bridge {name} in the kernel; the log of ovs-vswitchd says why")


def remove(name: str, runner: Runner) -> None:
    """Remove a bridge that was made here, with its ports; no other one."""
    if name in made([name], runner):
        _vsctl(["--if-exists", "del-br", name], runner)


def _vsctl(words: List[str], runner: Runner) -> str:
    return str(runner(["ovs-vsctl", f"--timeout={_TIMEOUT_S}", *words], timeout=_TIMEOUT_S + 5).stdout)

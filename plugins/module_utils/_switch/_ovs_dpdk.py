# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Open vSwitch with DPDK that serves a NIC over vhost-user: how it is started.

It is the NIC's alone, with a database of its own, so that no other Open vSwitch of the host is asked or changed. It has
a network namespace of its own too: each one with a datapath in user space makes a TAP of the same name there. A veth
leads out of that. It goes with the namespace, and that with the process.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Dict, List, Optional

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._server import OVS_DPDK
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._kvm._ovs_dpdk import SCHEMA, found_program
from ansible_collections.virtio.lab.plugins.module_utils._qemu._ovs_control import CONTROL, idle_port
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner
from ansible_collections.virtio.lab.plugins.module_utils._switch import _serving
from ansible_collections.virtio.lab.plugins.module_utils._switch._checksums import leave_none_to_hardware
from ansible_collections.virtio.lab.plugins.module_utils._text import plain

_MEMORY_MIB = 512
_WITHIN_S = 60
_BRIDGE, _WIRE = "lab", "wire"


def options(name: str, cpu: int) -> Dict[str, str]:
    """Return what other_config says of DPDK. Pure.

    Without legacy-mem Open vSwitch adds an option that does not go with memory of no hugepages. Without memory per port
    it asks for so many buffers that the port fails, and stays connected all the same.
    """
    return {
        "dpdk-init": "true",
        "dpdk-extra": f"--no-huge --legacy-mem --no-pci -m {_MEMORY_MIB} --file-prefix={name}",
        "per-port-memory": "true",
        "pmd-cpu-mask": f"{1 << cpu:#x}",
    }


def start(name: str, bridge: Optional[str], user: Optional[int], runner: Runner) -> None:
    """Start it, and return once a thread polls for the NIC and its link is a port of the bridge.

    user: who else than root may connect. Raises LabError, with nothing left, where it does not come up.
    """
    with _serving.started(name) as folder:
        _database(name, folder, runner)
        _switch(name, folder, runner)
        why = idle_port(str(folder / CONTROL), OVS_DPDK.file)
        if why:
            raise LabError(f"Open vSwitch does not serve {name}: {why}; its log said: {_complaint(folder)}")
        _serving.open_to(name, bridge, user, runner)


def _database(name: str, folder: Path, runner: Runner) -> None:
    runner(["ovsdb-tool", "create", str(folder / "conf.db"), SCHEMA], timeout=_WITHIN_S)
    place = folder / "db.sock"
    words = ["ovsdb-server", str(folder / "conf.db"), f"--remote=punix:{place}", f"--unixctl={folder}/db.ctl"]
    process = _serving.begin(words, folder / "db.log", variables=_places(folder))
    _serving.until_up(process, words[0], place.exists, folder / "db.log")
    config = [f"other_config:{key}={_quoted(value)}" for key, value in options(name, _cpu()).items()]
    _vsctl(["--no-wait", "init", "--", "set", "Open_vSwitch", ".", *config], folder, runner)


def _switch(name: str, folder: Path, runner: Runner) -> None:
    words = ["unshare", "--net", found_program() or "", f"unix:{folder}/db.sock", f"--unixctl={folder / CONTROL}"]
    process = _serving.begin(words, folder / "log", variables=_places(folder))
    _serving.until_up(process, "ovs-vswitchd", (folder / CONTROL).exists, folder / "log")
    runner(["ip", "link", "add", name, "type", "veth", "peer", "name", _WIRE, "netns", str(process.pid)])
    leave_none_to_hardware(name)
    inside = ["nsenter", f"--net=/proc/{process.pid}/ns/net"]
    # Without an address of its own it sends nothing of its own.
    runner([*inside, "ip", "link", "set", "dev", _WIRE, "addrgenmode", "none", "up"])
    port = ["add-port", _BRIDGE, OVS_DPDK.file, "--", "set", "Interface", OVS_DPDK.file, "type=dpdkvhostuser"]
    made = ["add-br", _BRIDGE, "--", "set", "Bridge", _BRIDGE, "datapath_type=netdev"]
    _vsctl([*made, "--", "add-port", _BRIDGE, _WIRE, "--", *port], folder, runner)


def _vsctl(words: List[str], folder: Path, runner: Runner) -> None:
    # Without a time limit it waits for a dead ovs-vswitchd for ever.
    runner(["ovs-vsctl", f"--db=unix:{folder}/db.sock", f"--timeout={_WITHIN_S}", *words], timeout=_WITHIN_S + 5)


def _quoted(value: str) -> str:
    return f'"{value}"'


def _places(folder: Path) -> Dict[str, str]:
    return dict.fromkeys(("OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR"), str(folder))


def _cpu() -> int:
    return max(os.sched_getaffinity(0))


def _complaint(folder: Path) -> str:
    """Return the last error or warning in its log."""
    lines = (folder / "log").read_text(encoding="utf-8", errors="replace").splitlines()
    return plain(next((line for line in reversed(lines) if "|ERR|" in line or "|WARN|" in line), "nothing"), 200)

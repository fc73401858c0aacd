# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run is measured with, known before it begins: both ends, the load, the tracer, their versions."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._guest._reach import look, not_ours
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._agent import Agent
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._domain import find_domain
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._measure._peer import Peer, peer_of
from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _results
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._manifest import tool_version
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._run_document import Asked
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._iperf3 import version_of
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._load import Load
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._workload import (
    TRACERS,
    Tracer,
    load_of,
    tracer_of,
)
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._background import Background
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._guest_process import GuestProcess
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._window import Start
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner
from ansible_collections.virtio.lab.plugins.module_utils._witness._statement import witness

if TYPE_CHECKING:
    import libvirt

# The witness of the guest under test and of its peer, None where there is none: {guest, peer}.
Both = Dict[str, Any]


class Ends(NamedTuple):
    """Who talks to whom: the guest under test, its peer, where the client runs, where the server, at which address."""

    agent: Agent
    peer: Optional[Peer]
    server: Agent
    address: str
    start: Start
    client: Runner


class Prepared(NamedTuple):
    """All that a run needs; folder takes the raw output.

    tap is None where the NIC has no device on the host, before is the first witness of both ends.
    """

    asked: Asked
    connection: libvirt.virConnect
    runner: Runner
    domain: str
    mac: str
    pid: int
    tap: Optional[str]
    ends: Ends
    load: Load
    tracer: Optional[Tracer]
    versions: Dict[str, Optional[str]]
    before: Both
    folder: Path

    def witness_both(self) -> Both:
        """Take the witness of both guests."""
        peer = self.ends.peer
        return {
            "guest": witness(self.connection, self.domain, self.mac),
            "peer": witness(self.connection, peer.name, peer.mac) if peer else None,
        }


def prepare(
    connection: libvirt.virConnect, asked: Asked, *, domain: str, mac: str, address: str, folder: Path, runner: Runner
) -> Prepared:
    """Find both ends of a run, make its load and tracer, and its folder.

    Raises LabError when the guest or its peer does not run, when the peer has no such address or nothing can be sent
    from the address, and when folder cannot be made.
    """
    guest = witness(connection, domain, mac)
    pid = guest["pid"]
    if pid is None:
        raise LabError(f"domain {domain!r} does not run; start it before it is measured")
    around = look(connection, parse(find_domain(connection, domain).XMLDesc(0)), mac.lower(), runner)
    ends = _ends(connection, asked.workload, domain, not_ours(address, "address", around), runner)
    version = _iperf3_version(asked.workload, ends)
    load = load_of(asked.workload, ends.address, asked.warmup_s, asked.duration_s, version)
    _results.prepare(folder)
    tracer = tracer_of(asked.workload, pid, str(folder / f"{asked.workload['tool']}.txt"))
    peer = ends.peer
    return Prepared(
        asked=asked,
        connection=connection,
        runner=runner,
        domain=domain,
        mac=mac,
        pid=pid,
        tap=guest["interface"].get("target"),
        ends=ends,
        load=load,
        tracer=tracer,
        versions=_versions(load, tracer, ends, runner),
        before={"guest": guest, "peer": witness(connection, peer.name, peer.mac) if peer else None},
        folder=folder,
    )


def _ends(connection: libvirt.virConnect, workload: Dict[str, Any], domain: str, address: str, runner: Runner) -> Ends:
    agent = Agent(find_domain(connection, domain))
    if not workload.get("peer"):
        if workload.get("direction") == "guest_to_guest":
            raise LabError(f"workload {workload['name']!r}: guest_to_guest needs a peer, the guest that receives")
        return Ends(agent, None, agent, address, Background, runner)
    peer = peer_of(connection, workload["peer"], address, runner)
    return Ends(agent, peer, peer.agent, peer.address, partial(GuestProcess, agent), _runner_in(agent))


def _runner_in(agent: Agent) -> Runner:
    return lambda argv, **_options: agent.exec(argv)


def _iperf3_version(workload: Dict[str, Any], ends: Ends) -> Optional[str]:
    """The older version of the two ends, where several streams make it matter."""
    if (workload.get("streams") or 1) == 1 or workload["tool"] not in ("iperf3", *TRACERS):
        return None
    found = [tool_version("iperf3", ends.client)]
    with suppress(LabError):  # a guest that cannot be asked may still serve
        found.append(tool_version("iperf3", _runner_in(ends.server)))
    return min((version for version in found if version), key=version_of, default=None)


def _versions(load: Load, tracer: Optional[Tracer], ends: Ends, runner: Runner) -> Dict[str, Optional[str]]:
    versions = {load.name: tool_version(load.name, ends.client)}
    return {**versions, tracer.name: tool_version(tracer.name, runner)} if tracer else versions

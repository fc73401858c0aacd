# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run is measured with, known before it begins: both ends, the load, the tracer, their versions.

Where the ends are follows from the NIC that is in effect. As a rule the client runs on the hypervisor and the server in
the guest. The network that is made for a NIC (user mode) is entered by the guest alone: the client runs there then,
the server on the hypervisor. What is sent goes the same way, as iperf3 can be told to send to its client.
"""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Mapping, NamedTuple, Optional, cast

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import OwnNetwork
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._registry import datapath
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._guest._info import address_of
from ansible_collections.virtio.lab.plugins.module_utils._guest._reach import Around, look, not_ours
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
    FROM_HOST,
    TRACERS,
    Tracer,
    Where,
    direction_of,
    load_of,
    tracer_of,
)
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._background import Background
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._guest_process import GuestProcess
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._host_server import free_port
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._window import Start
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner
from ansible_collections.virtio.lab.plugins.module_utils._witness._statement import witness

if TYPE_CHECKING:
    import libvirt

# The witness of the guest under test and of its peer, None where there is none: {guest, peer}.
Both = Dict[str, Any]


class Ends(NamedTuple):
    """Who talks to whom: the guest under test, its peer, where the client runs, where the server, at which address.

    client and server run a command at their ends. listens is the hypervisor's address that the server is started at for
    the run, None where it runs in a guest.
    """

    agent: Agent
    peer: Optional[Peer]
    server: Runner
    where: Where
    start: Start
    client: Runner
    listens: Optional[str] = None


class Prepared(NamedTuple):
    """All that a run needs; folder takes the raw output.

    tap is None where the NIC has no device on the host, before is the first witness of both ends. beside is the process
    at the other end of the NIC's socket, None where there is none.
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
    beside: Optional[int] = None

    def witness_both(self) -> Both:
        """Take the witness of both guests."""
        peer = self.ends.peer
        return {
            "guest": witness(self.connection, self.domain, self.mac),
            "peer": witness(self.connection, peer.name, peer.mac) if peer else None,
        }


def prepare(
    connection: libvirt.virConnect,
    asked: Asked,
    *,
    domain: str,
    mac: str,
    address: Optional[str],
    folder: Path,
    runner: Runner,
) -> Prepared:
    """Find both ends of a run, make its load and tracer, and its folder.

    Raises LabError when the guest or its peer does not run, when the peer has no such address or nothing can be sent
    from the address, when the datapath cannot carry the load, and when folder cannot be made.
    """
    _refuse_load(asked)
    guest = witness(connection, domain, mac)
    pid = guest["pid"]
    if pid is None:
        raise LabError(f"domain {domain!r} does not run; start it before it is measured")
    around = look(connection, parse(find_domain(connection, domain).XMLDesc(0)), mac.lower(), runner)
    if around.inside is not None:
        ends = _ends_inside(connection, asked, domain, mac, around, runner)
    else:
        ends = _ends(connection, asked.workload, domain, _reached(address, asked, around), runner)
    version = _iperf3_version(asked.workload, ends)
    load = load_of(asked.workload, ends.where, asked.warmup_s, asked.duration_s, version)
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
        tap=_counted(asked, guest),
        beside=(guest["served_by"] or {}).get("pid"),
        ends=ends,
        load=load,
        tracer=tracer,
        versions=_versions(load, tracer, ends, runner),
        before={"guest": guest, "peer": witness(connection, peer.name, peer.mac) if peer else None},
        folder=folder,
    )


def _counted(asked: Asked, guest: Mapping[str, Any]) -> Optional[str]:
    """The link of the hypervisor that the packets pass."""
    counted = datapath(asked.datapath).attachment.counted
    return counted(guest["interface"]["mac"]) if counted else guest["interface"].get("target")


def _refuse_load(asked: Asked) -> None:
    workload = asked.workload
    why = datapath(asked.datapath).refuses(direction_of(workload), workload["tool"] in FROM_HOST)
    if why:
        raise LabError(f"workload {workload['name']!r} cannot be measured over {asked.datapath}: {why}")


def _reached(address: Optional[str], asked: Asked, around: Around) -> str:
    if datapath(asked.datapath).attachment.has_own_network:
        raise LabError(
            f"over {asked.datapath} the guest connects to the router of the hypervisor's default route, and there is "
            "none; give the hypervisor one (ip route add default via ADDRESS)"
        )
    if address is None:
        raise LabError(f"address is missing: over {asked.datapath} the hypervisor reaches the guest by its address")
    return not_ours(address, "address", around)


def _ends_inside(
    connection: libvirt.virConnect, asked: Asked, domain: str, mac: str, around: Around, runner: Runner
) -> Ends:
    """The ends in the network that is made for the NIC: the guest alone opens connections in it."""
    agent, inside = Agent(find_domain(connection, domain)), cast(OwnNetwork, around.inside)
    workload = asked.workload
    if workload.get("peer") or workload["tool"] in FROM_HOST:
        raise LabError(
            f"workload {workload['name']!r}: NIC {mac} is in a network made for it alone, where no other load is"
        )
    address = address_of(agent.interfaces(), mac.lower())
    if address is None or ipaddress.ip_address(address) not in ipaddress.ip_network(inside.subnet):
        raise LabError(f"the guest's NIC {mac} has {address or 'no address'}; one of {inside.subnet} would be right")
    port = free_port(inside.listens, workload.get("streams") or 1)
    where = Where(inside.host, "guest", port)
    return Ends(agent, None, runner, where, partial(GuestProcess, agent), _runner_in(agent), inside.listens)


def _ends(connection: libvirt.virConnect, workload: Dict[str, Any], domain: str, address: str, runner: Runner) -> Ends:
    agent = Agent(find_domain(connection, domain))
    if not workload.get("peer"):
        if workload.get("direction") == "guest_to_guest":
            raise LabError(f"workload {workload['name']!r}: guest_to_guest needs a peer, the guest that receives")
        return Ends(agent, None, _runner_in(agent), Where(address), Background, runner)
    peer = peer_of(connection, workload["peer"], address, runner)
    where = Where(peer.address, "guest")
    return Ends(agent, peer, _runner_in(peer.agent), where, partial(GuestProcess, agent), _runner_in(agent))


def _runner_in(agent: Agent) -> Runner:
    return lambda argv, **_options: agent.exec(argv)


def _iperf3_version(workload: Dict[str, Any], ends: Ends) -> Optional[str]:
    """The older version of the two ends, where several streams make it matter."""
    if (workload.get("streams") or 1) == 1 or workload["tool"] not in ("iperf3", *TRACERS):
        return None
    found = [tool_version("iperf3", ends.client)]
    with suppress(LabError):  # a guest that cannot be asked may still serve
        found.append(tool_version("iperf3", ends.server))
    return min((version for version in found if version), key=version_of, default=None)


def _versions(load: Load, tracer: Optional[Tracer], ends: Ends, runner: Runner) -> Dict[str, Optional[str]]:
    versions = {load.name: tool_version(load.name, ends.client)}
    return {**versions, tracer.name: tool_version(tracer.name, runner)} if tracer else versions

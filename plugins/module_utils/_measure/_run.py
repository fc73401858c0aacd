# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One measured run: witness, window, witness, record."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, NamedTuple, Optional, Tuple

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign._shape import mapping
from ansible_collections.virtio.lab.plugins.module_utils._guest._reach import look as look_around
from ansible_collections.virtio.lab.plugins.module_utils._guest._reach import not_ours
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._agent import Agent
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._domain import find_domain
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._measure._peer import Peer, peer_of
from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _discarded, _results, _seal
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._image import image_of
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._manifest import manifest, tool_version
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._run_document import Asked, Seen, document
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._iperf3 import version_of
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._load import (
    DisconnectedError,
    Load,
    RefusedError,
)
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._workload import (
    TRACERS,
    Tracer,
    load_of,
    tracer_of,
)
from ansible_collections.virtio.lab.plugins.module_utils._measure._window import _counters, _sampler
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._background import Background
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._guest_process import GuestProcess
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._guest_queues import guest_queues
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._guest_reset import GuestResetError, unbroken
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._window import Start, Window, measure
from ansible_collections.virtio.lab.plugins.module_utils._qemu import _process
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner
from ansible_collections.virtio.lab.plugins.module_utils._text import plain
from ansible_collections.virtio.lab.plugins.module_utils._witness._statement import witness

if TYPE_CHECKING:
    import libvirt

_LONGEST_RELEASE = 200
Measured = Tuple[Window, Dict[str, Any]]


def measure_and_record(
    connection: libvirt.virConnect, asked: Asked, *, domain: str, mac: str, address: str, folder: Path, runner: Runner
) -> Dict[str, Any]:
    """Measure one cell of a campaign on a running guest, write its record into folder and return it.

    A run on another datapath than the asked one is recorded too, as invalid. Raises GuestResetError when a guest was
    reset in it, and LabError when the guest does not run, when a tool is missing or fails, and when the record cannot
    be written. connection must hear of events.
    """
    guests = [name for name in (domain, asked.workload.get("peer")) if name]
    try:
        with unbroken(connection, guests) as check:
            record = _measure(connection, asked, domain, mac, address, folder, runner, check)
    except (DisconnectedError, GuestResetError) as discarded:
        _discarded.note(folder, discarded)
        raise
    link = _seal.next_link(folder.parent)
    record = {**record, _seal.LINK: link} if link else record
    _results.write(folder, record)
    _seal.settle(folder, record)
    _discarded.forget(folder)
    return record


def _measure(
    connection: libvirt.virConnect,
    asked: Asked,
    domain: str,
    mac: str,
    address: str,
    folder: Path,
    runner: Runner,
    check: Callable[[], None],
) -> Dict[str, Any]:
    """Measure, and return the run document; check raises where a guest was reset."""
    before = witness(connection, domain, mac)
    pid = before["pid"]
    if pid is None:
        raise LabError(f"domain {domain!r} does not run; start it before it is measured")
    tap = before["interface"].get("target")
    around = look_around(connection, parse(find_domain(connection, domain).XMLDesc(0)), mac.lower(), runner)
    ends = _ends(connection, asked.workload, domain, not_ours(address, "address", around), runner)
    version = _iperf3_version(asked.workload, ends)
    load = load_of(asked.workload, ends.address, asked.warmup_s, asked.duration_s, version)
    _results.prepare(folder)
    tracer = tracer_of(asked.workload, pid, str(folder / f"{asked.workload['tool']}.txt"))
    look = _looker(connection, domain, mac, ends.peer)
    moments: Dict[str, Dict[str, Any]] = {"before": {"guest": before, "peer": _of_peer(connection, ends.peer)}}
    started_at = datetime.now(timezone.utc)

    def attempt() -> Measured:
        first = _counters.read_counters(ends.agent, mac, tap)
        window = measure(
            load,
            tracer,
            duration_s=asked.duration_s,
            folder=folder,
            read=_sampler.reader(pid, tap, ends.peer and ends.peer.pid),
            witness=look,
            start=ends.start,
            samplers=asked.workload.get("samplers") is not False,
        )
        return window, _counters.delta(first, _counters.read_counters(ends.agent, mac, tap))

    window, counters = _once_more_if_disconnected(lambda: _with_server(attempt, ends.server, load), folder, check)
    moments.update(middle=window.middle, after=look())
    ended_at = datetime.now(timezone.utc)
    guest, missing = _guest(connection, domain, ends.agent, counters, folder.parent)
    queues, why = _queues(asked.workload, ends.agent, mac)
    seen = Seen(
        started_at=started_at,
        ended_at=ended_at,
        boot_id=boot_id(pid),
        mtu=_mtu(tap),
        witness={moment: both["guest"] for moment, both in moments.items()},
        peer_witness={moment: both["peer"] for moment, both in moments.items()} if ends.peer else None,
        window=window,
        counters=counters,
        manifest=manifest(
            connection, domain, tap, tools=_versions(load, tracer, ends, runner), guest=guest, runner=runner
        ),
        raw=_results.raw(folder),
        missing={**missing, **why},
        guest_queues=queues,
        discarded=_discarded.attempts(folder),
    )
    return document(asked, seen, load, tracer)


class Ends(NamedTuple):
    """Who talks to whom: the guest under test, its peer, where the client runs, where the server, at which address."""

    agent: Agent
    peer: Optional[Peer]
    server: Agent
    address: str
    start: Start
    client: Runner


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


def _guest(
    connection: libvirt.virConnect, domain: str, agent: Agent, counters: Dict[str, Any], campaign: Path
) -> Tuple[Dict[str, Any], Dict[str, str]]:
    """What the manifest says of the guest, and why it does not say all of it."""
    image, why = image_of(parse(find_domain(connection, domain).XMLDesc(0)), campaign)
    kernel = None if counters["guest_clock_ratio"] is None else _guest_kernel(agent)
    return {"kernel": kernel, "image": image}, {"manifest.guest.image": why} if why else {}


def _queues(workload: Dict[str, Any], agent: Agent, mac: str) -> Tuple[Optional[int], Dict[str, str]]:
    """How many queue pairs the guest uses, and why that is not known; None where the workload is not about it."""
    missing: Dict[str, str] = {}
    if not workload.get("queues"):
        return None, missing
    return _counters.or_why("factor.guest_queues", missing, lambda: guest_queues(agent, mac)), missing


def _guest_kernel(agent: Agent) -> Optional[str]:
    try:
        said = mapping(agent.call("guest-get-osinfo"), "what the guest agent says to guest-get-osinfo")
    except LabError:
        return None
    release = said.get("kernel-release")
    return plain(release, _LONGEST_RELEASE) if isinstance(release, str) else None


def boot_id(pid: int, root: str = _process.PROC) -> str:
    """Return pid and start time (clock ticks since boot) of a process: no two starts of a guest share it.

    Raises LabError when the process has gone.
    """
    try:
        text = Path(root, str(pid), "stat").read_text(encoding="utf-8", errors="replace")
    except OSError as gone:
        raise LabError(f"no process {pid}: QEMU has ended") from gone
    # The name, in parentheses, may hold blanks: count from behind it. Start time is field 22, the 20th from there.
    return f"{pid}-{text.rpartition(')')[2].split()[19]}"


def _once_more_if_disconnected(attempt: Callable[[], Measured], folder: Path, check: Callable[[], None]) -> Measured:
    """Measure; where client and server lose each other no figure is left that a second try could be preferred to.

    Not for a reset, which check raises: the guest is not there, or not the same any more.
    """
    try:
        return attempt()
    except DisconnectedError as broken:
        check()
        _discarded.note(folder, broken)
        return attempt()


def _with_server(attempt: Callable[[], Measured], server: Agent, load: Load) -> Measured:
    """Measure; where no server listens in the guest, have its agent start what is needed and measure then."""
    try:
        return attempt()
    except RefusedError as refused:
        try:
            for argv in filter(None, [member.server_argv() for member in load.members()]):
                server.exec(argv)
        except LabError as silent:
            raise LabError(f"{refused}; and it could not be started: {silent}") from silent
        return attempt()


def _looker(
    connection: libvirt.virConnect, domain: str, mac: str, peer: Optional[Peer]
) -> Callable[[], Dict[str, Any]]:
    """Return a function that takes the witness of both guests: {guest, peer}, the latter None where there is none."""
    return lambda: {"guest": witness(connection, domain, mac), "peer": _of_peer(connection, peer)}


def _of_peer(connection: libvirt.virConnect, peer: Optional[Peer]) -> Optional[Dict[str, Any]]:
    return witness(connection, peer.name, peer.mac) if peer else None


def _mtu(tap: Optional[str]) -> Optional[int]:
    if tap is None:
        return None
    try:
        return int(Path("/sys/class/net", tap, "mtu").read_text(encoding="ascii"))
    except OSError:
        return None

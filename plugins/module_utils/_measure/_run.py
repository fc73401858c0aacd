# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run, which travels one way: prepared → measured → recorded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Optional, Tuple

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign._shape import mapping
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._agent import Agent
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._domain import find_domain
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse
from ansible_collections.virtio.lab.plugins.module_utils._measure._measured import Measured, measure_prepared
from ansible_collections.virtio.lab.plugins.module_utils._measure._prepared import Prepared, prepare
from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _discarded, _results, _seal
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._build import build, number_of
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._image import image_of
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._manifest import manifest
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._run_document import (
    Asked,
    Seen,
    asked_queues,
    document,
)
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._load import DisconnectedError
from ansible_collections.virtio.lab.plugins.module_utils._measure._window import _counters
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._guest_nic import guest_nic
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._guest_queues import guest_queues
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._guest_reset import GuestResetError, unbroken
from ansible_collections.virtio.lab.plugins.module_utils._qemu import _process
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner
from ansible_collections.virtio.lab.plugins.module_utils._text import plain

if TYPE_CHECKING:
    import libvirt

_LONGEST_RELEASE = 200


def measure_and_record(
    connection: libvirt.virConnect,
    asked: Asked,
    *,
    domain: str,
    mac: str,
    address: Optional[str],
    folder: Path,
    runner: Runner,
) -> Dict[str, Any]:
    """Measure one cell of a campaign on a running guest, write its record into folder and return it.

    A run on another datapath than the asked one is recorded too, as invalid. Raises GuestResetError when a guest was
    reset in it, and LabError when the guest does not run, when a tool is missing or fails, and when the record cannot
    be written. connection must hear of events.
    """
    guests = [name for name in (domain, asked.workload.get("peer")) if name]
    try:
        with unbroken(connection, guests) as check:
            prepared = prepare(connection, asked, domain=domain, mac=mac, address=address, folder=folder, runner=runner)
            record = _recorded(prepared, measure_prepared(prepared, check))
    except (DisconnectedError, GuestResetError) as discarded:
        _discarded.note(folder, discarded)
        raise
    link = _seal.next_link(folder.parent)
    record = {**record, _seal.LINK: link} if link else record
    _results.write(folder, record)
    _seal.settle(folder, record)
    _discarded.forget(folder)
    return record


def _recorded(prepared: Prepared, measured: Measured) -> Dict[str, Any]:
    """Return the run document, with what is asked of guest and host once the load has ended."""
    connection, domain, mac, tap = prepared.connection, prepared.domain, prepared.mac, prepared.tap
    asked, ends, folder = prepared.asked, prepared.ends, prepared.folder
    kernel = _guest_kernel(ends.agent) if measured.counters["guest_clock_ratio"] is not None else {}
    guest, missing = _guest(connection, domain, kernel, folder.parent)
    built = build(connection, domain, prepared.pid, guest=kernel, folder=folder.parent, runner=prepared.runner)
    queues, why = _queues(asked_queues(asked), ends.agent, mac)
    nic = _counters.or_why("factor.guest_nic", why, lambda: guest_nic(ends.agent, mac))
    seen = Seen(
        started_at=measured.started_at,
        ended_at=measured.ended_at,
        boot_id=boot_id(prepared.pid),
        mtu=_mtu(tap),
        witness={moment: both["guest"] for moment, both in measured.witness.items()},
        peer_witness={moment: both["peer"] for moment, both in measured.witness.items()} if ends.peer else None,
        window=measured.window,
        counters=measured.counters,
        manifest=manifest(
            connection,
            domain,
            tap,
            tools=prepared.versions,
            guest=guest,
            runner=prepared.runner,
            qemu=number_of(built),
        ),
        raw=_results.raw(folder),
        missing={**missing, **why, **_counters.of_no_link(tap)},
        guest_queues=queues,
        guest_nic=nic,
        build=built,
        discarded=_discarded.attempts(folder),
    )
    return document(asked, seen, prepared.load, prepared.tracer)


def _guest(
    connection: libvirt.virConnect, domain: str, kernel: Dict[str, Optional[str]], campaign: Path
) -> Tuple[Dict[str, Any], Dict[str, str]]:
    """What the manifest says of the guest, and why it does not say all of it."""
    image, why = image_of(parse(find_domain(connection, domain).XMLDesc(0)), campaign)
    return {"kernel": kernel.get("release"), "image": image}, {"manifest.guest.image": why} if why else {}


def _queues(asked: Optional[int], agent: Agent, mac: str) -> Tuple[Optional[int], Dict[str, str]]:
    """How many queue pairs the guest uses, and why that is not known; None where the run is not about it."""
    missing: Dict[str, str] = {}
    if not asked:
        return None, missing
    return _counters.or_why("factor.guest_queues", missing, lambda: guest_queues(agent, mac)), missing


def _guest_kernel(agent: Agent) -> Dict[str, Optional[str]]:
    """Return what uname -r and uname -v say in the guest, None where its agent does not tell."""
    try:
        said = mapping(agent.call("guest-get-osinfo"), "what the guest agent says to guest-get-osinfo")
    except LabError:
        return {}
    told = {name: said.get(f"kernel-{name}") for name in ("release", "version")}
    return {name: plain(text, _LONGEST_RELEASE) if isinstance(text, str) else None for name, text in told.items()}


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


def _mtu(tap: Optional[str]) -> Optional[int]:
    if tap is None:
        return None
    try:
        return int(Path("/sys/class/net", tap, "mtu").read_text(encoding="ascii"))
    except OSError:
        return None

# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One measured run: witness, window, witness, record."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._agent import Agent
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._domain import find_domain
from ansible_collections.virtio.lab.plugins.module_utils._measure import _process, _results, _sampler
from ansible_collections.virtio.lab.plugins.module_utils._measure._load import RefusedError
from ansible_collections.virtio.lab.plugins.module_utils._measure._manifest import manifest
from ansible_collections.virtio.lab.plugins.module_utils._measure._run_document import Asked, Seen, document
from ansible_collections.virtio.lab.plugins.module_utils._measure._window import Window, measure
from ansible_collections.virtio.lab.plugins.module_utils._measure._witness import witness
from ansible_collections.virtio.lab.plugins.module_utils._measure._workload import Load, load_of, tracer_of
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner

if TYPE_CHECKING:
    import libvirt


def measure_and_record(
    connection: libvirt.virConnect, asked: Asked, *, domain: str, mac: str, address: str, folder: Path, runner: Runner
) -> Dict[str, Any]:
    """Measure one cell of a campaign on a running guest, write its record into folder and return it.

    A run on another datapath than the asked one is recorded too, as invalid. Raises LabError when the guest does not
    run, when a tool is missing or fails, and when the record cannot be written.
    """
    look = _looker(connection, domain, mac)
    before = look()
    pid = before["pid"]
    if pid is None:
        raise LabError(f"domain {domain!r} does not run; start it before it is measured")
    tap = before["interface"].get("target")
    load = load_of(asked.workload, address, asked.warmup_s, asked.duration_s)
    _results.prepare(folder)
    tracer = tracer_of(asked.workload, pid, str(folder / f"{asked.workload['tool']}.txt"))
    started_at = datetime.now(timezone.utc)
    window = _with_server(
        lambda: measure(
            load,
            tracer,
            duration_s=asked.duration_s,
            folder=folder,
            read=_sampler.reader(pid, tap),
            witness=look,
        ),
        Agent(find_domain(connection, domain)),
        load,
    )
    ended_at = datetime.now(timezone.utc)
    seen = Seen(
        started_at=started_at,
        ended_at=ended_at,
        boot_id=boot_id(pid),
        mtu=_mtu(tap),
        witness={"before": before, "middle": window.middle, "after": look()},
        window=window,
        manifest=manifest(connection, domain, tap, [load.name, *([tracer.name] if tracer else [])], runner),
        raw=_results.raw(folder),
    )
    record = document(asked, seen, load, tracer)
    _results.write(folder, record)
    return record


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


def _with_server(attempt: Callable[[], Window], agent: Agent, load: Load) -> Window:
    """Measure; where no server listens in the guest, have the guest agent start it and measure then."""
    try:
        return attempt()
    except RefusedError as refused:
        try:
            agent.exec(load.server_argv())
        except LabError as silent:
            raise LabError(f"{refused}; and it could not be started: {silent}") from silent
        return attempt()


def _looker(connection: libvirt.virConnect, domain: str, mac: str) -> Callable[[], Dict[str, Any]]:
    return lambda: witness(connection, domain, mac)


def _mtu(tap: Optional[str]) -> Optional[int]:
    if tap is None:
        return None
    try:
        return int(Path("/sys/class/net", tap, "mtu").read_text(encoding="ascii"))
    except OSError:
        return None

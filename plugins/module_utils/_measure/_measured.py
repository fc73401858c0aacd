# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is seen of a run from its first counter to its last witness."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Callable, Dict, NamedTuple, Sequence, Tuple

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure._prepared import Both, Prepared
from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _discarded
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._load import DisconnectedError, RefusedError
from ansible_collections.virtio.lab.plugins.module_utils._measure._window import _counters, _host_server, _sampler
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._window import Window, measure

Attempt = Tuple[Window, Dict[str, Any]]


class Measured(NamedTuple):
    """The window, what was counted around it, and the witness of both ends by moment."""

    started_at: datetime
    ended_at: datetime
    window: Window
    counters: Dict[str, Any]
    witness: Dict[str, Both]


def measure_prepared(prepared: Prepared, check: Callable[[], None]) -> Measured:
    """Measure; check raises where a guest was reset. Raises LabError when a tool is missing or fails."""
    started_at = datetime.now(timezone.utc)
    window, counters = _once_more_if_disconnected(prepared, check)
    witness = {"before": prepared.before, "middle": window.middle, "after": prepared.witness_both()}
    return Measured(started_at, datetime.now(timezone.utc), window, counters, witness)


def _attempt(prepared: Prepared, servers: Sequence[int] = ()) -> Attempt:
    """Measure; servers are the processes that serve the load on the hypervisor: they are the run's own too."""
    asked, ends, mac, tap = prepared.asked, prepared.ends, prepared.mac, prepared.tap
    reader = _sampler.Reader(prepared.pid, tap, ends.peer and ends.peer.pid, beside=prepared.beside)
    first = _counters.read_counters(ends.agent, mac, tap)
    window = measure(
        prepared.load,
        prepared.tracer,
        duration_s=asked.duration_s,
        folder=prepared.folder,
        read=lambda tools: reader([*tools, *servers]),
        witness=prepared.witness_both,
        start=ends.start,
        samplers=asked.workload.get("samplers") is not False,
    )
    return window, _counters.delta(first, _counters.read_counters(ends.agent, mac, tap))


def _once_more_if_disconnected(prepared: Prepared, check: Callable[[], None]) -> Attempt:
    """Measure; where client and server lose each other no figure is left that a second try could be preferred to.

    Not for a reset, which check raises: the guest is not there, or not the same any more.
    """
    try:
        return _with_server(prepared)
    except DisconnectedError as broken:
        check()
        _discarded.note(prepared.folder, broken)
        return _with_server(prepared)


def _with_server(prepared: Prepared) -> Attempt:
    """Measure; where no server listens in the guest, have its agent start what is needed and measure then.

    A server on the hypervisor is always this run's own.
    """
    if prepared.ends.listens is not None:
        with _host_server.serving(prepared.load, prepared.ends.listens, prepared.folder) as servers:
            return _attempt(prepared, servers)
    try:
        return _attempt(prepared)
    except RefusedError as refused:
        try:
            for argv in filter(None, [member.server_argv() for member in prepared.load.members()]):
                prepared.ends.server(argv)
        except LabError as silent:
            raise LabError(f"{refused}; and it could not be started: {silent}") from silent
        return _attempt(prepared)

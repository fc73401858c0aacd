# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The measured window: the load, the sampler and the tracer in one aligned stretch of time, a witness in its middle."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure._background import Background
from ansible_collections.virtio.lab.plugins.module_utils._measure._load import Figures
from ansible_collections.virtio.lab.plugins.module_utils._measure._sampler import Cost, Sampler, Tick, schedule
from ansible_collections.virtio.lab.plugins.module_utils._measure._syscalls import Syscalls
from ansible_collections.virtio.lab.plugins.module_utils._measure._workload import Load, Tracer

# How long a tool may take beyond the time it was told: connecting, exchanging results, leaving.
GRACE_S = 30


class Window(NamedTuple):
    """What was seen in the window: the load's figures, the ticks, the witness of the middle, the tracer's counts.

    begin_s is when it was to begin (time.monotonic), cost what the sampling took.
    """

    figures: Figures
    ticks: List[Tick]
    middle: Dict[str, Any]
    syscalls: Optional[Syscalls]
    begin_s: float
    cost: Cost


def measure(
    load: Load,
    tracer: Optional[Tracer],
    *,
    duration_s: int,
    folder: Path,
    read: Callable[[], Tick],
    witness: Callable[[], Dict[str, Any]],
) -> Window:
    """Run load, and tracer when there is one, for duration_s after the warm-up; raw output stays in folder.

    Raises LabError when a tool is missing, fails or hangs, and when QEMU ends.
    """
    lead_in = load.lead_in()
    if lead_in:
        _warm_up(load, lead_in, folder)
    with ExitStack() as stack:
        trace = _attach(stack, tracer, folder) if tracer and tracer.attaches_first else None
        client = stack.enter_context(Background(load.argv(), folder, load.name))
        begin = time.monotonic() + (0 if lead_in else load.warmup_s)
        sampler = Sampler(read, schedule(begin, duration_s))
        sampler.start()
        stack.callback(sampler.stop)
        _until(begin, client, load)
        if tracer and not trace:
            trace = _attach(stack, tracer, folder)
        elif tracer and trace:
            tracer.begin(trace.has_ended)
        _until(begin + duration_s / 2, client, load)
        middle = witness()
        counts = _end_of(trace, tracer, begin + duration_s) if trace and tracer else None
        _finish(client, begin + load.duration_s + GRACE_S, sampler)
        sampler.join()
    if sampler.failure:
        raise sampler.failure
    figures = load.parse(client.stdout(), client.stderr())
    return Window(figures, sampler.ticks, middle, counts, begin, sampler.cost)


def _attach(stack: ExitStack, tracer: Tracer, folder: Path) -> Background:
    trace = stack.enter_context(Background(tracer.argv(), folder, tracer.name, tracer.pass_fds))
    if tracer.attaches_first:
        tracer.end(trace.has_ended)
    return trace


def _warm_up(load: Load, argv: List[str], folder: Path) -> None:
    with Background(argv, folder, f"{load.name}-warmup") as client:
        client.finish(load.warmup_s + GRACE_S)
        load.parse(client.stdout(), client.stderr())


def _until(moment: float, client: Background, load: Load) -> None:
    """Wait for the moment; a client that ends before it has failed, and its output says why."""
    if client.ended(moment - time.monotonic()):
        load.parse(client.stdout(), client.stderr())
        raise LabError(f"{load.name} against {load.address} port {load.port} ended before its time")


def _finish(client: Background, limit: float, sampler: Sampler) -> None:
    """Wait for the client's end; not for one whose guest has gone, as nobody answers it any more."""
    while not client.ended(min(1.0, limit - time.monotonic())):
        if sampler.failure:
            raise sampler.failure
        if time.monotonic() >= limit:
            client.finish(0)


def _end_of(trace: Background, tracer: Tracer, end: float) -> Syscalls:
    trace.ended(end - time.monotonic())
    tracer.end(trace.has_ended)
    trace.interrupt()
    trace.finish(end + GRACE_S - time.monotonic())
    path = Path(tracer.output)
    return tracer.parse(path.read_text(encoding="utf-8") if path.exists() else "", trace.stderr())

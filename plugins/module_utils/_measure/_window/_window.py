# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The measured window: the load, the sampler and the tracer in one aligned stretch of time, a witness in its middle."""

from __future__ import annotations

import shlex
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Union

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _files
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._load import Figures, Load
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._syscalls import Syscalls
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._workload import Tracer
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._background import LARGEST_RAW, Background
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._guest_process import GuestProcess
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._sampler import Cost, Sampler, Tick, schedule

# How long a tool may take beyond the time it was told: connecting, exchanging results, leaving.
GRACE_S = 30
Process = Union[Background, GuestProcess]
Start = Callable[[List[str], Path, str, Sequence[str]], Process]


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
    read: Callable[[Sequence[int]], Tick],
    witness: Callable[[], Dict[str, Any]],
    start: Start = Background,
    samplers: bool = True,
) -> Window:
    """Run load, and tracer when there is one, for duration_s after the warm-up; raw output stays in folder.

    start starts the client, here or in a guest, with the capabilities it needs. read is given the processes that were
    started here. Without samplers the counters are read at the two ends of the window alone. Raises LabError when a
    tool is missing, fails or hangs, and when QEMU ends.
    """
    lead_in = load.lead_in()
    if lead_in:
        _warm_up(load, start(lead_in, folder, f"{load.name}-warmup", load.capabilities))
    with ExitStack() as stack:
        trace = _attach(stack, tracer, folder) if tracer and tracer.attaches_first else None
        started = _start(stack, start, load, folder)
        clients = Clients(load, started)
        begin = time.monotonic() + (0 if lead_in else load.warmup_s)
        sampler = Sampler(lambda: read(_here([*started, trace])), schedule(begin, duration_s, every_second=samplers))
        sampler.start()
        stack.callback(sampler.stop)
        clients.run_until(begin)
        if tracer and not trace:
            trace = _attach(stack, tracer, folder)
        elif tracer and trace:
            tracer.begin(trace.has_ended)
        clients.run_until(begin + duration_s / 2)
        middle = witness()
        counts = _end_of(trace, tracer, begin + duration_s) if trace and tracer else None
        clients.finish(begin + load.duration_s + GRACE_S, sampler)
        sampler.join()
    if sampler.failure:
        raise sampler.failure
    return Window(clients.figures(), sampler.ticks, middle, counts, begin, sampler.cost)


class Clients:
    """The processes of one load."""

    def __init__(self, load: Load, processes: Sequence[Process]) -> None:
        self._load = load
        self._processes = processes

    def run_until(self, moment: float) -> None:
        """Wait for the moment; a client that ends before it has failed, and its output says why."""
        for member, process in zip(self._load.members(), self._processes):
            if process.ended(moment - time.monotonic()):
                member.parse(process.stdout(), process.stderr())
                raise LabError(f"`{shlex.join(process.argv)}` ended before its time")

    def finish(self, limit: float, sampler: Sampler) -> None:
        """Wait for the end of all; not for clients whose guest has gone, as nobody answers them any more."""
        for process in self._processes:
            while not process.ended(min(1.0, limit - time.monotonic())):
                if sampler.failure:
                    raise sampler.failure
                if time.monotonic() >= limit:
                    process.finish(0)

    def figures(self) -> Figures:
        """Return what they measured together."""
        pairs = zip(self._load.members(), self._processes)
        return self._load.combine([member.parse(process.stdout(), process.stderr()) for member, process in pairs])


def _here(processes: Sequence[Optional[Process]]) -> List[int]:
    """Those that run on this host: what a guest runs is in the CPU time of its QEMU."""
    return [one.pid for one in processes if isinstance(one, Background) and not one.is_waited_for]


def _start(stack: ExitStack, start: Start, load: Load, folder: Path) -> List[Process]:
    processes: List[Process] = []
    for number, member in enumerate(load.members(), 1):
        name = load.name if number == 1 else f"{load.name}-{number}"
        processes.append(start(member.argv(), folder, name, member.capabilities))
        stack.enter_context(processes[-1])
    return processes


def _warm_up(load: Load, process: Process) -> None:
    with process as client:
        client.finish(load.warmup_s + GRACE_S)
        load.parse(client.stdout(), client.stderr())


def _attach(stack: ExitStack, tracer: Tracer, folder: Path) -> Background:
    trace = stack.enter_context(Background(tracer.argv(), folder, tracer.name, keep=None, pass_fds=tracer.pass_fds))
    if tracer.attaches_first:
        tracer.end(trace.has_ended)
    return trace


def _end_of(trace: Background, tracer: Tracer, end: float) -> Syscalls:
    trace.ended(end - time.monotonic())
    tracer.end(trace.has_ended)
    trace.interrupt()
    trace.finish(end + GRACE_S - time.monotonic())
    path = Path(tracer.output)
    return tracer.parse(_content(path), trace.stderr())


def _content(path: Path) -> str:
    try:
        return _files.read(path.parent, path.name, limit=LARGEST_RAW).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""

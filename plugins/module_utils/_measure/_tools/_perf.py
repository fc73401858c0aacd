# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""perf stat on tracepoints: system calls per thread of QEMU and per ioctl request, for half a microsecond a call."""

from __future__ import annotations

import os
import select
import time
from collections import defaultdict
from functools import lru_cache
from typing import Callable, Dict, List, NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _json, _shape
from ansible_collections.virtio.lab.plugins.module_utils._foreign._json import Loads
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._syscalls import IOCTLS, Syscalls
from ansible_collections.virtio.lab.plugins.module_utils._qemu._threads import class_of

TRACEPOINTS = "/sys/kernel/tracing/events"
TOTAL = "raw_syscalls:sys_enter"
_OBEYS_WITHIN_S = 60
_LONGEST_THREAD = 256
EXITS = "kvm:kvm_exit"
# What QEMU calls while packets flow; what else it calls is total less these, and shown as "other".
NAMES = ("read", "write", "readv", "writev", "recvmsg", "sendmsg", "ppoll", "poll", "epoll_wait", "futex", "ioctl")


class Event(NamedTuple):
    """A tracepoint and, for one request of ioctl, its filter; label is what its count is called."""

    label: str
    tracepoint: str
    filter: Optional[str] = None


def events(exists: Callable[[str], bool]) -> List[Event]:
    """Return what to count: the total, calls by name, ioctls by request, KVM exits; only what this kernel has."""
    wanted = [Event("total", TOTAL)]
    wanted += [Event(name, f"syscalls:sys_enter_{name}") for name in NAMES]
    wanted += [Event(name, "syscalls:sys_enter_ioctl", f"cmd == {code:#x}") for name, code in IOCTLS.items()]
    wanted.append(Event("kvm_exit", EXITS))
    return [event for event in wanted if exists(event.tracepoint)]


def has_tracepoint(name: str) -> bool:
    """Tell whether this kernel has the tracepoint group:event; perf finds out itself where tracefs is not mounted."""
    return not os.path.isdir(TRACEPOINTS) or os.path.isdir(os.path.join(TRACEPOINTS, *name.split(":")))


class Counts:
    """What perf stat wrote of a QEMU process, told to count so many events."""

    def __init__(self, pid: int, wanted: List[Event]) -> None:
        self.pid = pid
        self.events = wanted

    def parse(self, text: str, stderr: str = "", loads: Loads = _json.loads) -> Syscalls:
        """Read the counts: perf prints, event after event in the order asked, one line per thread.

        Raises LabError when perf said why it cannot count, or when a line is missing or cut.
        """
        lines = [line for line in text.splitlines() if line.startswith("{")]
        try:
            rows = _json.objects(lines, "its JSON output", loads)
        except LabError as cut:
            raise LabError(f"perf on process {self.pid}: its JSON output is incomplete") from cut
        per_event, rest = divmod(len(rows), len(self.events))
        if not rows or rest:
            said = [
                line for line in (stderr or text).splitlines() if line.strip() and not line.startswith(("{", "Events "))
            ]
            raise LabError(
                f"perf on process {self.pid}: {said[0].strip() if said else f'{len(rows)} counts for '}"
                f"{'' if said else f'{len(self.events)} events'}"
            )
        counts = {
            event.label: self._by_class(event, rows[at * per_event : (at + 1) * per_event])
            for at, event in enumerate(self.events)
        }
        return self._syscalls(counts)

    def _by_class(self, event: Event, rows: List[dict]) -> Dict[str, int]:
        calls: Dict[str, int] = defaultdict(int)
        for row in rows:
            thread = _shape.text(row.get("thread"), "perf's thread", _LONGEST_THREAD)
            value = _shape.text(row.get("counter-value"), "perf's counter-value")
            if row.get("event") not in (None, event.tracepoint):
                where = f"where {event.tracepoint} was asked for"
                raise LabError(f"perf on process {self.pid}: a count of {row['event']!r} stands {where}")
            if value == "<not supported>":
                raise LabError(f"perf on process {self.pid}: this kernel does not support {event.tracepoint}")
            # A thread that slept through the window is "<not counted>": it made no call.
            calls[_class_of(thread, self.pid)] += 0 if value == "<not counted>" else _count(value)
        return calls

    def _syscalls(self, counts: Dict[str, Dict[str, int]]) -> Syscalls:
        names = [event.label for event in self.events if event.label in NAMES]
        by_class: Dict[str, Dict[str, int]] = {}
        for klass, total in counts["total"].items():
            calls = {name: counts[name][klass] for name in names}
            calls["other"] = max(0, total - sum(calls.values()))
            by_class[klass] = {name: number for name, number in calls.items() if number}
        by_name: Dict[str, Dict[str, Optional[int]]] = {}
        for name in [*names, "other"]:
            number = sum(calls.get(name, 0) for calls in by_class.values())
            if number:
                by_name[name] = {"calls": number, "errors": None}
        ioctls = {event.label: sum(counts[event.label].values()) for event in self.events if event.filter}
        ioctls["other"] = max(0, sum(counts["ioctl"].values()) - sum(ioctls.values())) if "ioctl" in counts else 0
        return Syscalls(
            "perf",
            sum(counts["total"].values()),
            by_name,
            by_class,
            {name: number for name, number in ioctls.items() if number},
            sum(counts["kvm_exit"].values()) if "kvm_exit" in counts else None,
        )


@lru_cache(maxsize=4096)
def _count(value: str) -> int:
    return int(_shape.written_number(value, "perf's counter-value", least=0))


@lru_cache(maxsize=4096)
def _class_of(thread: str, pid: int) -> str:
    """The class of a thread that perf calls COMM-TID; it names each once for every event."""
    comm, _dash, tid = thread.rpartition("-")
    return class_of(_shape.written_whole(tid, "perf's thread number"), comm, pid)


class Perf(Counts):
    """perf stat on a QEMU process, between begin() and end().

    Attaching to every thread for every event takes seconds on a busy host, so perf is attached before the load starts
    and told by its control pipe when to count. It ends, and writes its counts, on SIGINT.
    """

    name = "perf"
    perturbing = False
    attaches_first = True

    def __init__(self, pid: int, output: str, wanted: List[Event]) -> None:
        if not any(event.tracepoint == TOTAL for event in wanted):
            raise LabError(f"perf needs the tracepoint {TOTAL}, which this kernel lacks")
        super().__init__(pid, wanted)
        self.output = output
        commands, self._commands = os.pipe()
        self._answers, answers = os.pipe()
        self.pass_fds = (commands, answers)

    def begin(self, ended: Callable[[], bool]) -> None:
        """Count from now on; ended() tells whether perf still runs. Raises LabError when perf does not obey."""
        self._tell("enable", ended)

    def end(self, ended: Callable[[], bool]) -> None:
        """Count no more. Before begin(), this returns once perf is attached."""
        self._tell("disable", ended)

    def _tell(self, command: str, ended: Callable[[], bool]) -> None:
        os.write(self._commands, f"{command}\n".encode("ascii"))
        limit = time.monotonic() + _OBEYS_WITHIN_S
        while not select.select([self._answers], [], [], 0.1)[0]:
            if ended():
                return  # it has failed; parse() will find out why
            if time.monotonic() > limit:
                raise LabError(f"perf on process {self.pid} did not {command} its counters in {_OBEYS_WITHIN_S} s")
        os.read(self._answers, 64)

    def argv(self) -> List[str]:
        """Return the command line; the counts go to the output file, one JSON object a line."""
        argv = ["perf", "stat", "-j", "--per-thread", "-p", str(self.pid), "-o", self.output]
        argv += ["-D", "-1", "--control", "fd:{},{}".format(*self.pass_fds)]
        for event in self.events:
            argv += ["-e", event.tracepoint] + (["--filter", event.filter] if event.filter else [])
        return argv

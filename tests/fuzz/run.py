# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fuzz every entry of foreign material: tests/fuzz/run.py --inputs 1000000 [--seed 1] [--only NAME] [--jobs 2]

The same seed gives the same inputs. An input may take so many seconds of CPU, a process so much memory. The first of
each kind of finding is printed with its input's number, so that `--only NAME --at NUMBER` runs it again.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import resource
import runpy
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
CPU_S = 10
MEMORY = 4 << 30
PROGRESS_S = 20


class HangError(Exception):
    """One input took too much CPU time."""


class Finding(NamedTuple):
    """What came out, where, and which input of which target it was."""

    target: str
    number: int
    kind: str
    text: str


def _known() -> list[Any]:
    runpy.run_path(str(HERE.parents[0] / "unit" / "conftest.py"))
    sys.path.insert(0, str(HERE))
    import targets

    return targets.targets()


def source(seed: int, target: str, number: int) -> random.Random:
    """Where the chance of one input comes from: it depends on nothing that was run before."""
    return random.Random(f"{seed}/{target}/{number}")


def run_one(target: Any, seed: int, number: int) -> Finding | None:
    """Run one input; what was found, or None."""
    from targets import survives

    try:
        given = target.make(source(seed, target.name, number))
    except (RecursionError, UnicodeError, ValueError):
        return None  # what cannot be made is no input
    signal.setitimer(signal.ITIMER_PROF, CPU_S)
    try:
        survives(target, given)
    except Exception as stumble:  # all that is not LabError is what is looked for
        return Finding(target.name, number, _kind(stumble), traceback.format_exc(limit=-4))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return None


def _kind(stumble: BaseException) -> str:
    frames = traceback.extract_tb(stumble.__traceback__)
    last = next((frame for frame in reversed(frames) if "plugins" in frame.filename), frames[-1])
    return f"{type(stumble).__name__} in {Path(last.filename).name}:{last.lineno}"


def work(seed: int, inputs: int, only: str | None, worker: int, jobs: int) -> Iterator[tuple[int, list[Finding]]]:
    """Run this worker's part, target after target in turn; yield (inputs run since the last time, findings)."""
    chosen = [target for target in _known() if only in (None, target.name)]
    if not chosen:
        raise SystemExit(f"no target {only!r}")
    whole = sum(target.share for target in chosen)
    rounds = max(1, inputs // 2000)
    done = 0
    last = time.monotonic()
    found: list[Finding] = []
    for turn in range(rounds):
        for target in chosen:
            count = max(1, round(inputs * target.share / whole))
            for number in range(turn, count, rounds):
                if number // rounds % jobs != worker:
                    continue
                finding = run_one(target, seed, number)
                found += [finding] if finding else []
                done += 1
        if time.monotonic() - last > 1:
            yield done, found
            done, found, last = 0, [], time.monotonic()
    yield done, found


def bound_time() -> None:
    """Have the timer that run_one() sets raise HangError."""

    def hang(_signal: int, _frame: Any) -> None:
        raise HangError(f"one input took more than {CPU_S} s of CPU")

    signal.signal(signal.SIGPROF, hang)


def prepare() -> None:
    """Bounds of this process: memory for all, CPU time for each input."""
    bound_time()
    # Not RLIMIT_AS: what draws the pictures reserves far more address space than it uses.
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


def _worker(pipe: Any, options: argparse.Namespace, worker: int) -> None:
    prepare()
    for part in work(options.seed, options.inputs, options.only, worker, options.jobs):
        pipe.send(part)
    pipe.send(None)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only")
    parser.add_argument("--at", type=int)
    options = parser.parse_args()
    if options.at is not None:
        prepare()
        target = next(target for target in _known() if target.name == options.only)
        print(repr(target.make(source(options.seed, target.name, options.at))))
        finding = run_one(target, options.seed, options.at)
        print(finding.text if finding else "nothing was found")
        return 1 if finding else 0
    return _all(options)


def _all(options: argparse.Namespace) -> int:
    began = shown = time.monotonic()
    pipes = []
    for worker in range(options.jobs):
        ours, theirs = multiprocessing.Pipe(duplex=False)
        multiprocessing.Process(target=_worker, args=(theirs, options, worker), daemon=True).start()
        theirs.close()
        pipes.append(ours)
    done, kinds, lost = 0, {}, 0
    while pipes:
        for pipe in multiprocessing.connection.wait(pipes):
            try:
                part = pipe.recv()
            except EOFError:
                lost, part = lost + 1, None
            if part is None:
                pipes.remove(pipe)
                continue
            done += part[0]
            for finding in part[1]:
                if finding.kind not in kinds:
                    print(
                        f"found: {json.dumps([finding.target, finding.number])} {finding.kind}\n{finding.text}",
                        flush=True,
                    )
                kinds[finding.kind] = kinds.get(finding.kind, 0) + 1
        if time.monotonic() - shown > PROGRESS_S:
            shown = time.monotonic()
            rate = done / (shown - began)
            print(f"fuzz: {done} of {options.inputs} inputs, {rate:.0f}/s, {len(kinds)} kinds of findings", flush=True)
    seconds = time.monotonic() - began
    print(f"fuzz: {done} inputs in {seconds:.0f} s, {len(kinds)} kinds of findings {kinds or ''}")
    if lost:
        print(f"fuzz: {lost} workers ended before their time")
    return 1 if kinds or lost or done < options.inputs * 0.99 else 0


if __name__ == "__main__":
    sys.exit(main())

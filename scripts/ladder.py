# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test ladder: its jobs, side by side as far as the processors go, each with a log of its own.

    ladder.py [--full] [STAGE...]      stages: lint unit sanity integration molecule, and with --full what is in FULL

Half of the time a test waits: for a guest that boots, for a load that runs. So what waits runs beside what computes.
Prints when a job begins and ends, once a minute what runs, the end of the log of what failed, and at the end a table
of seconds beside tests/budget.json, which warns and never fails, and why what failed did. Exit code 1 when a
job failed or could not run.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOGS = ROOT / ".cache" / "ladder"
BUDGET = ROOT / "tests" / "budget.json"
STAGES = ("lint", "unit", "sanity", "integration", "molecule")
TAIL_LINES = 150
# CI keeps the end of what is printed, so why a job failed stands there once more. Ansible says it in the lines after
# the word, of which the last counts: what was expected or rescued came before. Others say it in one line.
FATAL, FATAL_LINES = re.compile(r"(?:fatal|failed): \["), 25
TELLING, TELLING_LINES = re.compile(r"FAILED |ERROR|E   |[^ ]*error:|Traceback|[^ ]+:[0-9]+:[0-9]+: "), 5
LINE_CHARACTERS = 800
HEARTBEAT_S = 60


@dataclasses.dataclass(frozen=True)
class Job:
    """One command of a stage; it begins when the jobs that it needs have passed."""

    stage: str
    name: str
    argv: tuple[str, ...]
    needs: tuple[str, ...] = ()


@dataclasses.dataclass
class Result:
    """How a job ended: seconds is None where it did not run."""

    job: Job
    ok: bool
    seconds: float | None


# What molecule and the integration targets share: one image of the lab host, built once.
IMAGE = Job("set-up", "lab_host image", ("ansible-playbook", "playbooks/lab_host.yml", "-e", "lab_host_state=built"))
PREPARE = Job("set-up", "integration packages", ("tests/integration/run.sh", "--prepare"))
NETDEVSIM = Job("set-up", "netdevsim", ("tests/integration/lab_host/netdevsim/prepare.sh",), (IMAGE.name,))


def jobs_of(stages: Iterable[str], *, full: bool) -> list[Job]:
    """The jobs of the stages, each after what it needs."""
    wanted = set(stages)
    jobs = []
    if wanted & {"integration", "molecule"}:
        jobs.append(IMAGE)
    if "molecule" in wanted:
        jobs.append(NETDEVSIM)
        jobs.append(Job("molecule", "molecule", ("scripts/molecule.sh",), (IMAGE.name,)))
    if "integration" in wanted:
        jobs.append(PREPARE)
        for folder in sorted((ROOT / "tests" / "integration" / "targets").iterdir()):
            argv = ("tests/integration/run.sh", "--prepared", folder.name)
            jobs.append(Job("integration", folder.name, argv, (PREPARE.name, IMAGE.name)))
    jobs += [Job(stage, stage, (f"scripts/{stage}.sh",)) for stage in ("lint", "unit", "sanity") if stage in wanted]
    if full:
        jobs += [dataclasses.replace(job, stage="full") for job in FULL]
    return jobs


# What is too long for every run; CONTRIBUTING.md names the times. Beside it a target may add something where
# VIRTIO_LAB_FULL is set: cloud_guest takes all its images.
FULL = (
    Job("full", "fuzz", ("python", "tests/fuzz/run.py", "--inputs", "1000000")),
    Job("full", "matrix", ("tests/integration/lane.sh", "python3", "tests/matrix/matrix.py"), (PREPARE.name,)),
)


class Ladder:
    """Runs jobs with a number of slots; what takes longest begins first."""

    def __init__(self, jobs: list[Job], budget: dict[str, float], slots: int) -> None:
        self._waiting = sorted(jobs, key=lambda job: -self._path(job, jobs, budget))
        self._slots = slots
        self._running: dict[str, tuple[Job, subprocess.Popen[bytes], float]] = {}
        self._changed = threading.Condition()
        self._total = len(jobs)
        self.results: list[Result] = []

    @staticmethod
    def _path(job: Job, jobs: list[Job], budget: dict[str, float]) -> float:
        """Seconds of a job and of the longest that waits for it."""
        own = budget.get(job.name, 60)
        return own + max((Ladder._path(after, jobs, budget) for after in jobs if job.name in after.needs), default=0)

    def run(self) -> list[Result]:
        """Run all; returns the results in the order in which they came."""
        told = time.monotonic()
        with self._changed:
            while self._waiting or self._running:
                self._start()
                self._changed.wait(timeout=1)
                if time.monotonic() - told >= HEARTBEAT_S:
                    told = time.monotonic()
                    self._tell_what_runs()
        return self.results

    def stop(self) -> None:
        """Stop what runs: each job has a process group of its own."""
        for _job, process, _began in list(self._running.values()):
            os.killpg(process.pid, signal.SIGTERM)

    def _start(self) -> None:
        passed = {result.job.name for result in self.results if result.ok}
        failed = {result.job.name for result in self.results if not result.ok}
        for job in list(self._waiting):
            if failed & set(job.needs):
                self._waiting.remove(job)
                self._end(job, ok=False, seconds=None)
            elif len(self._running) < self._slots and passed.issuperset(job.needs):
                self._waiting.remove(job)
                self._begin(job)

    def _begin(self, job: Job) -> None:
        say(f"{job.name} begins")
        with log_of(job).open("wb") as log:
            process = subprocess.Popen(
                job.argv,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._running[job.name] = (job, process, time.monotonic())
        threading.Thread(target=self._wait, args=(job, process), daemon=True).start()

    def _wait(self, job: Job, process: subprocess.Popen[bytes]) -> None:
        code = process.wait()
        with self._changed:
            began = self._running.pop(job.name)[2]
            self._end(job, ok=code == 0, seconds=time.monotonic() - began)
            self._changed.notify()

    def _end(self, job: Job, *, ok: bool, seconds: float | None) -> None:
        self.results.append(Result(job, ok, seconds))
        count = f"{len(self.results)} of {self._total}"
        if seconds is None:
            say(f"{job.name}: NOT RUN, as what it needs failed ({count})")
            return
        say(f"{job.name}: {'ok' if ok else 'FAILED'} in {seconds:.0f} s ({count})")
        if not ok:
            for line in last_lines(job, TAIL_LINES):
                print(f"    {line}")
            print(f"    all of it: {log_of(job).relative_to(ROOT)}", flush=True)

    def _tell_what_runs(self) -> None:
        for job, _process, began in self._running.values():
            lines = last_lines(job, 1)
            say(f"{job.name} for {time.monotonic() - began:.0f} s: {lines[0][:100] if lines else ''}")


def log_of(job: Job) -> Path:
    """Where all that a job prints is."""
    return LOGS / f"{job.name.replace(' ', '-')}.log"


def last_lines(job: Job, count: int) -> list[str]:
    """The last lines with something in them that a job printed."""
    with log_of(job).open("rb") as log:
        log.seek(0, os.SEEK_END)
        log.seek(max(0, log.tell() - 64 * 1024))
        text = log.read().decode(errors="replace")
    return [line for line in text.splitlines() if line.strip()][-count:]


def telling_lines(job: Job) -> list[str]:
    """What a job's log has of why it failed; its last lines where nothing looks like a reason."""
    lines = [line[:LINE_CHARACTERS] for line in last_lines(job, 100_000)]
    for number in reversed(range(len(lines))):
        if FATAL.match(lines[number]):
            return lines[number : number + FATAL_LINES]
    return ([line for line in lines if TELLING.match(line)] or lines)[-TELLING_LINES:]


def say(text: str) -> None:
    """One line with the time of the day."""
    print(f"== {time.strftime('%H:%M:%S')} {text}", flush=True)


def table(results: list[Result], budget: dict[str, float], whole: float) -> list[str]:
    """Seconds by stage and job, beside the budget; what is over it is marked."""
    lines = [f"{'':34}{'seconds':>8}{'budget':>8}"]

    def row(name: str, seconds: float, limit: float | None) -> None:
        over = "  over budget" if limit is not None and seconds > limit else ""
        lines.append(f"{name:34}{seconds:8.0f}{'' if limit is None else format(limit, '.0f'):>8}{over}".rstrip())

    for stage in ("set-up", *STAGES, "full"):
        done = [result for result in results if result.job.stage == stage and result.seconds is not None]
        if not done:
            continue
        if len(done) > 1:
            row(stage, sum(result.seconds or 0 for result in done), None)
        for result in sorted(done, key=lambda result: -(result.seconds or 0)):
            indent = "  " if len(done) > 1 else ""
            row(indent + result.job.name, result.seconds or 0, budget.get(result.job.name))
    row("from begin to end", whole, budget.get("from begin to end"))
    return lines


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description="The test ladder.")
    parser.add_argument("--full", action="store_true", help="with what is too long for every run")
    parser.add_argument("--slots", type=int, default=os.cpu_count() or 1, help="how many jobs run beside each other")
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=f"of {' '.join(STAGES)}; all when none is named")
    asked = parser.parse_args()
    unknown = set(asked.stages) - set(STAGES)
    if unknown:
        parser.error(f"no stage named {', '.join(sorted(unknown))}; the stages are {', '.join(STAGES)}")

    os.environ.setdefault("VENV", str(ROOT / ".venv"))
    os.environ["PATH"] = f"{os.environ['VENV']}/bin:{os.environ['PATH']}"
    os.environ.setdefault("ANSIBLE_CONFIG", str(ROOT / "ansible.cfg"))
    if asked.full:
        os.environ["VIRTIO_LAB_FULL"] = "1"
    LOGS.mkdir(parents=True, exist_ok=True)
    budget = json.loads(BUDGET.read_text(encoding="utf-8"))
    ladder = Ladder(jobs_of(asked.stages or STAGES, full=asked.full), budget, asked.slots)

    def stopped(number: int, _frame: object) -> None:
        ladder.stop()
        sys.exit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stopped)

    began = time.monotonic()
    results = ladder.run()
    print("\n".join(["", *table(results, budget, time.monotonic() - began), ""]))
    failed = [result.job.name for result in results if not result.ok]
    for result in results:
        if not result.ok and result.seconds is not None:
            print("\n".join([f"{result.job.name}:", *(f"    {line}" for line in telling_lines(result.job)), ""]))
    if failed:
        print(f"failed: {', '.join(failed)}")
    print(f"{len(results) - len(failed)} passed, {len(failed)} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

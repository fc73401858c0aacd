# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules cost at scale, as ratios within one run: run.py taps|networks|report [--count N] [--repeats N].

Needs ansible-playbook; `taps` and `networks` also root and iproute2, `networks` a libvirt that runs, and strace. See
docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from scenarios import BENCHMARKS, Row

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


def main() -> None:
    arguments = parsed()
    benchmark = BENCHMARKS[arguments.what]
    count = arguments.count or benchmark.count
    need(arguments.what)
    seconds = []
    with TemporaryDirectory(prefix="virtio-lab-bench-") as folder:
        things = benchmark.prepare(count, Path(folder))
        for repeat in range(arguments.repeats):
            order = benchmark.tasks if repeat % 2 == 0 else benchmark.tasks[::-1]
            print(f"{arguments.what}: {repeat + 1} of {arguments.repeats}", file=sys.stderr)
            seconds.append(played(arguments.what, {**things, "bench_order": order, "bench_folder": folder}))
    print(table(f"{count} {arguments.what}", benchmark.rows, seconds))


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=BENCHMARKS)
    parser.add_argument("--count", type=int, help="how many (taps: 1000; networks: 200; report: 10000 runs)")
    parser.add_argument("--repeats", type=int, default=5, help="how often everything is measured (5)")
    arguments = parser.parse_args()
    most = BENCHMARKS[arguments.what].most
    if arguments.count is not None and arguments.count < 1:
        parser.error("--count: at least 1")
    if arguments.count is not None and most and arguments.count > most:
        parser.error(f"--count: {most} {arguments.what} at most")
    if arguments.repeats < 1:
        parser.error("--repeats: at least 1")
    return arguments


def need(what: str) -> None:
    """End with one sentence where something is missing."""
    programs = BENCHMARKS[what].programs
    if "ip" in programs and os.geteuid() != 0:
        sys.exit("run.py: network namespaces are root's to make: become root")
    for program in ("ansible-playbook", *programs):
        if shutil.which(program, path=path()) is None:
            sys.exit(f"run.py: {program} is missing; install the package that has it")


def path() -> str:
    return f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}"


def played(what: str, variables: dict[str, object]) -> dict[str, float]:
    """Play a benchmark once; return what each task called "Measure: …" took, and what "Count: …" says."""
    with TemporaryDirectory(prefix="virtio-lab-bench-") as collections:
        link = Path(collections, "ansible_collections", "virtio", "lab")
        link.parent.mkdir(parents=True)
        link.symlink_to(ROOT)
        done = subprocess.run(
            ["ansible-playbook", "-i", "localhost,", "-c", "local", "-e", json.dumps(variables), f"{HERE / what}.yml"],
            env={
                **os.environ,
                "PATH": path(),
                "ANSIBLE_COLLECTIONS_PATH": f"{collections}:{os.environ.get('ANSIBLE_COLLECTIONS_PATH', '')}",
                "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback"),
                "ANSIBLE_STDOUT_CALLBACK": "task_durations",
                "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3",
            },
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        sys.exit(f"run.py: {what}.yml failed:\n{failure(done.stdout) or done.stdout}{done.stderr}")
    figures = {}
    for task in tasks_of(done.stdout):
        kind, _colon, name = task["name"].partition(": ")
        if kind == "Measure":
            figures[name] = task["seconds"]
            figures[f"{name}, CPU"] = task["cpu_seconds"]
        elif kind == "Count":
            figures[name] = float(task["hosts"]["localhost"]["msg"])
    return figures


def tasks_of(printed: str) -> list[dict]:
    # Whatever Ansible has to say stands beside the tasks' lines.
    return [json.loads(line) for line in printed.splitlines() if line.startswith('{"name": ')]


def failure(printed: str) -> str:
    failed = [
        f"{task['name']}: {host.get('msg')} {host.get('stderr', '')}\n"
        for task in tasks_of(printed)
        for host in task["hosts"].values()
        if host.get("failed")
    ]
    return "".join(failed)


def table(title: str, rows: tuple[Row, ...], repeats: list[dict[str, float]]) -> str:
    width = max(len(row.label) for row in rows)
    lines = [f"{title}, {len(repeats)} repeats", f"{'':{width}}  {'median':>8}  {'least':>8}  {'most':>8}"]
    for row in rows:
        figures = [(seconds[row.of] - seconds.get(row.less, 0)) / seconds.get(row.over, 1) for seconds in repeats]
        lines.append(f"{row.label:{width}}  {median(figures):8.2f}  {min(figures):8.2f}  {max(figures):8.2f}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()

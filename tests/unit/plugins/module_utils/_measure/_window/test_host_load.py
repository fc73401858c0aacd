# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What else the hypervisor does, read from this machine and from files as a kernel writes them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._measure._record._beside import BESIDE, beside, gaps
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._host_load import (
    HostLoad,
    host_load,
    pressure_meters,
    pressure_ns,
    tools_ns,
)

STAT = "cpu  100 20 30 4000 50 6 70 8 90 10\ncpu0 1 2 3 4 5 6 7 8 9 10\n"
S = 1_000_000_000
BUSY = "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass\nprint('done', flush=True)"


def kernel(root: Path, **pressure: str) -> Path:
    (root / "pressure").mkdir()
    for name, text in pressure.items():
        (root / "pressure" / name).write_text(text, encoding="ascii")
    return root


def test_tasks_are_user_nice_and_system_and_guests_count_once(tmp_path: Path) -> None:
    full = "some avg10=0.00 avg60=0.00 avg300=0.00 total=1500\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=700\n"
    root = str(kernel(tmp_path, cpu=full.partition("full")[0], io=full))
    found = host_load(STAT, pressure_meters(root), (), root)
    assert (found.tasks_ns, found.steal_ns) == (1_500_000_000, 80_000_000)
    assert found.pressure == {"cpu": {"some": 1_500_000}, "io": {"some": 1_500_000, "full": 700_000}, "memory": None}


@pytest.mark.parametrize("stat", ["", "cpu  1 2 3 4 5 6 7", "intr 0"])
def test_what_is_not_told_is_not_known(stat: str, tmp_path: Path) -> None:
    found = host_load(stat, pressure_meters(str(tmp_path)), (), str(tmp_path))
    assert (found.tasks_ns, found.steal_ns) == (None, None)
    assert pressure_ns("") is None
    told = beside(found, found, 0)
    assert {name for name in BESIDE if told[name] is None} == set(BESIDE) - {"tools_cpu_s"}


def test_a_tool_counts_while_it_runs_and_after_its_end() -> None:
    before = tools_ns(())
    with subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE) as tool:
        assert tool.stdout is not None
        tool.stdout.readline()
        running = tools_ns([tool.pid]) - before
    ended = tools_ns([]) - before
    gone = tools_ns([tool.pid]) - before
    assert 0.25 * S < running < 5 * S
    assert 0.25 * S < ended <= gone


def test_foreign_is_what_is_left_of_all_tasks_and_never_less_than_nothing() -> None:
    first = HostLoad(10 * S, 1 * S, 2 * S, {"cpu": {"some": 0}, "io": {"some": 5, "full": 9}})
    last = HostLoad(20 * S, 3 * S, 3 * S, {"cpu": {"some": S}, "io": {"some": S + 5, "full": 8}})
    found = beside(first, last, 4 * S)
    assert found == {
        "tasks_s": 10.0,
        "tools_cpu_s": 1.0,
        "foreign_cpu_s": 5.0,
        "steal_s": 2.0,
        "pressure_s": {"cpu": {"some": 1.0}, "io": {"some": 1.0}, "memory": None},
    }
    assert beside(first, last, 40 * S)["foreign_cpu_s"] == 0
    assert set(gaps(found["pressure_s"])) == {"summary.pressure_s.memory"}
    assert beside(None, last, 0) == dict.fromkeys(BESIDE)

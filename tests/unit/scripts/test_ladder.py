# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test ladder's runner, over jobs that are real processes."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "ladder.py"


@pytest.fixture(name="ladder")
def _ladder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("ladder", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "ladder", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "LOGS", tmp_path)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    return module


def test_a_job_begins_after_what_it_needs_and_the_longest_way_first(ladder: ModuleType, tmp_path: Path) -> None:
    order = tmp_path / "order"

    def job(name: str, *needs: str) -> object:
        return ladder.Job("unit", name, ("sh", "-c", f"echo {name} >> {order}"), needs)

    jobs = [job("short"), job("last", "middle"), job("middle", "first"), job("first")]
    budget = {"short": 5, "first": 1, "middle": 1, "last": 10}
    results = ladder.Ladder(jobs, budget, slots=1).run()
    assert order.read_text().split() == ["first", "middle", "last", "short"]
    assert all(result.ok for result in results)


def test_jobs_run_beside_each_other_as_far_as_the_slots_go(ladder: ModuleType, tmp_path: Path) -> None:
    """Each of the two waits for the other one's file: one after the other they would never end."""
    meet = "touch {own}; until [ -e {other} ]; do sleep 0.05; done"
    jobs = [
        ladder.Job("unit", own, ("timeout", "20", "sh", "-c", meet.format(own=tmp_path / own, other=tmp_path / other)))
        for own, other in (("one", "two"), ("two", "one"))
    ]
    assert all(result.ok for result in ladder.Ladder(jobs, {}, slots=2).run())


def test_a_failure_is_shown_and_what_needs_it_is_no_success(
    ladder: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = [
        ladder.Job("unit", "bad", ("sh", "-c", "echo why it failed; exit 3")),
        ladder.Job("unit", "after", ("true",), ("bad",)),
        ladder.Job("unit", "other", ("true",)),
    ]
    results = {result.job.name: (result.ok, result.seconds is None) for result in ladder.Ladder(jobs, {}, 2).run()}
    assert results == {"bad": (False, False), "after": (False, True), "other": (True, False)}
    said = capsys.readouterr().out
    assert "why it failed" in said
    assert "after: NOT RUN" in said


def test_why_it_failed_is_said_in_the_end(ladder: ModuleType) -> None:
    job = ladder.Job("integration", "bad", ())
    log = [
        "TASK [make it]",
        "fatal: [localhost]: FAILED! => ",
        "    msg: no disk",
        *(f"TASK [clean {number}]\nok: [localhost]" for number in range(400)),
        "PLAY RECAP ***",
    ]
    ladder.log_of(job).write_text("\n".join(log), encoding="utf-8")
    told = ladder.telling_lines(job)
    assert told[:2] == log[1:3]
    assert len(told) == ladder.FATAL_LINES
    ladder.log_of(job).write_text("FAILED tests/test_a.py::test_b - no\n4 failed, 3 passed", encoding="utf-8")
    assert ladder.telling_lines(job) == ["FAILED tests/test_a.py::test_b - no"]
    ladder.log_of(job).write_text("one\n\ntwo\n" + "x" * 5000, encoding="utf-8")
    assert ladder.telling_lines(job) == ["one", "two", "x" * ladder.LINE_CHARACTERS]


def test_the_table_marks_what_is_over_its_budget(ladder: ModuleType) -> None:
    results = [
        ladder.Result(ladder.Job("unit", "unit", ()), ok=True, seconds=100.4),
        ladder.Result(ladder.Job("integration", "link", ()), ok=True, seconds=61.0),
        ladder.Result(ladder.Job("integration", "tuntap", ()), ok=False, seconds=59.0),
    ]
    lines = ladder.table(results, {"unit": 100, "link": 62, "from begin to end": 10}, 120)
    over = [line.split()[0] for line in lines if line.endswith("over budget")]
    assert over == ["unit", "from"]
    assert [line.split()[1] for line in lines if line.startswith("integration")] == ["120"]


def test_every_stage_and_target_is_a_job_with_a_budget(ladder: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    root = SCRIPT.parents[1]
    monkeypatch.setattr(ladder, "ROOT", root)
    jobs = ladder.jobs_of(ladder.STAGES, full=True)
    names = [job.name for job in jobs]
    targets = {folder.name for folder in (root / "tests" / "integration" / "targets").iterdir()}
    assert targets <= set(names)
    assert len(names) == len(set(names))
    assert {need for job in jobs for need in job.needs} <= set(names)
    assert all((root / job.argv[0]).is_file() for job in jobs if "/" in job.argv[0])
    budget = ladder.json.loads(ladder.BUDGET.read_text(encoding="utf-8"))
    assert set(budget) == {*names, "from begin to end"}


def test_a_stage_that_is_none_is_refused_with_the_ones_there_are(
    ladder: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["ladder.py", "nosuch"])
    with pytest.raises(SystemExit):
        ladder.main()
    assert "no stage named nosuch; the stages are lint, unit" in capsys.readouterr().err

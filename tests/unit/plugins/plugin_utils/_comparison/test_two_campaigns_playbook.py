# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""playbooks/compare.yml by a real ansible-playbook: what CI sees of it is its exit status."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ..made_up import made_up

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[5]


@pytest.fixture(name="results", scope="module")
def _results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    collections = folder / "collections/ansible_collections/virtio"
    collections.mkdir(parents=True)
    (collections / "lab").symlink_to(ROOT)
    (folder / "ansible.cfg").write_text("[defaults]\ncollections_path = collections\n", encoding="utf-8")
    made_up(folder / "before", "before")
    made_up(folder / "after", "after")
    made_up(folder / "slower", "slower", 0.7)
    # As much slower, and each figure of it contradicts the raw output beside it.
    forged = made_up(folder / "forged", "forged")
    bare = made_up(folder / "bare", "bare")
    for path in bare.glob("*-aa-*"):
        shutil.rmtree(path)
    other = made_up(folder / "other", "other")
    for path in (*other.glob("*/run.json"), *forged.glob("*-vhost-tcp_rr/run.json")):
        run = json.loads(path.read_bytes())
        if path.parents[1] == other:
            run["manifest"]["accelerator"] = "tcg"
        else:
            run["summary"]["tps"] *= 2
        path.write_text(json.dumps(run), encoding="utf-8")
    return folder


def compare(results: Path, candidate: str, *more: str) -> subprocess.CompletedProcess[str]:
    argv = [str(Path(sys.executable).parent / "ansible-playbook"), str(ROOT / "playbooks" / "compare.yml")]
    argv += ["-e", "baseline=before", "-e", f"candidate={candidate}", *more]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(results / "ansible.cfg")}
    environment.pop("ANSIBLE_COLLECTIONS_PATH", None)
    return subprocess.run(argv, cwd=results, env=environment, capture_output=True, text=True, check=False)


def test_nothing_worse_passes_and_writes_what_was_found(results: Path) -> None:
    for changed in (1, 0):
        done = compare(results, "after")
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"changed={changed}" in done.stdout
    assert json.loads((results / "after/compare.json").read_text(encoding="utf-8"))["regressions"] == []
    assert (results / "after/compare.md").read_text(encoding="utf-8").startswith("# after beside before")
    assert "<h1>after beside before</h1>" in (results / "after/compare.html").read_text(encoding="utf-8")


def test_a_regression_fails_and_is_written_all_the_same(results: Path) -> None:
    done = compare(results, "slower", "-e", "datapath=vhost")
    assert done.returncode == 2
    assert "figures became worse" in done.stdout
    found = json.loads((results / "slower/compare.json").read_text(encoding="utf-8"))
    assert {entry["variant"] for entry in found["regressions"]} == {"vhost"}


def outcome(results: Path, candidate: str) -> str:
    return str(json.loads((results / candidate / "compare.json").read_text(encoding="utf-8"))["outcome"])


def test_undecided_has_another_exit_code_and_is_let_pass_only_when_asked(results: Path) -> None:
    done = compare(results, "bare")
    assert done.returncode == 4
    assert "outcome: undecided: " in done.stdout
    assert "became worse, see" not in done.stdout
    assert outcome(results, "bare") == "undecided"
    assert compare(results, "bare", "-e", "fail_on=regression").returncode == 0
    assert compare(results, "slower", "-e", "fail_on=undecided").returncode == 0


def test_what_cannot_be_compared_fails_with_the_reason(results: Path) -> None:
    done = compare(results, "other")
    assert done.returncode == 2
    assert "accelerator is kvm in the baseline and tcg in the candidate" in " ".join(
        (done.stdout + done.stderr).split()
    )
    assert not (results / "other/compare.json").exists()


def test_a_candidate_that_contradicts_its_raw_output_is_no_pass(results: Path) -> None:
    done = compare(results, "forged")
    assert done.returncode == 4
    assert outcome(results, "forged") == "undecided"
    found = json.loads((results / "forged/compare.json").read_text(encoding="utf-8"))
    assert found["verification"]["baseline"]["sentence"].startswith("verified: 88 of 88 runs")
    assert found["verification"]["candidate"]["sentence"].startswith("verified: 80 of 88 runs")
    assert len(found["refused"]) == 8
    assert "all of the candidate" in done.stdout
    assert "by its raw output and counters it is" in done.stdout


def test_check_mode_writes_nothing(results: Path) -> None:
    done = compare(results, "after", "-e", "dest=elsewhere", "--check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "changed=1" in done.stdout
    assert not (results / "elsewhere").exists()

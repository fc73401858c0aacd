# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""playbooks/verify.yml by a real ansible-playbook: what CI sees of it is its exit status."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import RUNS, change

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[5]


def play(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    collections = folder.parent / "collections/ansible_collections/virtio"
    if not collections.exists():
        collections.mkdir(parents=True)
        (collections / "lab").symlink_to(ROOT)
        (folder.parent / "ansible.cfg").write_text("[defaults]\ncollections_path = collections\n", encoding="utf-8")
    argv = [str(Path(sys.executable).parent / "ansible-playbook"), str(ROOT / "playbooks" / "verify.yml"), *more]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(folder.parent / "ansible.cfg")}
    environment.pop("ANSIBLE_COLLECTIONS_PATH", None)
    return subprocess.run(argv, cwd=folder.parent, env=environment, capture_output=True, text=True, check=False)


def test_what_holds_passes_and_one_digit_fails_with_the_run_named(campaign: Path) -> None:
    done = play(campaign, "-e", f"campaign={campaign.name}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"verified: {RUNS} of {RUNS} runs, 6 of 6 planned cells; not sealed, unsigned" in done.stdout
    change(campaign, "b01-vhost-tcp_rr", lambda run: run["summary"].update(tps=771.332))
    done = play(campaign, "-e", f"campaign={campaign.name}", "-e", "require=sealed,signed")
    assert done.returncode == 2
    assert "false: b01-vhost-tcp_rr/run.json: summary.tps is 771.332; by its raw output" in done.stdout
    assert "missing: campaign.json: the campaign is not sealed" in done.stdout
    assert "things do not hold, see the list above" in done.stdout

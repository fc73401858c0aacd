# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each hypervisor's campaign gets a report, also where the control node is limited away."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

SAMPLE = Path(__file__).resolve().parents[3] / "docs/sample-report"
FORMS = {"report.html", "report.md", "report.csv", "comparison.json"}


@pytest.fixture(name="inventory")
def _inventory(tmp_path):
    """Two hosts that have measured, in folders with a blank, and named as the user does that also has a `campaign`."""
    hosts = {}
    for host in ("hv1", "hv2"):
        for run in SAMPLE.glob("b01-*"):
            shutil.copytree(run, tmp_path / "my results" / host / run.name)
        hosts[host] = {"benchmark_records": f"my results/{host}"}
    (tmp_path / "hosts.json").write_text(json.dumps({"hypervisors": {"hosts": hosts, "vars": {"campaign": "summer"}}}))
    return "hosts.json"


def forms_of(tmp_path, host):
    return FORMS & {path.name for path in (tmp_path / "my results" / host).iterdir()}


def test_two_hypervisors_have_two_reports(play, tmp_path, inventory):
    done = play("-i", inventory, "virtio.lab.report")
    assert done.returncode == 0, done.stdout
    assert forms_of(tmp_path, "hv1") == forms_of(tmp_path, "hv2") == FORMS
    # A row of the table is a line, also without the ansible.cfg of the checkout.
    assert re.search(r"^ *\"workload +figure +", done.stdout, re.MULTILINE)
    assert "\\n" not in done.stdout


def test_the_one_that_is_left_by_a_limit_has_its_own(play, tmp_path, inventory):
    done = play("-i", inventory, "--limit", "hv2", "virtio.lab.report")
    assert done.returncode == 0, done.stdout
    assert (forms_of(tmp_path, "hv1"), forms_of(tmp_path, "hv2")) == (set(), FORMS)


def test_a_campaign_that_is_named_is_reported_whoever_the_limit_leaves(play, tmp_path, inventory):
    done = play("-i", inventory, "--limit", "hv2", "virtio.lab.report", campaign="my results/hv1")
    assert done.returncode == 0, done.stdout
    assert (forms_of(tmp_path, "hv1"), forms_of(tmp_path, "hv2")) == (FORMS, set())


def test_check_mode_reports_what_is_there_and_says_what_it_cannot(play, tmp_path, inventory):
    shutil.rmtree(tmp_path / "my results" / "hv2")  # as of a campaign that check mode would have begun
    done = play("-i", inventory, "--check", "virtio.lab.report")
    assert done.returncode == 0, done.stdout
    assert "Nothing was measured on hv2" in done.stdout
    assert "Nothing was measured on hv1" not in done.stdout
    assert re.search(r"^ *\"workload +figure +", done.stdout, re.MULTILINE)
    assert forms_of(tmp_path, "hv1") == set()


def test_without_check_mode_it_is_an_error(play, tmp_path, inventory):
    shutil.rmtree(tmp_path / "my results" / "hv2")
    done = play("-i", inventory, "--limit", "hv2", "virtio.lab.report")
    assert done.returncode != 0
    assert "my results/hv2 is not a directory" in done.stdout


def test_the_table_as_yaml_is_one_text(play, inventory):
    done = play("-i", inventory, "virtio.lab.report", environment={"ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml"})
    assert re.search(r"^ *workload +figure +", done.stdout, re.MULTILINE)

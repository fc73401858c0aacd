# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs that a hypervisor hands over: it chooses no path and no name on the control node."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._campaign._fetch import expected, fetch, record_path

CONTENT = b"raw output"


def run(path: str = "iperf3.stdout", **more: Any) -> dict[str, Any]:
    raw = [{"path": path, "sha256": hashlib.sha256(CONTENT).hexdigest()}]
    return {"campaign_id": "c", "run_id": "r", "raw": raw, **more}


def copy(_remote: str, local: str) -> None:
    Path(local).write_bytes(CONTENT)


def test_a_run_arrives_once(tmp_path):
    asked: list[str] = []

    def counted(remote: str, local: str) -> None:
        asked.append(remote)
        copy(remote, local)

    assert fetch(run(), "/x/r/run.json", tmp_path, counted)
    assert not fetch(run(), "/x/r/run.json", tmp_path, counted)
    assert asked == ["/x/r/iperf3.stdout"]
    assert (tmp_path / "c" / "r" / "iperf3.stdout").read_bytes() == CONTENT


@pytest.mark.parametrize(
    "name", ["../../../x", "/etc/x", "a/b", "..", "", "run.json", "lost.json", "x\n!id", "-x", ".ssh"]
)
def test_a_raw_file_is_one_name_and_not_the_records(tmp_path, name):
    with pytest.raises(LabError, match="raw output "):
        fetch(run(name), "/x/r/run.json", tmp_path, copy)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("key", ["campaign_id", "run_id"])
@pytest.mark.parametrize("value", ["../../elsewhere", "..", "/tmp/x", ""])
def test_ids_are_one_name(tmp_path, key, value):
    with pytest.raises(LabError, match=key):
        fetch(run(**{key: value}), "/x/r/run.json", tmp_path, copy)
    assert list(tmp_path.iterdir()) == []


def test_ids_are_those_that_were_asked_for():
    expected(run(), {"campaign_id": "c", "run_id": "r"})
    for asked in ({"campaign_id": "other", "run_id": "r"}, {"campaign_id": "c", "run_id": "other"}):
        with pytest.raises(LabError, match="asked for was 'other'"):
            expected(run(), asked)


def test_a_raw_file_is_never_written_through_a_link(tmp_path):
    mine = tmp_path / "mine"
    mine.write_text("mine", encoding="ascii")
    folder = tmp_path / "results" / "c" / "r"
    folder.mkdir(parents=True)
    (folder / "iperf3.stdout").symlink_to(mine)
    (folder / ".iperf3.stdout").symlink_to(mine)
    assert fetch(run(), "/x/r/run.json", tmp_path / "results", copy)
    assert mine.read_text(encoding="ascii") == "mine"
    assert not (folder / "iperf3.stdout").is_symlink()
    assert (folder / "iperf3.stdout").read_bytes() == CONTENT


@pytest.mark.parametrize("step", ["c", "c/r"])
def test_a_campaign_is_never_written_through_a_link(tmp_path, step):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    place = tmp_path / "results" / step
    place.parent.mkdir(parents=True)
    place.symlink_to(elsewhere)
    with pytest.raises(LabError, match="is a symbolic link"):
        fetch(run(), "/x/r/run.json", tmp_path / "results", copy)
    assert list(elsewhere.iterdir()) == []


def test_what_arrives_with_another_checksum_takes_no_place(tmp_path):
    with pytest.raises(LabError, match=r"iperf3\.stdout of run r arrived with another checksum"):
        fetch(run(), "/x/r/run.json", tmp_path, lambda _remote, local: Path(local).write_bytes(b"other"))
    assert os.listdir(tmp_path / "c" / "r") == []


def test_the_path_of_the_record_is_known_beforehand():
    """A line break in it would begin a command of sftp's, which runs on the control node."""
    asked = {"results_dir": "/var/lib/x", "campaign_id": "c", "run_id": "r"}
    assert record_path("/elsewhere\n!id", asked) == "/var/lib/x/c/r/run.json"
    home = {**asked, "results_dir": "~/x"}
    assert record_path("/root/x/c/r/run.json", home) == "/root/x/c/r/run.json"
    for told in ("/root/x\n!id\n/c/r/run.json", "/root/x/c/other/run.json", "c/r/run.json", None, "/a'b/c/r/run.json"):
        with pytest.raises(LabError, match="would be right"):
            record_path(told, home)

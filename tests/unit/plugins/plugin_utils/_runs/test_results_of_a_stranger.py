# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A results folder that a stranger made: what is asserted is what a reader sees, and what is on the reader's disk."""

from __future__ import annotations

import copy
import json
import math
import os
import re
from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._campaign import _stop
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._comparison import compare
from ansible_collections.virtio.lab.plugins.plugin_utils._report import _report_files
from ansible_collections.virtio.lab.plugins.plugin_utils._runs import _records
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._run_document import validate

from ..conftest import make_campaign, store

MINE = "root:$6$MINE"


@pytest.fixture(name="folder")
def _folder(tmp_path):
    return store(make_campaign(1), tmp_path / "results")


@pytest.mark.parametrize("content", [f'["{MINE}"]', f'"{MINE}"', MINE, "{}"])
def test_a_link_shows_nothing_of_the_readers(folder, tmp_path, content):
    (tmp_path / "secret").write_text(content, encoding="ascii")
    (folder / "extra").mkdir()
    (folder / "extra" / "run.json").symlink_to(tmp_path / "secret")
    (folder / "stopped.json").symlink_to(tmp_path / "secret")
    runs, unreadable = _records.read_runs(folder)
    assert len(runs) == len(make_campaign(1))
    (entry,) = unreadable
    assert entry["path"] == "extra/run.json"
    assert entry["reason"].endswith("extra/run.json is a symbolic link; links are not followed there")
    assert MINE not in json.dumps(compare(runs, unreadable))
    with pytest.raises(LabError, match=r"stopped\.json is a symbolic link") as refused:
        _stop.kept(folder)
    assert MINE not in str(refused.value)


@pytest.mark.parametrize("levels", [300, 900, 2000])
@pytest.mark.parametrize("part", ["manifest", "witness"])
def test_one_that_is_nested_deeply_is_refused_alone(folder, part, levels):
    first = json.loads((folder / make_campaign(1)[0]["run_id"] / "run.json").read_text(encoding="utf-8"))
    first[part]["deep"] = "DEEP"
    text = json.dumps(first).replace('"DEEP"', '{"a":' * levels + "null" + "}" * levels)
    (folder / "extra").mkdir()
    (folder / "extra" / "run.json").write_text(text, encoding="utf-8")
    runs, unreadable = _records.read_runs(folder)
    assert len(runs) == len(make_campaign(1))
    assert [entry["path"] for entry in unreadable] == ["extra/run.json"]
    assert re.match("it is nested too deeply|depth limit exceeded", unreadable[0]["reason"])
    compare(runs, unreadable)


def test_a_folder_of_runs_is_no_link(folder, tmp_path):
    elsewhere = store(make_campaign(1)[:1], tmp_path / "elsewhere")
    (folder / "more").symlink_to(elsewhere)
    assert len(_records.read_runs(folder)[0]) == len(make_campaign(1))


def test_nothing_in_it_is_waited_for(folder):
    (folder / "extra").mkdir()
    os.mkfifo(folder / "extra" / "run.json")
    os.mkfifo(folder / "stopped.json")
    os.mkfifo(folder / "report.md")
    runs, unreadable = _records.read_runs(folder)
    assert [entry["reason"].split("extra/")[1] for entry in unreadable] == [
        "run.json is no regular file; that is refused"
    ]
    with pytest.raises(LabError, match="no regular file"):
        _stop.kept(folder)
    writes = _report_files.changes({"report.md": "text"}, folder)
    _report_files.apply(writes)
    assert (folder / "report.md").read_text(encoding="utf-8") == "text"
    assert runs


def test_the_report_is_never_written_through_a_link(folder, tmp_path):
    mine = tmp_path / "mine"
    mine.write_text(f"mine {MINE}", encoding="ascii")
    (folder / "report.md").symlink_to(mine)
    writes = _report_files.changes({"report.md": "text"}, folder)
    assert MINE not in json.dumps([write.diff() for write in writes])
    _report_files.apply(writes)
    assert mine.read_text(encoding="ascii") == f"mine {MINE}"
    assert not (folder / "report.md").is_symlink()


def put(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with another value at that place."""
    changed = copy.deepcopy(document)
    place: Any = changed
    *above, last = path.split(".")
    for step in above:
        place = place[step]
    place[last] = value
    return changed


BAD = [
    ("run_id", "a\n"),
    ("campaign_id", "../x"),
    ("campaign_id", "made-up\n"),
    ("summary.gbps", math.nan),
    ("summary.gbps", math.inf),
    ("summary.gbps", -1),
    ("summary.gbps", 1e300),
    ("block", 10**12),
    ("started_at", "2026-99-99T99:99:99Z"),
    ("started_at", "2026-01-01T00:00:00Z\n"),
    ("latency_histogram", {"bounds_us": [1, 2], "counts": [1, 2, 3]}),
    ("latency_histogram", {"bounds_us": [2, 1], "counts": [1]}),
    ("raw", [{"path": "a", "sha256": "0" * 64}, {"path": "a", "sha256": "1" * 64}]),
    ("lab", "x" * 100_000),
]


@pytest.mark.parametrize(("path", "value"), BAD)
def test_what_the_schema_refuses_is_refused(path, value):
    with pytest.raises(LabError, match=r"not a virtio\.lab/run/1 document: ") as refused:
        validate(put(make_campaign(1)[0], path, value))
    assert len(str(refused.value)) < 1000


@pytest.mark.parametrize(("path", "value"), BAD)
def test_one_bad_document_is_named_and_the_others_are_compared(folder, path, value):
    good = make_campaign(1)[0]
    (folder / "zzz").mkdir()
    (folder / "zzz" / "run.json").write_text(json.dumps(put(good, path, value)), encoding="utf-8")
    runs, unreadable = _records.read_runs(folder)
    assert [entry["path"] for entry in unreadable] == ["zzz/run.json"]
    assert compare(runs, unreadable)["runs"]["total"] == len(make_campaign(1))

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Old run documents are read for good; what a variant needs is in the new version."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._runs import _records
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._run_document import NEWEST, SCHEMAS, validate
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._upgrade import lifted

from ..conftest import make_campaign

SAMPLE = Path(__file__).resolve().parents[5] / "docs" / "sample-report"
OLD = sorted(SAMPLE.glob("b01-*/run.json"))


@pytest.mark.parametrize("path", OLD, ids=lambda path: path.parent.name)
def test_an_old_document_is_valid_as_it_is_and_lifted(path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["schema"] == "virtio.lab/run/1"
    before = copy.deepcopy(document)
    validate(document)
    new = lifted(document)
    assert document == before
    validate(new)
    assert new["schema"] == NEWEST
    assert new["factor"]["variant"] == new["factor"]["backend"] == document["factor"]["datapath"]
    assert new["factor"]["attachment"] is None
    for part in set(document) - {"schema", "factor"}:
        assert new[part] == document[part]
    assert lifted(new) == new


def test_there_are_old_documents() -> None:
    assert len(OLD) == 11


def test_a_folder_of_old_documents_is_read_as_new_ones() -> None:
    runs, unreadable = _records.read_runs(SAMPLE)
    assert unreadable == []
    assert {(run["schema"], run["factor"]["variant"]) for run in runs} == {(NEWEST, "qemu"), (NEWEST, "vhost")}


def variant() -> dict[str, Any]:
    """A run of today: a variant with options, threads of a process beside QEMU, a witness of three axes."""
    run = lifted(make_campaign(1)[0])
    run["factor"] |= {
        "variant": "user-9000", "datapath": "user", "baseline": "vhost", "frontend": "virtio", "backend": "qemu",
        "attachment": "user", "replicate": "hotplug",
        "options": {"driver": {"packed": True, "rx_queue_size": 512}, "queues": 2, "mtu": 9000, "model": None},
    }  # fmt: skip
    run["summary"]["cpu_s"] = {"vcpu": 3.0, "passt": 0.5}
    run["samples"] = [{**sample, "cpu_ns": {"vcpu": 1, "passt": 2}} for sample in run["samples"]]
    run["instrumentation"]["classes"] = {"passt": {"role": "mover", "process": "passt", "polls": False}}
    for moment in ("before", "middle", "after"):
        run["witness"][moment] |= {
            "effective": "user", "datapath": "user",
            "axes": {
                axis: {"effective": part, "witnesses": {"xml": [part]}}
                for axis, part in (("frontend", "virtio"), ("backend", "qemu"), ("attachment", "user"))
            },
        }  # fmt: skip
    run["witness"]["verdict"] = "user"
    return run


def test_a_variant_of_any_datapath_is_a_document() -> None:
    validate(variant())


@pytest.mark.parametrize(
    ("key", "value"),
    [("variant", "../x"), ("variant", ""), ("variant", None), ("datapath", "<b>"), ("datapath", "a b"),
     ("attachment", 1), ("options", {"other": 1}), ("baseline", "Ünfug"), ("replicate", "reset")],
)  # fmt: skip
def test_what_names_nothing_is_refused(key: str, value: Any) -> None:
    run = variant()
    run["factor"][key] = value
    with pytest.raises(LabError, match=rf"not a virtio\.lab/run/2 document: \$\.factor\.{key}"):
        validate(run)


def test_a_document_of_the_new_version_names_its_variant() -> None:
    run = variant()
    del run["factor"]["variant"]
    with pytest.raises(LabError, match="variant"):
        validate(run)


@pytest.mark.parametrize("schema", ["virtio.lab/run/9", None, 7, ["virtio.lab/run/1"]])
def test_a_version_that_there_is_not_is_refused(schema: Any) -> None:
    with pytest.raises(LabError, match=r"\$\.schema: .*virtio\.lab/run/2"):
        validate({**variant(), "schema": schema})


def test_the_old_version_stays_as_strict_as_it_was() -> None:
    run = make_campaign(1)[0]
    run["factor"]["datapath"] = "user"
    with pytest.raises(LabError, match=r"not a virtio\.lab/run/1 document: \$\.factor\.datapath"):
        validate(run)
    assert set(SCHEMAS) == {"virtio.lab/run/1", "virtio.lab/run/2"}

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each run document names the one before it, and campaign.json all of them."""

from __future__ import annotations

import hashlib
import json

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _campaign, _results, _seal

CAMPAIGN = {"datapaths": ["qemu"], "workloads": [{"name": "rr", "tool": "netperf"}], "blocks": 3, "seed": 1}
PLANNED = ["b01-rr", "b02-rr", "b03-rr"]


@pytest.fixture(name="folder")
def _folder(tmp_path):
    folder = tmp_path / "c1"
    _campaign.hold(folder, CAMPAIGN, PLANNED)
    return folder


def recorded(folder, run_id, **more):
    """What benchmark_run does once a run is measured."""
    document = {"run_id": run_id, **more, _seal.LINK: _seal.next_link(folder)}
    _results.make(folder / run_id)
    _results.write(folder / run_id, document)
    return document, _seal.settle(folder / run_id, document)


def sha256(folder, run_id):
    return hashlib.sha256((folder / run_id / "run.json").read_bytes()).hexdigest()


def test_every_document_names_the_one_before_it_and_the_first_the_plan(folder):
    plan = json.loads((folder / "campaign.json").read_bytes())
    assert plan["planned"] == PLANNED
    documents = [recorded(folder, run_id)[0] for run_id in PLANNED]
    assert [document["chain"]["number"] for document in documents] == [1, 2, 3]
    assert documents[0]["chain"]["previous"] == hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()
    assert documents[1]["chain"]["previous"] == sha256(folder, "b01-rr")
    assert documents[2]["chain"]["previous"] == sha256(folder, "b02-rr")
    kept = json.loads((folder / "campaign.json").read_bytes())["recorded"]
    assert [(entry["run_id"], entry["sha256"]) for entry in kept] == [(run, sha256(folder, run)) for run in PLANNED]


def test_a_finished_run_is_named_once_and_refused_when_it_was_changed(folder):
    document, entry = recorded(folder, "b01-rr")
    assert _seal.settle(folder / "b01-rr", document) == entry
    assert len(_campaign.read(folder).recorded) == 1
    _results.write(folder / "b01-rr", {**document, "tps": 9})
    with pytest.raises(LabError, match=r"b01-rr/run\.json is not the document that was recorded; put back"):
        _seal.settle(folder / "b01-rr", document)


def test_a_document_that_was_written_just_before_a_power_cut_is_named_afterwards(folder):
    recorded(folder, "b01-rr")
    document = {"run_id": "b02-rr", "chain": _seal.next_link(folder)}
    _results.make(folder / "b02-rr")
    _results.write(folder / "b02-rr", document)
    assert _seal.settle(folder / "b02-rr", document).number == 2


def test_a_document_from_elsewhere_is_refused(folder):
    _results.make(folder / "b01-rr")
    for strange in ({"run_id": "b01-rr"}, {"run_id": "b01-rr", "chain": {"number": 1, "previous": "0" * 64}}):
        _results.write(folder / "b01-rr", strange)
        with pytest.raises(LabError, match="was not recorded in this campaign"):
            _seal.settle(folder / "b01-rr", strange)


def test_a_campaign_that_was_begun_without_a_seal_goes_on_without(tmp_path):
    folder = tmp_path / "old"
    folder.mkdir()
    (folder / "campaign.json").write_text(json.dumps({"schema": "virtio.lab/campaign/1", "campaign": CAMPAIGN}))
    _campaign.hold(folder, CAMPAIGN, PLANNED)
    assert _seal.next_link(folder) is None
    assert _seal.settle(folder / "b01-rr", {}) is None
    assert json.loads((folder / "campaign.json").read_bytes())["schema"] == "virtio.lab/campaign/1"


def copied(folder, copy, run_id):
    _results.make(copy / run_id)
    _results.write(copy / run_id, json.loads((folder / run_id / "run.json").read_bytes()))


def test_a_copy_has_the_seal_of_its_original_in_whatever_order_runs_arrive(folder, tmp_path):
    entries = [recorded(folder, run_id)[1] for run_id in PLANNED]
    copy = tmp_path / "copies" / "c1"
    _campaign.hold(copy, CAMPAIGN, PLANNED)
    for run_id, entry in zip(PLANNED[::-1], entries[::-1], strict=True):
        copied(folder, copy, run_id)
        _seal.adopt(copy, entry)
    assert (copy / "campaign.json").read_bytes() == (folder / "campaign.json").read_bytes()
    _seal.adopt(copy, entries[0])
    assert len(_campaign.read(copy).recorded) == 3


def test_a_copy_takes_no_other_run_and_no_other_document(folder, tmp_path):
    entry = recorded(folder, "b01-rr")[1]
    copy = tmp_path / "copies" / "c1"
    _campaign.hold(copy, CAMPAIGN, PLANNED)
    copied(folder, copy, "b01-rr")
    with pytest.raises(LabError, match="arrived with another SHA-256"):
        _seal.adopt(copy, entry._replace(sha256="0" * 64))
    _seal.adopt(copy, entry)
    with pytest.raises(LabError, match=r"has b01-rr as its run 1, the hypervisor has b02-rr"):
        _seal.adopt(copy, entry._replace(run_id="b02-rr"))


def test_what_was_signed_is_no_longer_what_there_is_once_a_run_comes(folder, tmp_path):
    entry = recorded(folder, "b01-rr")[1]
    copy = tmp_path / "copies" / "c1"
    _campaign.hold(copy, CAMPAIGN, PLANNED)
    copied(folder, copy, "b01-rr")
    (copy / "campaign.json.sig").write_text("of an earlier seal")
    _seal.adopt(copy, entry)
    assert not (copy / "campaign.json.sig").exists()


def test_the_chain_goes_on_where_the_hypervisor_lost_its_folder(folder, tmp_path):
    entry = recorded(folder, "b01-rr")[1]
    anew = tmp_path / "anew" / "c1"
    _campaign.hold(anew, CAMPAIGN, PLANNED, entry)
    document, second = recorded(anew, "b02-rr")
    assert document["chain"] == {"number": 2, "previous": sha256(folder, "b01-rr")}
    copied(anew, folder, "b02-rr")
    _seal.adopt(folder, second)
    assert [one.run_id for one in _campaign.read(folder).recorded] == ["b01-rr", "b02-rr"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"recorded": [{"number": 1, "run_id": "a", "sha256": "x"}]},
        {"recorded": [{"number": 0, "run_id": "a", "sha256": "0" * 64}]},
        {"recorded": [{"number": 1, "run_id": "../a", "sha256": "0" * 64}]},
        {
            "recorded": [
                {"number": 2, "run_id": "a", "sha256": "0" * 64},
                {"number": 1, "run_id": "b", "sha256": "0" * 64},
            ]
        },
        {"recorded": None},
        {"planned": ["../x"]},
        {"campaign_id": None},
        {"schema": "virtio.lab/campaign/3"},
    ],
)
def test_a_seal_that_nothing_here_wrote_is_refused(folder, wrong):
    path = folder / "campaign.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **wrong}))
    with pytest.raises(LabError, match="holds no campaign"):
        _campaign.check(folder, CAMPAIGN)

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A campaign that was really measured: the first two blocks of the sample report, with the tools' raw output."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _campaign, _results, _seal
from ansible_collections.virtio.lab.plugins.plugin_utils._campaign._plan import plan
from ansible_collections.virtio.lab.plugins.plugin_utils._runs import _records
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._found import Found
from ansible_collections.virtio.lab.plugins.plugin_utils._verify import _verify

SAMPLE = Path(__file__).resolve().parents[5] / "docs" / "sample-report"
RUNS = 22
Document = dict[str, Any]


def found_in(folder: Path) -> list[Found]:
    return _records.read_found(folder)[0]


def verified(folder: Path, signers: Path | None = None) -> _verify.Verification:
    return _verify.verify(folder, *_records.read_found(folder), allowed_signers=signers)


def change(folder: Path, run_id: str, how: Callable[[Document], Any]) -> None:
    """Rewrite a run document, as somebody who forges it would."""
    path = folder / run_id / "run.json"
    document = json.loads(path.read_bytes())
    how(document)
    path.write_text(json.dumps(document, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def campaign_of(folder: Path) -> Document:
    return json.loads((folder / "campaign.json").read_bytes())["campaign"]


def with_axes(run: Document) -> None:
    """A run of vhost or qemu as this version records it: its witnesses tell of all three parts of the datapath."""
    run["schema"] = "virtio.lab/run/2"
    parts = {"frontend": "virtio", "backend": run["factor"]["datapath"], "attachment": "tap"}
    run["factor"].update(parts, variant=run["factor"]["datapath"])
    for moment in ("before", "middle", "after"):
        axes = {axis: {"effective": part, "witnesses": {"argv": [part]}} for axis, part in parts.items()}
        run["witness"][moment].update(axes=axes, datapath=run["factor"]["datapath"])


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    """Not sealed, as it was recorded by a version that had no seal."""
    folder = tmp_path / "sample-20261121T170016Z"  # as its runs name it
    for path in sorted(SAMPLE.glob("b0[12]-*")):
        shutil.copytree(path, folder / path.name)
    asked = {**campaign_of(SAMPLE), "blocks": 2}
    document = {"schema": _campaign.UNSEALED, "campaign": asked}
    (folder / "campaign.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


@pytest.fixture
def sealed(campaign: Path) -> Path:
    """The same, recorded once more by this version: each document a link of the chain."""
    return seal(campaign)


def seal(folder: Path) -> Path:
    """Record what is there again, one run after the other, as benchmark_run does."""
    asked = campaign_of(folder)
    (folder / "campaign.json").unlink()
    _campaign.hold(folder, asked, [run["run_id"] for cell in plan(asked) for run in cell["runs"]])
    for one in sorted(found_in(folder), key=lambda one: one.document["started_at"]):
        place = folder / one.names[0]
        document = json.loads((place / "run.json").read_bytes()) | {_seal.LINK: _seal.next_link(folder)}
        _results.write(place, document)
        _seal.settle(place, document)
    return folder

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The seal of a campaign: every run document names the SHA-256 of the one before it, and campaign.json that of each.

The first names that of the plan. So no document, and nothing of the plan, can be changed afterwards without all that
came later; the last one is protected by a signature of campaign.json alone.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Any, Dict, Mapping, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _files, _json
from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _campaign, _results
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._campaign import Kept, Recorded

LINK = "chain"
SIGNATURE = f"{_campaign.KEPT}.sig"


def of_plan(kept: Kept) -> str:
    """Return the SHA-256 that the first run document names: of all that was fixed before it."""
    fixed = {**kept.document(), "recorded": []}
    return hashlib.sha256(_json.dumps(fixed, "the plan", sort_keys=True).encode()).hexdigest()


def digest(content: bytes) -> str:
    """Return the SHA-256 of a document as it lies on disk."""
    return hashlib.sha256(content).hexdigest()


def digest_of(folder: Path) -> str:
    """Return that of the record in the folder of a run."""
    return digest(_files.read(folder.parent.parent, folder.parent.name, folder.name, _results.RECORD))


def next_link(campaign: Path) -> Optional[Dict[str, Any]]:
    """Return what the next run document of a campaign is to name as its place in the chain; None without a seal.

    Raises LabError when campaign.json cannot be read.
    """
    kept = _campaign.kept_in(campaign)
    return _next(kept) if kept and kept.is_sealed else None


def _next(kept: Kept) -> Dict[str, Any]:
    last = kept.recorded[-1] if kept.recorded else None
    return {"number": last.number + 1 if last else 1, "previous": last.sha256 if last else of_plan(kept)}


def settle(folder: Path, run: Mapping[str, Any]) -> Optional[Recorded]:
    """Have the seal of the campaign name the record in the folder of a run, and return its entry; None without a seal.

    One that was written just before its machine went down is added; one that was changed since is refused with a
    LabError.
    """
    kept = _campaign.kept_in(folder.parent)
    if kept is None or not kept.is_sealed:
        return None
    named = [entry for entry in kept.recorded if entry.run_id == folder.name]
    found = digest_of(folder)
    if named and named[-1].sha256 == found:
        return named[-1]
    link = run.get(LINK)
    if link != _next(kept):
        why = "is not the document that was recorded" if named else "was not recorded in this campaign"
        raise LabError(f"{folder / _results.RECORD} {why}; put back what was there, or remove it to measure that again")
    entry = Recorded(link["number"], folder.name, found)
    _campaign.write(folder.parent, kept._replace(recorded=(*kept.recorded, entry)))
    return entry


def adopt(campaign: Path, entry: Recorded) -> None:
    """Have the seal of a copy name a run as its original does; it may have been copied in any order.

    Raises LabError when the copy has another run under that number.
    """
    kept = _campaign.kept_in(campaign)
    if kept is None or not kept.is_sealed or entry in kept.recorded:
        return
    for other in kept.recorded:
        if other.number == entry.number:
            raise LabError(
                f"{campaign / _campaign.KEPT} has {other.run_id} as its run {entry.number}, the hypervisor has "
                f"{entry.run_id}; move the folder away to fetch the campaign anew"
            )
    found = digest_of(campaign / entry.run_id)
    if found != entry.sha256:
        raise LabError(f"run {entry.run_id} arrived with another SHA-256 than the one it was recorded with")
    # What was signed is not what there is from now on.
    with suppress(FileNotFoundError):
        (campaign / SIGNATURE).unlink()
    _campaign.write(campaign, kept._replace(recorded=tuple(sorted((*kept.recorded, entry)))))

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a campaign was when its first run was recorded: one that is continued must still be the same."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._plain_name import plain_name
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _files, _json, _shape
from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _results

KEPT = "campaign.json"
SCHEMA = "virtio.lab/campaign/2"
# Without a seal: what it has is the campaign alone.
UNSEALED = "virtio.lab/campaign/1"
_LARGEST = 64 << 20
_MOST_RUNS = 200_000
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Recorded(NamedTuple):
    """A finished run: the how many-th it was of its campaign, from 1, and the SHA-256 of its document."""

    number: int
    run_id: str
    sha256: str


class Kept(NamedTuple):
    """What a folder keeps of its campaign: what was asked for, the ids of all its runs where they can be known, and
    those recorded so far; campaign_id is None where it was begun by a version that sealed nothing.
    """

    campaign: Mapping[str, Any]
    campaign_id: Optional[str] = None
    planned: Optional[Tuple[str, ...]] = None
    recorded: Tuple[Recorded, ...] = ()

    @property
    def is_sealed(self) -> bool:
        """Whether its documents are links of a chain."""
        return self.campaign_id is not None

    def document(self) -> Dict[str, Any]:
        """Return it as campaign.json has it."""
        if self.campaign_id is None:
            return {"schema": UNSEALED, "campaign": dict(self.campaign)}
        return {
            "schema": SCHEMA,
            "campaign_id": self.campaign_id,
            "campaign": dict(self.campaign),
            "planned": None if self.planned is None else list(self.planned),
            "recorded": [run._asdict() for run in self.recorded],
        }


def check(folder: Path, campaign: Mapping[str, Any]) -> bool:
    """Tell whether folder keeps a campaign already.

    Raises LabError, saying what differs, when it is another one than campaign, and when it cannot be read.
    """
    kept = kept_in(folder)
    if kept is None:
        return False
    found = differences(kept.campaign, campaign)
    if found:
        raise LabError(
            f"campaign {folder.name} was begun with another plan: {'; '.join(found)}; "
            "put the lab file back as it was, or measure under another campaign id"
        )
    return True


def hold(
    folder: Path,
    campaign: Mapping[str, Any],
    planned: Optional[Sequence[str]] = None,
    after: Optional[Recorded] = None,
) -> None:
    """Keep campaign in folder when it is the first one there, with the ids of all its runs where they are known.

    after is the last run that another folder of the campaign has: its chain goes on from there. Raises LabError as
    check() does, and when it cannot be written.
    """
    if not check(folder, campaign):
        _results.make(folder, depth=1)
        write(folder, Kept(campaign, folder.name, tuple(planned) if planned else None, (after,) if after else ()))


def write(folder: Path, kept: Kept) -> None:
    """Put kept in the place of what folder keeps; raises LabError when it cannot be written."""
    _results.write(folder, kept.document(), KEPT)


def kept_in(folder: Path) -> Optional[Kept]:
    """Return what folder keeps of its campaign, None where it keeps none.

    Raises LabError when it cannot be read.
    """
    try:
        return read(folder)
    except FileNotFoundError:
        return None
    except (LabError, OSError) as broken:
        path = folder / KEPT
        raise LabError(f"{path} holds no campaign ({broken}); remove the folder to begin the campaign anew") from broken


def read(folder: Path) -> Kept:
    """Return what folder keeps of its campaign; LabError where that is none, OSError where there is none."""
    document = _shape.mapping(_json.document(_files.read(folder.parent, folder.name, KEPT, limit=_LARGEST), "it"), "it")
    campaign = _shape.mapping(document.get("campaign"), "campaign")
    for workload in _shape.items(campaign.get("workloads") or [], "workloads"):
        _shape.text(_shape.mapping(workload, "a workload").get("name"), "the name of a workload")
    if document.get("schema") == UNSEALED:
        return Kept(campaign)
    if document.get("schema") != SCHEMA:
        raise LabError(f"its schema is {document.get('schema')!r}; {SCHEMA} would be right")
    planned = document.get("planned")
    ids = planned and tuple(_run_id(one) for one in _shape.items(planned, "planned", _MOST_RUNS))
    recorded = tuple(recorded_of(one) for one in _shape.items(document.get("recorded"), "recorded", _MOST_RUNS))
    if any(earlier.number >= later.number for earlier, later in zip(recorded, recorded[1:])):
        raise LabError("the numbers of its recorded runs do not rise")
    return Kept(campaign, _files.one_name(document.get("campaign_id"), "campaign_id"), ids or None, recorded)


def _run_id(value: Any) -> str:
    return _files.one_name(value, "a planned run")


def recorded_of(value: Any) -> Recorded:
    """Return an entry of the seal that somebody else wrote; LabError where it is none."""
    run = _shape.mapping(value, "a recorded run")
    sha256 = _shape.text(run.get("sha256"), "sha256")
    if not _SHA256.fullmatch(sha256):
        raise LabError("a recorded run has no SHA-256")
    number = _shape.whole(run.get("number"), "the number of a recorded run", 1, _MOST_RUNS)
    return Recorded(number, _files.one_name(run.get("run_id"), "a recorded run"), sha256)


def differences(kept: Mapping[str, Any], now: Mapping[str, Any]) -> List[str]:
    """Return what now has changed against kept, in words; workloads are compared by name, their order counts too."""
    return list(_changes("", kept, now))


def _changes(where: str, kept: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted({*kept, *now}):
        was, is_now = _in_one_form(key, kept.get(key)), _in_one_form(key, now.get(key))
        if was == is_now:
            continue
        if key == "workloads" and was and is_now:
            yield from _workloads(_by_name(was), _by_name(is_now))
        else:
            yield f"{where}{key} was {_shown(was)}, now it is {_shown(is_now)}"


def _in_one_form(key: str, value: Any) -> Any:
    return [plain_name(entry) for entry in value] if key == "datapaths" and isinstance(value, list) else value


def _workloads(kept: Dict[str, Any], now: Dict[str, Any]) -> Iterator[str]:
    for name in sorted({*kept, *now}):
        if name not in now:
            yield f"workload {name} is gone"
        elif name not in kept:
            yield f"workload {name} is new"
        else:
            yield from _changes(f"workload {name}: ", kept[name], now[name])
    if list(kept) != list(now) and set(kept) == set(now):
        yield f"the workloads came in the order {', '.join(kept)}"


def _by_name(workloads: List[Dict[str, Any]]) -> Dict[str, Any]:
    return {workload["name"]: workload for workload in workloads}


def _shown(value: Any) -> str:
    return "not set" if value is None else json.dumps(value)

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a campaign was when its first run was recorded: one that is continued must still be the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _files, _json, _shape
from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _results

KEPT = "campaign.json"
SCHEMA = "virtio.lab/campaign/1"
_LARGEST = 4 << 20


def check(folder: Path, campaign: Mapping[str, Any]) -> bool:
    """Tell whether folder keeps a campaign already.

    Raises LabError, saying what differs, when it is another one than campaign, and when it cannot be read.
    """
    path = folder / KEPT
    try:
        kept = _read(folder)
    except FileNotFoundError:
        return False
    except (LabError, OSError) as broken:
        raise LabError(f"{path} holds no campaign ({broken}); remove the folder to begin the campaign anew") from broken
    found = differences(kept, campaign)
    if found:
        raise LabError(
            f"campaign {folder.name} was begun with another plan: {'; '.join(found)}; "
            "put the lab file back as it was, or measure under another campaign id"
        )
    return True


def hold(folder: Path, campaign: Mapping[str, Any]) -> None:
    """Keep campaign in folder when it is the first one there.

    Raises LabError as check() does, and when it cannot be written.
    """
    if not check(folder, campaign):
        _results.make(folder, depth=1)
        _results.write(folder, {"schema": SCHEMA, "campaign": dict(campaign)}, KEPT)


def _read(folder: Path) -> Mapping[str, Any]:
    document = _json.loads(_files.read(folder.parent, folder.name, KEPT, limit=_LARGEST), "it")
    kept = _shape.mapping(_shape.mapping(document, "it").get("campaign"), "campaign")
    for workload in _shape.items(kept.get("workloads") or [], "workloads"):
        _shape.text(_shape.mapping(workload, "a workload").get("name"), "the name of a workload")
    return kept


def differences(kept: Mapping[str, Any], now: Mapping[str, Any]) -> List[str]:
    """Return what now has changed against kept, in words; workloads are compared by name, their order counts too."""
    return list(_changes("", kept, now))


def _changes(where: str, kept: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted({*kept, *now}):
        was, is_now = kept.get(key), now.get(key)
        if was == is_now:
            continue
        if key == "workloads" and was and is_now:
            yield from _workloads(_by_name(was), _by_name(is_now))
        else:
            yield f"{where}{key} was {_shown(was)}, now it is {_shown(is_now)}"


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

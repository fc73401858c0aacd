# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The run documents of a campaign, read from its folder on the control node."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _files, _json, _shape
from ansible_collections.virtio.lab.plugins.module_utils._measure._record._campaign import KEPT
from ansible_collections.virtio.lab.plugins.module_utils._text import plain
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._processes import each
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._requirements import require
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._uncollected import uncollected
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._found import Found, digest
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._run_document import validate
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._twice import twice
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._upgrade import lifted

RUN = "run.json"
ALIKE = ("manifest", "missing", "workload")  # half of a document, and the same in hundreds of them
VARIANTS = 32
_LARGEST = 4 << 20


def read_runs(results: Path) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """The run documents anywhere under ``results``, and {path, reason} of those that are none; as read_found()."""
    found, unreadable = read_found(results)
    return [one.document for one in found], unreadable


def read_found(results: Path) -> tuple[list[Found], list[dict[str, str]]]:
    """The run documents anywhere under ``results``, with their places and digests, and {path, reason} of what is none.

    Documents of earlier versions come as the newest one has them; their files stay as they are.
    The folder may be a stranger's: no link below it is followed, and nothing but regular files is opened.
    Raises LabError when there is no such directory or no run document in it.
    """
    if not results.is_dir():
        raise LabError(f"{results} is not a directory: give the one that holds RUN_ID/{RUN} of a campaign")
    read: list[Found] = []
    reasons: dict[tuple[str, ...], str] = {}
    alike: dict[str, list[Any]] = {part: [] for part in ALIKE}
    parsed = require("orjson").loads  # of thousands of documents json takes three times as long
    with uncollected():
        for names in _files.walk(results, RUN):
            reasons[names] = ""
            try:
                content = _files.read(results, *names)
                document = parsed(content)
                if doubled := twice(content, document):
                    raise LabError(f"{', '.join(doubled)}: written twice in one object; once would be right")
                read.append(Found(names, _shared(document, alike), digest(content)))
            except (OSError, ValueError, RecursionError, LabError) as error:
                reasons[names] = plain(error)
        faults = each(_fault, [one.document for one in read])
        reasons.update(zip((one.names for one in read), faults, strict=True))
        found = [one._replace(document=lifted(one.document)) for one in read if not reasons[one.names]]
    unreadable = [{"path": plain("/".join(names)), "reason": reason} for names, reason in reasons.items() if reason]
    if not found:
        why = f" ({unreadable[0]['path']}: {unreadable[0]['reason']})" if unreadable else ""
        raise LabError(f"no readable run document under {results}{why}: expected RUN_ID/{RUN}")
    return found, unreadable


def planned_variants(results: Path) -> list[str]:
    """The variants of the campaign in that folder, in the order in which its lab file names them; else none."""
    try:
        kept = _shape.mapping(_json.document(_files.read(results, KEPT, limit=_LARGEST), "it"), "it")
        named = _shape.items(_shape.mapping(kept.get("campaign"), "campaign").get("datapaths"), "datapaths")
        return [_name(entry) for entry in named]
    except (OSError, LabError):
        return []


def _name(entry: Any) -> str:
    """Of a datapath, or of a variant with options."""
    if isinstance(entry, str):
        return entry
    variant = _shape.mapping(entry, "a datapath")
    return _shape.text(variant.get("name") or variant.get("datapath"), "the name of a datapath")


def finished_in(campaign: Path) -> set[str]:
    """The ids of the runs that have a record in the folder of their campaign; of none where there is no such folder."""
    if not campaign.is_dir():
        return set()
    return {names[0] for names in _files.walk(campaign, RUN) if len(names) == 2}


def _fault(document: Any) -> str:
    """Why it is no run document; nothing where it is one."""
    try:
        validate(document)
    except LabError as error:
        return plain(error)
    return ""


def _shared(document: Any, alike: Mapping[str, list[Any]]) -> Any:
    """The document, whatever it is, with those parts that an earlier one has alike."""
    if isinstance(document, dict):
        document |= {part: _once(document[part], seen) for part, seen in alike.items() if part in document}
    return document


def _once(part: Any, seen: list[Any]) -> Any:
    """The part as it came in an earlier document where it is the same, so that there is one of it in memory."""
    for other in seen:
        if other == part:
            return other
    if len(seen) < VARIANTS:
        seen.append(part)
    return part

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host can do, as a table for a terminal. The host told it, so nothing of it is taken on trust."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._foreign._reads import reads
from ansible_collections.virtio.lab.plugins.module_utils._text import plain

_WIDTH = 110
_NAME = 30
_ANSWER = 3
_TEXT = 600
_ROWS = 200
_WORDS = {True: "yes", False: "no", None: "?"}
_NOBODY = "opens no datapath yet"


@reads("what the host says of itself")
def preflight_table(told: Mapping[str, Any]) -> list[str]:
    """The lines: a row for each capability with its remedy and datapaths, then one for each datapath.

    Raises LabError where told is not what virtio.lab.hypervisor_info returns.
    """
    capabilities, datapaths = told["capabilities"][:_ROWS], told["datapaths"][:_ROWS]
    width = min(_NAME, max(len(str(one["name"])) for one in [*capabilities, *datapaths]))
    lines = []
    for one in capabilities:
        remedy = [f"remedy: {one['remedy']}"] if one["remedy"] else []
        lines += _row(width, one["name"], one["available"], one["why"], *remedy, _use(one, len(datapaths)))
    lines += ["", "datapaths"]
    for one in datapaths:
        lacks = [f"lacks {_listed(one['lacks'])}"] if one["lacks"] else []
        unknown = [f"not known: {_listed(one['unknown'])}"] if one["unknown"] else []
        lines += _row(width, one["name"], one["can"], "; ".join([*lacks, *unknown]))
    return lines


def _use(one: Mapping[str, Any], everything: int) -> str:
    """What a capability is for: what it opens, or would open."""
    needed, opens = one["needed_by"], one["opens"]
    if not needed:
        return _NOBODY
    if not one["available"]:
        return f"needed by {_datapaths(needed, everything)}"
    if not opens:
        return f"needed by {_datapaths(needed, everything)}; something else is missing"
    return f"opens {_datapaths(opens, everything)}"


def _datapaths(names: Sequence[str], everything: int) -> str:
    return "all datapaths" if len(names) == everything else _listed(names)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(str(name) for name in names)


def _row(width: int, name: str, answer: bool | None, *texts: str) -> list[str]:
    """Name and answer before the first line; each text begins on a line of its own."""
    head = f"{plain(name, width):{width}}  {_WORDS[answer]:{_ANSWER}}  "
    room = _WIDTH - len(head)
    wrapped = [line for text in texts for line in textwrap.wrap(plain(text, _TEXT), room, break_on_hyphens=False)]
    first, *others = wrapped or [""]
    return [f"{head}{first}".rstrip(), *(f"{'':{len(head)}}{line}" for line in others)]

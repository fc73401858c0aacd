# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No claim is made of CPU where a poller is among what is compared: its core is busy whether packets come or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._registry import DATAPATHS
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._withheld import withheld

POLLING = frozenset(one.name for one in DATAPATHS if one.backend.polls)
_OF_CPU = ("cpu", "cost")


def polls(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """The variants of these runs that are on a datapath which polls, in order."""
    factors = [run["factor"] for run in runs]
    return sorted({of.get("variant") or of["datapath"] for of in factors if of["datapath"] in POLLING})


def weakened(figure: Mapping[str, Any], polling: Sequence[str]) -> Mapping[str, Any]:
    """A figure; where it is of CPU and one of its two variants polls, the verdict says that in place of a claim."""
    mine = [
        name
        for name in dict.fromkeys(figure.get(key) for key in ("baseline", "candidate", "variant"))
        if name in polling
    ]
    if not mine or figure["group"] not in _OF_CPU:
        return figure
    why = f"refused: {mine[0]} polls, so a core of it is busy whether packets come or not"
    return {**figure, "verdict": withheld(figure["verdict"], "a poller", [why])}

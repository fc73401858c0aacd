# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Were the cells of a campaign measured on as many starts of the guest as they say? Else they are one replicate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.virtio.lab.plugins.plugin_utils._runs._found import Found
from ansible_collections.virtio.lab.plugins.plugin_utils._verify._finding import FALSE, UNPROVED, Finding

Cell = tuple[object, ...]


def shared_boots(found: Sequence[Found]) -> Iterator[Finding]:
    """One finding for each run that names the start of the guest that another cell names too."""
    cells: dict[str, dict[Cell, list[Found]]] = {}
    for one in found:
        factor = one.document["factor"]
        if one.document["valid"] and factor["replicate"] == "boot":
            cells.setdefault(str(factor["boot_id"]), {}).setdefault(_cell(one), []).append(one)
    for boot, mine in cells.items():
        if len(mine) > 1:
            what = f"{len(mine)} cells name one start of the guest, {boot}, and each is to have one of its own"
            for runs in mine.values():
                yield from (Finding(one.path, what, FALSE) for one in runs)


def without_boot(found: Sequence[Found]) -> Iterator[Finding]:
    """Runs that were no replicate of their own: nothing was made anew for them."""
    cells: dict[str, set[Cell]] = {}
    for one in found:
        cells.setdefault(str(one.document["factor"]["boot_id"]), set()).add(_cell(one))
    for one in found:
        factor = one.document["factor"]
        if one.document["valid"] and factor["replicate"] == "none" and len(cells[str(factor["boot_id"])]) > 1:
            yield Finding(one.path, "its guest was not started anew for its cell: it is no replicate", UNPROVED)


def _cell(one: Found) -> Cell:
    factor = one.document["factor"]
    return (one.document["block"], factor.get("variant", factor["datapath"]), factor.get("arm", "a"), factor["queues"])

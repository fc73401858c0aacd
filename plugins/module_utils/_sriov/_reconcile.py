# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A PF and its VFs brought to what is wanted: read, plan, apply."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._links._change import diff
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner
from ansible_collections.virtio.lab.plugins.module_utils._sriov._apply import apply
from ansible_collections.virtio.lab.plugins.module_utils._sriov._check import check_pf
from ansible_collections.virtio.lab.plugins.module_utils._sriov._model import ATTRIBUTES, Pf
from ansible_collections.virtio.lab.plugins.module_utils._sriov._plan import plan
from ansible_collections.virtio.lab.plugins.module_utils._sriov._read import read_drivers, read_pf
from ansible_collections.virtio.lab.plugins.module_utils._sriov._usage import with_usage


def reconcile(params: dict[str, Any], check_mode: bool, runner: Runner) -> dict[str, Any]:
    """What the module returns. Raises LabError before anything is changed, ApplyError after a part of it was."""
    want = check_pf(params)
    have = with_usage(read_pf(want.pf, runner), runner)
    steps = plan(want, have, read_drivers((vf.driver for vf in want.vfs), runner))
    if steps and not check_mode:
        apply(have, steps, runner)
        have = with_usage(read_pf(want.pf, runner), runner)
    return {
        "changed": bool(steps),
        "diff": diff((step.label, change) for step in steps for change in step.changes),
        "commands": [step.command for step in steps],
        "pf": shown(have),
    }


def shown(pf: Pf) -> dict[str, Any]:
    """The PF as the module returns it."""
    names = ("name", "device", "driver", "numvfs", "totalvfs", "drivers_autoprobe")
    return {**{name: getattr(pf, name) for name in names}, "up": pf.up, "vfs": [_vf(asdict(vf)) for vf in pf.vfs]}


def _vf(vf: dict[str, Any]) -> dict[str, Any]:
    return {
        "index": vf["index"],
        "address": vf["address"],
        **{name: vf[name] for name in ATTRIBUTES},
        "driver": vf["driver"] or None,
        "in_use": list(vf["in_use"]),
    }

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what is asked of the module guest to what it answers."""

from __future__ import annotations

from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._guest import _domain, _recipe
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._connection import connect
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner
from ansible_collections.virtio.lab.plugins.module_utils._switch._host_side import remove


def reconcile(asked: dict[str, Any], check_mode: bool, runner: Runner) -> dict[str, Any]:
    """Take the steps that lead to what is asked, none in check mode, and return what the module returns.

    Raises LabError before anything is changed, ApplyError after a part of it was.
    """
    name, lab = asked["name"], asked["lab"]
    want = _recipe.wanted(asked) if asked["state"] == "present" else None
    with connect(asked["uri"]) as connection:
        have = _domain.read(connection, name, runner)
        steps = _domain.plan(want, name, lab, have, asked["redefine"])
        text = _domain.definition(want, lab, have, connection, runner) if want and "define" in steps else None
        starts = want if "start" in steps else None
        # Before this task in the same run of check mode nobody made a network: that is no mistake there.
        missing = _domain.missing(starts, connection) if starts and check_mode else []
        if starts and not check_mode:
            _domain.require_networks(starts, connection)
        if not check_mode:
            stop = _domain.Stop(asked["shutdown_timeout_s"], asked["allow_destroy"])
            links = have.links if have else ()
            _domain.apply(steps, connection, name, text, stop, lambda: remove(links, runner))
    result = {"changed": bool(steps), "actions": steps, "diff": _domain.diff(want, have, steps)}
    if missing:
        result["warnings"] = [f"guest {name} could not be started now: {', '.join(missing)}"]
    return result

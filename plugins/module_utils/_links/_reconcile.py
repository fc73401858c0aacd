# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Links brought to what is wanted: read, plan, apply."""

from __future__ import annotations

from typing import Any, Callable, Collection, Iterable, Mapping, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._links._apply import apply, commands
from ansible_collections.virtio.lab.plugins.module_utils._links._change import diff
from ansible_collections.virtio.lab.plugins.module_utils._links._holders import holders, refuse_held
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Action, Key, Link, Links, Wish
from ansible_collections.virtio.lab.plugins.module_utils._links._plan import plan
from ansible_collections.virtio.lab.plugins.module_utils._links._read import read
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner

Shown = Callable[[Wish, Link], "dict[str, Any]"]


def given(entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The entries without the options that the user left out, which AnsibleModule fills with None."""
    return [{option: value for option, value in entry.items() if value is not None} for entry in entries]


def entries(params: Mapping[str, Any], listed: str) -> list[dict[str, Any]]:
    """One entry per link from the module's parameters; what a `given` entry leaves out comes from the top level."""
    common = {option: value for option, value in params.items() if option not in (listed, "force")}
    return [common] if params[listed] is None else [{**common, **entry} for entry in params[listed]]


def reconcile(wishes: Sequence[Wish], force: bool, check_mode: bool, runner: Runner) -> tuple[dict[str, Any], Links]:
    """What a module returns, and the links at the end (in check mode: now).

    Raises LabError before anything is changed, ApplyError after a part of it was.
    """
    have, actions = _planned(wishes, force, (), runner)
    held = holders({action.key: have[action.netns][action.link] for action in actions if action.cuts})
    if held:
        if not force:
            refuse_held(actions, held)
        have, actions = _planned(wishes, force, held, runner)
    if actions and not check_mode:
        apply(actions, runner)
        have = read(wishes, runner)
    result = {
        "changed": bool(actions),
        "diff": diff((action.label, change) for action in actions for change in action.changes),
        "commands": commands(actions),
    }
    return result, have


def shown(wish: Wish, have: Links, details: Shown) -> dict[str, Any]:
    """A link as a module returns it: name, namespace, state, and where it exists the details of the module."""
    link = have[wish.netns].get(wish.name)
    known: dict[str, Any] = {"name": wish.name, "netns": wish.netns or None}
    if link is None:
        return {**known, "state": "absent"}
    return {**known, "state": link.state, "mtu": link.mtu, "mac": link.mac, **details(wish, link)}


def _planned(wishes: Sequence[Wish], force: bool, held: Collection[Key], runner: Runner) -> tuple[Links, list[Action]]:
    """What is there and what is to be done. VLANs and FDB entries of a link to be made anew are read only then."""
    have: Links = read(wishes, runner)
    actions = plan(wishes, have, force, held)
    gone = {action.key for action in actions if action.words[:2] == ("link", "delete")}
    anew = [have[wish.netns][wish.name] for wish in wishes if wish.key in gone and wish.state != "absent"]
    if any(link.master or link.kind == "vxlan" for link in anew):
        have = read(wishes, runner, ports=True)
        actions = plan(wishes, have, force, held)
    return have, actions

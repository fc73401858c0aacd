# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Links brought to what is wanted: read, plan, apply."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any, Callable, Collection, Iterable, Mapping, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import ApplyError, LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._apply import apply, commands
from ansible_collections.virtio.lab.plugins.module_utils._links._assumed import changes, with_assumed
from ansible_collections.virtio.lab.plugins.module_utils._links._change import diff
from ansible_collections.virtio.lab.plugins.module_utils._links._due import Due, Dues
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

    In check mode what is missing is taken as made by an earlier task, which a warning says. Raises LabError before
    anything is changed, ApplyError after a part of it was.
    """
    dues = Dues()
    owed = dues.of(wishes)
    read_too = [Wish(due.name, due.netns) for due in owed]
    notes: Optional[list[str]] = [] if check_mode else None
    planner = _Planning(wishes, owed, force, notes, runner)
    have, actions = planner.planned()
    held = holders({action.key: have[action.netns][action.link] for action in actions if action.cuts}, runner)
    if held:
        if not force:
            refuse_held(actions, held)
        have, actions = planner.planned(held)
    result = {
        "changed": bool(actions),
        "diff": diff(
            [
                *(changes(wishes, have, actions) if check_mode else ()),
                *((action.label, change) for action in actions for change in action.changes),
            ]
        ),
        "commands": commands(actions),
        "warnings": list(dict.fromkeys(notes or ())),
    }
    if not check_mode:
        if actions:
            have = _applied([*wishes, *read_too], have, actions, dues, owed, runner)
        dues.settle(dues.of(wishes))
    return result, have


def _applied(
    wishes: Sequence[Wish], have: Links, actions: Sequence[Action], dues: Dues, owed: Sequence[Due], runner: Runner
) -> Links:
    """Carry out the actions. Returns the links after it. What links have that are made anew is due until then."""
    before = {(due.netns, due.name): due.link for due in owed}
    going = {action.key: have[action.netns][action.link] for action in actions if action.removes and action.puts_back}
    lost: dict[Key, tuple[Key, Link]] = {}
    for action in actions:
        if action.puts_back and action.key not in lost:
            link = going.get(action.key) or _peer_of(going[action.puts_back], have)
            if link is not None:
                earlier = before.get(action.key)
                known = replace(earlier, attributes=link.attributes) if earlier else link
                lost[action.key] = (action.puts_back, known)
    if lost:
        dues.add(lost)
    try:
        apply(actions, runner)
    except ApplyError:
        with contextlib.suppress(LabError):
            dues.index(read(wishes, runner))
        raise
    return read(wishes, runner)


def _peer_of(link: Link, have: Links) -> Optional[Link]:
    """The other end of a veth."""
    if not link.attributes.get("peer"):
        return None
    return have.get(link.attributes["peer_netns"], {}).get(link.attributes["peer"])


def shown(wish: Wish, have: Links, details: Shown) -> dict[str, Any]:
    """A link as a module returns it: name, namespace, state, and where it exists the details of the module."""
    link = have[wish.netns].get(wish.name)
    known: dict[str, Any] = {"name": wish.name, "netns": wish.netns or None}
    if link is None:
        return {**known, "state": "absent"}
    return {**known, "state": link.state, "mtu": link.mtu, "mac": link.mac, **details(wish, link)}


class _Planning:
    """Reads and plans, as often as what is found out asks for it."""

    def __init__(
        self, wishes: Sequence[Wish], owed: Sequence[Due], force: bool, notes: Optional[list[str]], runner: Runner
    ) -> None:
        self._wishes = wishes
        self._owed = owed
        self._force = force
        self._notes = notes
        self._runner = runner

    def planned(self, held: Collection[Key] = ()) -> tuple[Links, list[Action]]:
        """What is there and what is to be done. VLANs and FDB entries of links to be made anew are read only then."""
        have, actions = self._once(held, ports=bool(self._owed))
        gone = {action.key for action in actions if action.removes}
        anew = [have[wish.netns][wish.name] for wish in self._wishes if wish.key in gone and wish.state != "absent"]
        if not self._owed and any(link.master or link.kind in ("vxlan", "veth") for link in anew):
            have, actions = self._once(held, ports=True)
        return have, actions

    def _once(self, held: Collection[Key], ports: bool) -> tuple[Links, list[Action]]:
        read_too = [Wish(due.name, due.netns) for due in self._owed]
        have: Links = read([*self._wishes, *read_too], self._runner, ports=ports, notes=self._notes)
        lost = {}
        for due in self._owed:
            link = have[due.netns].get(due.name)
            if not due.index or (link is not None and link.index == due.index):
                lost[due.netns, due.name] = due.link
        wishes = [self._kind_known(wish, have, lost) for wish in self._wishes]
        known = have if self._notes is None else with_assumed(wishes, have, self._notes)
        return have, plan(wishes, known, self._force, held, lost, self._notes)

    @staticmethod
    def _kind_known(wish: Wish, have: Links, lost: Mapping[Key, Link]) -> Wish:
        """A link that was lost is made again without being told its kind."""
        if wish.kind or wish.key not in lost or wish.name in have[wish.netns] or wish.state == "absent":
            return wish
        return replace(wish, kind=lost[wish.key].kind)

# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a change a running network can take without a restart. Pure.

Source: virNetworkDefUpdateSection() in libvirt's src/conf/network_conf.c, which knows the sections and refuses others.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Collection, Mapping, NamedTuple

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._parts import Part, compared
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse

if TYPE_CHECKING:
    from lxml.etree import _Element


class Update(NamedTuple):
    """One virNetworkUpdate: setting, add-last, modify or delete, section, which <ip>, XML of what is changed."""

    setting: str
    verb: str
    section: str
    ip_index: int
    xml: str

    def command(self, network: str) -> str:
        """Return the update as one would type it."""
        words = ["virsh", "net-update", network, self.verb, self.section, self.xml, "--live"]
        if self.ip_index >= 0:
            words += ["--parent-index", str(self.ip_index)]
        return shlex.join(words)


class Live(NamedTuple):
    """How a running network gets from before to after: updates, and the settings that only a restart changes."""

    before: Mapping[str, Part]
    after: Mapping[str, Part]
    updates: tuple[Update, ...]
    restart_for: tuple[str, ...]


def live_change(running: _Element, wanted: _Element) -> Live:
    """Compare the XML of a running network with what it should be."""
    before, after, names = compared(running, wanted)
    used = {
        f"forward interface {interface.get('dev')}"
        for interface in running.iterfind("forward/interface")
        if interface.get("connections", "0") != "0"
    }
    alike = _alike(names, before) | _alike(names, after)
    updates: list[Update] = []
    restart_for: list[str] = []
    for name in names:
        section = (after.get(name) or before[name]).section
        if name in used or section in alike or not _can_update(name, before, after):
            restart_for.append(name)
        else:
            updates.extend(_updates(name, before, after))
    return Live(before, after, tuple(sorted(updates, key=_order)), tuple(restart_for))


def _can_update(name: str, before: Mapping[str, Part], after: Mapping[str, Part]) -> bool:
    if not (after.get(name) or before[name]).section:
        return False
    holder = _holder(name)
    if holder == "forward":
        return holder in before and holder in after and before[holder].xml == after[holder].xml
    return holder is None or (holder in before and holder in after)


def _alike(names: Collection[str], side: Mapping[str, Part]) -> set[str]:
    """Return the sections in which libvirt would take another entry of the side for one that changes, and refuse."""
    entries = {
        name: parse(part.xml) for name, part in side.items() if part.section in ("dns-host", "dns-txt", "dns-srv")
    }
    return {
        side[name].section
        for name in names
        if name in entries
        for other, entry in entries.items()
        if other != name and entry.tag == entries[name].tag and _matches(entries[name], entry)
    }


def _matches(asked: _Element, entry: _Element) -> bool:
    """Return whether virNetworkUpdate for one DNS entry finds the other, by the few fields that it looks at."""
    if asked.tag == "host":
        return bool({name.text for name in asked} & {name.text for name in entry})
    fields = ("name",) if asked.tag == "txt" else ("service", "protocol", "domain", "target")
    return all(asked.get(field) in (None, entry.get(field)) for field in fields)


def _holder(name: str) -> str | None:
    """Return the setting that must be there on both sides for name to be changed in it."""
    found = re.match(r"forward(?= interface)|ip \S+(?= dhcp)", name)
    return None if found is None else found.group()


def _updates(name: str, before: Mapping[str, Part], after: Mapping[str, Part]) -> list[Update]:
    holder = _holder(name)
    index = -1 if holder is None else before[holder].ip_index
    old, new = before.get(name), after.get(name)
    if old is not None and new is not None and old.section == "portgroup":
        return [Update(name, "modify", new.section, index, new.xml)]
    removal = [] if old is None else [Update(name, "delete", old.section, index, old.xml)]
    return removal + ([] if new is None else [Update(name, "add-last", new.section, index, new.xml)])


def _order(update: Update) -> tuple[bool, bool, bool]:
    # An address, a name or the mark of the default portgroup must be free before it can be given away.
    return update.verb != "delete", 'default="yes"' in update.xml, update.verb == "add-last"

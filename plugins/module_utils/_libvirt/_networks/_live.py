# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a change a running network can take without a restart. Pure.

Source: virNetworkDefUpdateSection() in libvirt's src/conf/network_conf.c, which knows the sections and refuses others.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Callable, Collection, Mapping, NamedTuple, Optional, Sequence, Union

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._build_forward import mode_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._canonical import DNSMASQ, text_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._model import VIRTUAL
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._parts import (
    METADATA,
    Part,
    changed,
    compared,
    parts,
)
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import dump, parse

if TYPE_CHECKING:
    from lxml.etree import _Element

INTERFACE = "forward interface "
DHCP = ("ip-dhcp-host", "ip-dhcp-range")
# What dnsmasq reads as it starts, so that libvirt starts it again for these.
AT_START = ("ip-dhcp-range", "dns-txt", "dns-srv")
# What one driver of libvirt alone knows; a rehearsal with another leaves it out.
OF_THE_DRIVER = f"{DNSMASQ} options"


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


# Of a running network's XML and updates: the XML that they lead to, or the first one that libvirt refuses.
Rehearse = Callable[[str, Sequence[Update]], Union[str, Update]]


def live_change(
    running: _Element, wanted: _Element, used: Collection[str] = (), rehearse: Optional[Rehearse] = None
) -> Live:
    """Compare the XML of a running network with what it should be.

    used: the host's links that guests have of it. rehearse: what libvirt itself would make of the updates, where it can
    be asked; what it would refuse, or do to more than was meant, waits for a restart.
    """
    before, after, names = compared(running, wanted)
    # To a network that runs, other people's notes mean nothing: they are no reason to stop it.
    names = [name for name in names if not name.startswith(METADATA)]
    waiting = _harmed(names, before, after, running, wanted, used)
    while True:
        updates = [update for name in names if name not in waiting for update in _updates(name, before, after)]
        updates.sort(key=_order_in(mode_of(running)))
        more = _unserved(updates, before, running) or _refused(updates, before, after, running, rehearse)
        if not more:
            return Live(before, after, tuple(updates), tuple(name for name in names if name in waiting))
        waiting |= more


def _harmed(
    names: Collection[str],
    before: Mapping[str, Part],
    after: Mapping[str, Part],
    running: _Element,
    wanted: _Element,
    used: Collection[str],
) -> set[str]:
    """Return those of names that libvirt has no update for, or one that takes from guests what they have."""
    if mode_of(running) != mode_of(wanted) or _forgets(running, used):
        return set(names)
    waiting = {name for name in names if not _can_update(name, before, after)}
    interfaces = {name for name in names if name.startswith(INTERFACE)}
    left = wanted.find("forward/interface") is not None or wanted.find("forward[@dev]") is not None
    if mode_of(running) not in VIRTUAL and ("bridge" in names or not left):
        # Guests are on the bridge or on one of the links; with neither of them none could start.
        waiting |= interfaces
    counted = running.xpath("forward/interface[@connections > 0]/@dev")
    return waiting | (interfaces & {f"{INTERFACE}{dev}" for dev in (*used, *counted) if f"{INTERFACE}{dev}" in before})


def _forgets(running: _Element, used: Collection[str]) -> bool:
    """Tell whether an update makes libvirt forget what it must know.

    It reads its own XML again for each, in which neither the physical function nor who has a device is told. Where each
    device is for one guest, the next guest would get one that is taken.
    """
    exclusive = mode_of(running) in ("passthrough", "hostdev") or (
        mode_of(running) == "private" and running.find("virtualport[@type='802.1Qbh']") is not None
    )
    taken = bool(used) or running.get("connections", "0") != "0"
    return running.find("forward/pf") is not None or (exclusive and taken)


def _can_update(name: str, before: Mapping[str, Part], after: Mapping[str, Part]) -> bool:
    if not (after.get(name) or before[name]).section:
        return False
    holder = _holder(name)
    if holder == "forward":
        return holder in before and holder in after and before[holder].xml == after[holder].xml
    return holder is None or (holder in before and holder in after)


def _unserved(updates: Sequence[Update], before: Mapping[str, Part], running: _Element) -> set[str]:
    """Return the fixed leases that dnsmasq would not hear of.

    It is told by a file, which it knows where it serves DHCP already. libvirt starts it again for a range, and for the
    first lease of an IPv4 network that serves no files either (networkUpdate() of src/network/bridge_driver.c).
    """
    served = {name for name, part in before.items() if part.section in DHCP}
    files = running.find("ip/tftp[@root]") is not None
    knows = now = _families(served)
    for update in updates:
        was = now
        if update.section in DHCP:
            served = served - {update.setting} if update.verb == "delete" else served | {update.setting}
        now = _families(served)
        if update.section in AT_START or (not files and ("v4" in was) != ("v4" in now)):
            knows = now
    deaf = knows ^ now
    return {update.setting for update in updates if update.section in DHCP and _families([update.setting]) <= deaf}


def _families(served: Collection[str]) -> set[str]:
    """Return the families of the addresses that are given away, by the names of settings."""
    return {"v6" if ":" in name.partition(" dhcp ")[0] else "v4" for name in served}


def _refused(
    updates: Sequence[Update],
    before: Mapping[str, Part],
    after: Mapping[str, Part],
    running: _Element,
    rehearse: Optional[Rehearse],
) -> set[str]:
    """Return the settings that libvirt would refuse to update, or whose update would change something else."""
    if not updates or rehearse is None:
        return set()
    outcome = rehearse(dump(running), updates)
    if isinstance(outcome, Update):
        return {update.setting for update in updates if update.section == outcome.section}
    meant = {name: part for name, part in before.items() if name not in {update.setting for update in updates}}
    meant.update({update.setting: after[update.setting] for update in updates if update.verb != "delete"})
    wrong = [name for name in changed(meant, parts(parse(outcome))) if name != OF_THE_DRIVER]
    sections = {(before.get(name) or after.get(name) or Part("")).section for name in wrong}
    found = {update.setting for update in updates if update.section in sections}
    return found or ({update.setting for update in updates} if wrong else set())


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
    removal = [] if old is None else [Update(name, "delete", old.section, index, found_by(old.section, old.xml))]
    return removal + ([] if new is None else [Update(name, "add-last", new.section, index, new.xml)])


def found_by(section: str, xml: str) -> str:
    """Return the XML by which libvirt finds one entry: one of a DNS host's names may be another host's too."""
    entry = parse(xml)
    if section == "dns-host":
        entry[:] = []
    return text_of(entry)


def _order_in(mode: str) -> Callable[[Update], tuple[bool, bool, bool]]:
    def order(update: Update) -> tuple[bool, bool, bool]:
        # An address, a name or the mark of the default portgroup must be free before it can be given away; guests that
        # are on links of the host must have one all along.
        first = "add-last" if update.section == "forward-interface" and mode not in VIRTUAL else "delete"
        return update.verb != first, 'default="yes"' in update.xml, update.verb == "add-last"

    return order

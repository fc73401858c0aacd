# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The links of the hypervisor that a datapath needs: made before the NIC is, removed when no NIC names them.

One may be made by a process that serves the NIC, and goes with it.
"""

from __future__ import annotations

import pwd
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Iterable, Iterator, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._attachments import OPENVSWITCH
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import HostLink
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._server import OVS_DPDK, TESTPMD, server_of
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._link_options import link_wishes
from ansible_collections.virtio.lab.plugins.module_utils._links._model import MARK, Wish
from ansible_collections.virtio.lab.plugins.module_utils._links._read import read
from ansible_collections.virtio.lab.plugins.module_utils._links._reconcile import reconcile
from ansible_collections.virtio.lab.plugins.module_utils._links._tuntap_options import device_wishes
from ansible_collections.virtio.lab.plugins.module_utils._openvswitch import _bridges
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner
from ansible_collections.virtio.lab.plugins.module_utils._switch import _ovs_dpdk, _serving, _testpmd
from ansible_collections.virtio.lab.plugins.module_utils._switch._edit import used_links

if TYPE_CHECKING:
    from lxml.etree import _Element

# By the kind of a link that comes and goes with a process, how that is started.
_START = {TESTPMD.kind: _testpmd.start, OVS_DPDK.kind: _ovs_dpdk.start}
# How long a call of libvirt may wait for those who serve a NIC: many times what it takes on a loaded machine.
SERVES_WITHIN_S = 60.0
# Whom distributions let QEMU run as.
_QEMU_USERS = ("libvirt-qemu", "qemu")


def there(names: Iterable[str], runner: Runner) -> set[str]:
    """Return those of the names that are links of this hypervisor made by the collection."""
    return set(masters(names, runner))


def masters(names: Iterable[str], runner: Runner) -> dict[str, str]:
    """Return by name the links that are there and made by the collection, each with its master, "" for none."""
    wishes = {name: Wish(name) for name in names}
    links = read(list(wishes.values()), runner)[""]
    found = {name: links[name].master for name in wishes if name in links and links[name].alias == MARK}
    # A link may be there for some time after the process that it came with.
    found = {name: master for name, master in found.items() if server_of(name) is None or _serving.found(name)}
    return {**found, **dict.fromkeys(_bridges.made(list(wishes), runner), "")}


def remains(names: Iterable[str]) -> set[str]:
    """Return those of the names of which a process that was to make them has left anything, whole or not."""
    return set(_serving.remains(names))


def halted(elements: Iterable[_Element]) -> dict[str, int]:
    """Return by its name the pid of each process that serves one of these <interface> and was stopped."""
    return _serving.halted(sorted(_names(elements)))


@contextmanager
def served(elements: Iterable[_Element], seconds: float) -> Iterator[None]:
    """Have a call of libvirt end that makes QEMU wait for those who serve these <interface>; LabError says so."""
    with _serving.awaited(sorted(_names(elements)), seconds) as late:
        try:
            yield
        except LabError as error:
            raise LabError("; ".join([str(error), *late])) from error


def _names(elements: Iterable[_Element]) -> set[str]:
    return {name for element in elements for name in used_links(element) if server_of(name)}


def make(links: Sequence[HostLink], runner: Runner) -> None:
    """Make what is missing of the links; raises LabError before anything is made for what is there already."""
    bridges = [link for link in links if link.kind == OPENVSWITCH]
    own = [link for link in links if link.kind in _START]
    plain = [link for link in links if link not in bridges and link not in own]
    if plain:
        reconcile([_wish(link) for link in plain], False, False, runner)
    for link in bridges:
        _bridges.make(link.name, link.attributes["port"], runner)
    for link in own:
        if not there([link.name], runner):
            user = _qemu_user()
            _START[link.kind](link.name, link.master, pwd.getpwnam(user).pw_uid if user else None, runner)


def remove(names: Sequence[str], runner: Runner) -> None:
    """Remove links; a veth goes with its other end. Raises LabError for one that a process holds."""
    bridges = _bridges.made(names, runner)
    for name in bridges:
        _bridges.remove(name, runner)
    for name in [name for name in names if name not in bridges]:
        if server_of(name):
            _serving.end(name)
        elif there([name], runner):
            reconcile([Wish(name, state="absent")], False, False, runner)


def _wish(link: HostLink) -> Wish:
    """The link as a user of module tuntap or link asks for it."""
    entry = {"name": link.name, "state": "up", **({"master": link.master} if link.master else {}), **link.attributes}
    if link.kind == "tun":
        entry["bridge"] = entry.pop("master", None)
        return device_wishes([{**entry, **({"owner": _qemu_user()} if link.owned else {})}])[0]
    return link_wishes([{**entry, **({"kind": link.kind} if link.attributes else {})}])[0]


def _qemu_user() -> Optional[str]:
    for user in _QEMU_USERS:
        with suppress(KeyError):
            return pwd.getpwnam(user).pw_name
    return None

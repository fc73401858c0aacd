# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The links of the hypervisor that a datapath needs: made before the NIC is, removed when no NIC names them."""

from __future__ import annotations

import pwd
from contextlib import suppress
from typing import Iterable, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import HostLink
from ansible_collections.virtio.lab.plugins.module_utils._links._link_options import link_wishes
from ansible_collections.virtio.lab.plugins.module_utils._links._model import MARK, Wish
from ansible_collections.virtio.lab.plugins.module_utils._links._read import read
from ansible_collections.virtio.lab.plugins.module_utils._links._reconcile import reconcile
from ansible_collections.virtio.lab.plugins.module_utils._links._tuntap_options import device_wishes
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner

# Whom distributions let QEMU run as.
_QEMU_USERS = ("libvirt-qemu", "qemu")


def there(names: Iterable[str], runner: Runner) -> set[str]:
    """Return those of the names that are links of this hypervisor made by the collection."""
    wishes = [Wish(name) for name in names]
    return {name for name, link in read(wishes, runner)[""].items() if link.alias == MARK} & {
        one.name for one in wishes
    }


def make(links: Sequence[HostLink], runner: Runner) -> None:
    """Make what is missing of the links; raises LabError before anything is made for what is there already."""
    if links:
        reconcile([_wish(link) for link in links], False, False, runner)


def remove(names: Sequence[str], runner: Runner) -> None:
    """Remove links; a veth goes with its other end. Raises LabError for one that a process holds."""
    for name in names:
        if there([name], runner):
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

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a NIC cannot be on passt here: no program, a libvirt that does not start it, no default route."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Callable, Optional

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._attachments import PASST_PROGRAM
from ansible_collections.virtio.lab.plugins.module_utils._foreign._reads import reads
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse

# Iface Destination Gateway Flags …; a destination of 0 with a gateway is the default route.
_ROUTES = "proc/net/route"
_ANY = "00000000"


def lacks_passt(capabilities: Callable[[], Optional[str]], root: str = "/") -> Optional[str]:
    """Return it in words, None where a NIC can be on passt; capabilities asks libvirt what such a domain can have.

    Without a default route passt gives a guest neither an address nor a way to this host.
    """
    if shutil.which(PASST_PROGRAM) is None:
        return "passt is not found; install it (package passt)"
    told = capabilities()
    if told is None or PASST_PROGRAM not in _backends(told):
        return "libvirt does not say that it starts passt (virsh domcapabilities); take libvirt 11 or newer"
    if not _has_default_route(Path(root, _ROUTES)):
        return (
            "passt gives a guest the address and the router of this host's default route, and there is none; "
            "add one (ip route add default via ADDRESS)"
        )
    return None


@reads("what libvirt tells of a domain's capabilities")
def _backends(capabilities: str) -> list[Optional[str]]:
    values = parse(capabilities).iterfind("devices/interface/enum[@name='backendType']/value")
    return [value.text for value in values]


def _has_default_route(table: Path) -> bool:
    try:
        lines = table.read_text(encoding="ascii", errors="replace").splitlines()[1:]
    except OSError:
        return False
    return any(words[1] == _ANY and words[2] != _ANY for words in map(str.split, lines) if len(words) > 2)

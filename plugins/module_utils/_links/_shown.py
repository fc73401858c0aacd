# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module link returns of a link."""

from __future__ import annotations

from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._links._model import MARK, Link, Wish
from ansible_collections.virtio.lab.plugins.module_utils._links._port import fdb_shown, vlans_shown


def details(wish: Wish, link: Link) -> dict[str, Any]:
    """Beside what is returned of any link; VLANs and FDB entries where they were read."""
    return {
        "kind": link.kind or None,
        "owned": link.alias == MARK,
        "master": link.master or None,
        "addresses": list(link.addresses),
        "attributes": dict(link.attributes),
        "port": dict(link.port),
        **({} if wish.vlans is None else {"vlans": vlans_shown(link.vlans)}),
        **({} if wish.fdb is None else {"fdb": fdb_shown(link.fdb)}),
    }

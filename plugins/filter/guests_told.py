# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""virtio.lab.guests_told; documented in guests_told.yml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._inventory import _inventory

KNOWN = ("~/.ssh/known_hosts", "~/.ssh/known_hosts2", "/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")


def guests_told(results: Sequence[Mapping[str, Any]], known_hosts: str) -> list[dict[str, Any]]:
    """Return what guests told that is believed; AnsibleFilterError where it is not."""
    own = Path(known_hosts).expanduser()
    others = [path for path in sorted(own.parent.glob("*")) if path.name != own.name]
    try:
        return _inventory.told(results, [*(Path(name).expanduser() for name in KNOWN), *others])
    except LabError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"guests_told": guests_told}

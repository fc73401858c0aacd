# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""virtio.lab.guest_names; documented in guest_names.yml."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._inventory import _inventory


def guest_names(
    guests: Iterable[str], groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Any], hypervisor: str
) -> dict[str, str]:
    """Return the name in the inventory of each guest; AnsibleFilterError where somebody else has it."""
    try:
        return _inventory.names(guests, groups, hostvars, hypervisor)
    except LabError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"guest_names": guest_names}

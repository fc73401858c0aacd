# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules tuntap and link do alike: from their parameters to what Ansible is told."""

from __future__ import annotations

from typing import Any, Callable, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._exits import failing
from ansible_collections.virtio.lab.plugins.module_utils._links._model import LOCK, Wish
from ansible_collections.virtio.lab.plugins.module_utils._links._reconcile import (
    Shown,
    entries,
    given,
    reconcile,
    shown,
)
from ansible_collections.virtio.lab.plugins.module_utils._lock import in_turn
from ansible_collections.virtio.lab.plugins.module_utils._runner import run


def keep(
    module: Any, listed: str, wishes_of: Callable[[Any, Optional[list[str]]], Sequence[Wish]], details: Shown
) -> None:
    """Bring the links that the AnsibleModule's option listed names to what is wanted, and exit as it went."""
    if module.params[listed] is not None:
        # They are sent back as the invocation: of a thousand links, what was not given would be a third of it all.
        module.params[listed] = given(module.params[listed])
    with failing(module):
        notes: Optional[list[str]] = [] if module.check_mode else None
        wishes = wishes_of(entries(module.params, listed), notes)
        with in_turn(LOCK, module.check_mode):
            result, have = reconcile(wishes, module.params["force"], module.check_mode, run)
        for warning in (*(notes or ()), *result.pop("warnings")):
            module.warn(warning)
        if not module._diff:
            del result["diff"]  # of a thousand links it is a third of what is sent back
        module.exit_json(**result, **{listed: [shown(wish, have, details) for wish in wishes]})

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""virtio.lab.campaign_plan; documented in campaign_plan.yml."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._measure._record import _campaign as _kept
from ansible_collections.virtio.lab.plugins.plugin_utils._campaign import _plan, _stop
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._records import finished_in


def campaign_plan(campaign: dict[str, Any], records: str | None = None) -> list[dict[str, Any]]:
    """Return the cells of campaign that are not yet recorded below the folder records, none of one that stopped early.

    Raises AnsibleFilterError when what is recorded there belongs to another plan or cannot be read.
    """
    try:
        finished = finished_in(Path(records)) if records else set()
        if records:
            _kept.check(Path(records), campaign)
            if _stop.kept(Path(records)):
                return []
        return _plan.plan(campaign, finished)
    except LabError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"campaign_plan": campaign_plan}

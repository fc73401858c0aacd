# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""virtio.lab.campaign_stop; documented in campaign_stop.yml."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._campaign import _stop
from ansible_collections.virtio.lab.plugins.plugin_utils._control_node._requirements import require
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._records import finished_in, read_runs


def campaign_stop(campaign: dict[str, Any], records: str) -> dict[str, Any]:
    """Return what ends campaign before its last block, {} where it goes on.

    Raises AnsibleFilterError where the intervals cannot be computed here.
    """
    folder = Path(records)
    try:
        finished = finished_in(folder)
        require("scipy.special")  # said before the first block, not after the tenth
        if not _stop.is_due(campaign, _stop.finished_blocks(campaign, finished)):
            return {}
        return _stop.stop(campaign, read_runs(folder)[0]) or {}
    except LabError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"campaign_stop": campaign_stop}

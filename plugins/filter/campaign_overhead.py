# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""virtio.lab.campaign_overhead; documented in campaign_overhead.yml."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._comparison._overhead import overhead
from ansible_collections.virtio.lab.plugins.plugin_utils._report._words._format import overhead_sentence
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._records import read_runs


def campaign_overhead(records: str) -> str:
    """Return how much of the campaign's time was measured, in one sentence; AnsibleFilterError without any run."""
    try:
        runs = read_runs(Path(records))[0]
    except LabError as error:
        raise AnsibleFilterError(str(error)) from error
    return f"{runs[0]['campaign_id']}, {len(runs)} runs: {overhead_sentence(overhead(runs, (), ''))}"


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"campaign_overhead": campaign_overhead}

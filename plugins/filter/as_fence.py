# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""virtio.lab.as_fence; documented in as_fence.yml."""

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.virtio.lab.plugins.plugin_utils._report._words._tables import fenced


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"as_fence": fenced}

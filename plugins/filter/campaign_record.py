# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""virtio.lab.campaign_record; documented in campaign_record.yml."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.plugin_utils._campaign import _record


def campaign_record(content: str) -> dict[str, Any]:
    """Return the record in what slurp returned; AnsibleFilterError where it is none."""
    try:
        return _record.campaign_record(base64.b64decode(content, validate=True).decode())
    except (LabError, binascii.Error, UnicodeDecodeError) as error:
        raise AnsibleFilterError(f"{error}; remove it on the hypervisor to begin anew") from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"campaign_record": campaign_record}

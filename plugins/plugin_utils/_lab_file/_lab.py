# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab: all sections together."""

from __future__ import annotations

from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file import _campaign, _guests, _images, _networks
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file import _values as values
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._problem import Problem
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._shape import Field, items, section, value

LAB = section(
    {
        "name": Field(value(values.name), required=True),
        "description": Field(value(values.text)),
        "networks": Field(items(_networks.NETWORK), required=True),
        "images": Field(items(_images.IMAGE), required=True),
        "guests": Field(items(_guests.GUEST), required=True),
        "campaign": Field(_campaign.CAMPAIGN),
    }
)


def examine(document: Any) -> tuple[dict[str, Any], list[Problem]]:
    """The lab with its defaults filled in, and what is wrong with it; the lab is complete only when nothing is."""
    problems: list[Problem] = []
    lab = LAB(document, "", problems)
    if lab is None:
        return {}, problems
    _networks.complete(lab, problems)
    _images.complete(lab, problems)
    _guests.complete(lab, problems)
    _campaign.complete(lab, problems)
    return lab, problems

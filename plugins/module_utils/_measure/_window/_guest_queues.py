# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many queue pairs the guest's driver uses: QEMU may offer more."""

from __future__ import annotations

import re

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._agent import Agent
from ansible_collections.virtio.lab.plugins.module_utils._measure._window._counters import ethtool

_COMBINED = re.compile(r"^Combined:[ \t]{0,40}([0-9]{1,6})$", re.MULTILINE)


def guest_queues(agent: Agent, mac: str) -> int:
    """Return the queue pairs in use on the guest's NIC mac; LabError where the guest cannot tell."""
    return combined(ethtool(agent, "-l", mac))


def combined(channels: str) -> int:
    """Return the combined channels in use in the text of ethtool -l, which has the most that there could be first.

    Raises LabError where it names none.
    """
    found = _COMBINED.search(channels.partition("Current hardware settings:")[2])
    if not found:
        raise LabError("ethtool -l in the guest names no combined channels in use")
    return int(found.group(1))

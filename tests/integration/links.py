# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""links.py NETNS...: the links of network namespaces, by namespace and name, as JSON: what `ip -j -d address` prints.

Without what the kernel changes on its own, up to seconds later: carrier, link-local addresses and their detection,
timers and states of the spanning tree, and the ageing time that follows these.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

CARRIER = {"LOWER_UP", "NO-CARRIER", "M-DOWN"}
OWN_MOTION = {"operstate", "tentative", "state", "topology_change", "topology_change_detected", "ageing_time"}


def still(value: Any) -> Any:
    if isinstance(value, list):
        return [still(each) for each in value if not (isinstance(each, dict) and each.get("scope") == "link")]
    if not isinstance(value, dict):
        return value
    kept = {key: still(each) for key, each in value.items() if key not in OWN_MOTION and not key.endswith("_timer")}
    if "flags" in kept:
        kept["flags"] = [flag for flag in kept["flags"] if flag not in CARRIER]
    return kept


def links(netns: str) -> dict[str, Any]:
    said = subprocess.run(["ip", "-n", netns, "-j", "-d", "address"], capture_output=True, check=True).stdout
    return {link["ifname"]: still(link) for link in json.loads(said) if link}


print(json.dumps({netns: links(netns) for netns in sys.argv[1:]}))

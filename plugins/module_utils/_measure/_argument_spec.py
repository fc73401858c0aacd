# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parameters of benchmark_run; the module documents them."""

from __future__ import annotations

from typing import Any, Dict

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._registry import NAMES
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._netperf import TESTS

_NEEDED_STR = {"type": "str", "required": True}
_NEEDED_INT = {"type": "int", "required": True}

WORKLOAD: Dict[str, Any] = {
    "name": _NEEDED_STR,
    "tool": {"type": "str", "required": True, "choices": ["iperf3", "netperf", "strace", "perf", "hping3"]},
    "direction": {
        "type": "str",
        "choices": ["host_to_guest", "guest_to_host", "guest_to_guest"],
        "default": "host_to_guest",
    },
    "peer": {"type": "str"},
    "proto": {"type": "str", "choices": ["tcp", "udp"], "default": "tcp"},
    "rate_mbps": {"type": "int"},
    "test": {"type": "str", "choices": list(TESTS)},
    "load": {"type": "str", "choices": ["iperf3"], "default": "iperf3"},
    "message_bytes": {"type": "int"},
    "streams": {"type": "int", "default": 1},
    "queues": {"type": "int"},
    "samplers": {"type": "bool", "default": True},
}

BENCHMARK_RUN: Dict[str, Any] = {
    "name": _NEEDED_STR,
    "mac": _NEEDED_STR,
    "address": {"type": "str"},
    "uri": {"type": "str", "default": "qemu:///system"},
    "datapath": {"type": "str", "required": True, "choices": list(NAMES)},
    "variant": {"type": "str"},
    "baseline": {"type": "str"},
    "options": {"type": "dict", "default": {}},
    "workload": {"type": "dict", "required": True, "options": WORKLOAD},
    "warmup_s": {"type": "int", "default": 5},
    "duration_s": {"type": "int", "default": 30},
    "lab": _NEEDED_STR,
    "campaign_id": _NEEDED_STR,
    "run_id": _NEEDED_STR,
    "block": _NEEDED_INT,
    "order_in_block": _NEEDED_INT,
    "seed": _NEEDED_INT,
    "arm": {"type": "str", "choices": ["a", "aa"], "default": "a"},
    "replicate": {"type": "str", "choices": ["boot", "hotplug", "none"], "default": "none"},
    "campaign": {"type": "dict"},
    "seal": {
        "type": "dict",
        "options": {"planned": {"type": "list", "elements": "str"}, "after": {"type": "dict"}},
    },
    "results_dir": {"type": "path", "required": True},
    "fetch_to": {"type": "path"},
}

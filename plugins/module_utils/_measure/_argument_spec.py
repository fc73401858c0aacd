# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parameters of benchmark_run; the module documents them."""

from __future__ import annotations

import re
from typing import Any, Dict, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._registry import NAMES, datapath
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _files
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._build_xml import PARTS
from ansible_collections.virtio.lab.plugins.module_utils._measure import _bounds
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._netperf import TESTS
from ansible_collections.virtio.lab.plugins.module_utils._switch import _driver
from ansible_collections.virtio.lab.plugins.module_utils._text import plain

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

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,199}")
_PARENT = re.compile(r"[!-~]{1,15}")
_OPTIONS = ("driver", "queues", "mtu", "model", "parent", "offloads", "emulator", "kernel", "initrd")
_BOUNDS = {
    **_bounds.RUN,
    **{f"workload.{name}": bound for name, bound in _bounds.WORKLOAD.items()},
    **{f"options.{name}": bound for name, bound in _bounds.VARIANT.items()},
}


def check(wanted: Dict[str, Any]) -> None:
    """Raise LabError for what an argument spec cannot say: a run that no document could hold is not measured."""
    for path, (low, high) in _BOUNDS.items():
        part, _dot, name = path.partition(".")
        value = (wanted[part] or {}).get(name) if name else wanted[part]
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high):
            raise LabError(f"{path} is {value!r}; a whole number from {low} to {high} would be right")
    for name in ("variant", "baseline"):
        if wanted[name] is not None and not _NAME.fullmatch(wanted[name]):
            raise LabError(f"{name} is {wanted[name]!r}; lower-case letters, digits, _ and - would be right")
    _files.one_name(wanted["workload"]["name"], "workload.name")
    _check_options(wanted["options"], datapath(wanted["datapath"]).frontend.models)


def _check_options(options: Dict[str, Any], models: Sequence[str]) -> None:
    """Raise LabError for what no variant can ask of a device, by the words and values that its option has elsewhere."""
    for name in options:
        if name not in _OPTIONS:
            raise LabError(f"options.{plain(name, 80)} is no option of a variant; these are {', '.join(_OPTIONS)}")
    for name in ("driver", "offloads"):
        _driver.check_given(options.get(name), f"options.{name}", attributes=name == "driver")
    model = options.get("model")
    if model is not None and model not in models:
        raise LabError(f"options.model is {plain(repr(model), 80)}; its datapath has {', '.join(models)}")
    parent = options.get("parent")
    if parent is not None and not (isinstance(parent, str) and _PARENT.fullmatch(parent)):
        raise LabError(f"options.parent is {plain(repr(parent), 80)}; a link's name or a PCI address would be right")
    for name in PARTS:
        path = options.get(name)
        if path is not None and not (isinstance(path, str) and path.startswith("/") and path.isprintable()):
            raise LabError(f"options.{name} is {plain(repr(path), 80)}; a full path on the hypervisor would be right")

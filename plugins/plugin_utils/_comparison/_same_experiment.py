# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Were two campaigns the same experiment? Only then do their figures say anything of what changed in between."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._runs._manifest import flatten

Document = Mapping[str, Any]
# Addresses are no part of an experiment, and what the command line asks for stands beside it, setting by setting. Where
# the client runs follows from the datapath; earlier documents do not say it.
NOT_COMPARED = ("name", "argv", "client")
MANIFEST = ("accelerator", "software_emulation.is", "peer.datapath")


def obstacles(baseline: Sequence[Document], candidate: Sequence[Document]) -> list[str]:
    """Why runs of one variant on the same workloads cannot be compared, one sentence each; empty where they can.

    Both sides must have been made by the same versions of the tools, with the same parameters, from the same guest
    image, with the same accelerator, and a second guest on the same datapath. What neither side recorded is not held
    against them.
    """
    sides = (_settings(baseline), _settings(candidate))
    return [
        f"{setting} is {_shown(left)} in the baseline and {_shown(right)} in the candidate"
        for setting in dict.fromkeys([*sides[0], *sides[1]])
        if _differ(left := sides[0].get(setting, set()), right := sides[1].get(setting, set()))
    ]


def _differ(left: set[str], right: set[str]) -> bool:
    """A setting that one side does not name, or that changes within a side, is no common ground either."""
    return left != right or len(left) > 1


def _settings(runs: Sequence[Document]) -> dict[str, set[str]]:
    """Setting → every value that it had."""
    found: dict[str, set[str]] = {}
    for run in runs:
        for setting, value in _of(run):
            found.setdefault(setting, set()).add(json.dumps(value, sort_keys=True))
    return found


def _of(run: Document) -> Iterator[tuple[str, Any]]:
    workload = dict(run["workload"])
    if workload["tool"] == "netperf":  # documents of before there was tcp_crr do not name the test
        workload.setdefault("test", f"{workload['proto']}_rr")
    for key, value in workload.items():
        if key not in NOT_COMPARED:
            what = f"version of {workload['tool']}" if key == "version" else f"{workload['name']}: {key}"
            yield what, value
    yield f"{workload['name']}: queues", run["factor"].get("queues")
    yield "mtu", run["factor"].get("mtu")
    for path, value in flatten(run["manifest"]):
        if path in MANIFEST or "image" in path.split("."):
            yield path, value


def _shown(values: set[str]) -> str:
    return " and ".join(sorted(value.strip('"') for value in values)) or "not recorded"

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Were two campaigns the same experiment? Only then do their figures say anything of what changed in between.

What a variant asks for is what it is: the same on both sides, or its name stands for two experiments. A build that it
names (emulator, kernel, initrd) may be another one on either side, wherever it lies: as an upgrade is, that is what the
campaigns are compared for. It is no part of the guest's image then.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._build_xml import PARTS
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._arms import variant_of
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._manifest import flatten

Document = Mapping[str, Any]
# Addresses are no part of an experiment, and what the command line asks for stands beside it, setting by setting. Where
# the client runs follows from the datapath; earlier documents do not say it.
NOT_COMPARED = ("name", "argv", "client")
MANIFEST = ("accelerator", "software_emulation.is", "peer.datapath")
_BUILD, _ASKED = "build of ", " asks for"


def obstacles(baseline: Sequence[Document], candidate: Sequence[Document]) -> list[str]:
    """Why runs of one variant on the same workloads cannot be compared, one sentence each; empty where they can.

    Both sides must have been made by the same versions of the tools, with the same parameters, from the same guest
    image, with the same accelerator, and a second guest on the same datapath. Their variant must ask for the same. What
    neither side recorded is not held against them.
    """
    sides = (_settings(baseline), _settings(candidate))
    return [
        f"{setting} is {_shown(left, setting)} in the baseline and {_shown(right, setting)} in the candidate"
        for setting in dict.fromkeys([*sides[0], *sides[1]])
        if _differ(left := sides[0].get(setting, set()), right := sides[1].get(setting, set()), setting)
    ]


def build_differences(baseline: Sequence[Document], candidate: Sequence[Document]) -> list[dict[str, Any]]:
    """``[{path, baseline, candidate}]``: the builds that each variant names, where they are others in the candidate.

    Variant by variant: two that changed places have the same builds taken together.
    """
    left, right = (_builds(side) for side in (baseline, candidate))
    return [
        {"path": name, "baseline": sorted(left[name]), "candidate": sorted(right[name])}
        for name in left
        if name in right and left[name] != right[name]
    ]


def _builds(runs: Sequence[Document]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for run in runs:
        for part in _named(run):
            found.setdefault(f"{variant_of(run)}: {part}", set()).add(_told(run, part))
    return found


def _named(run: Document) -> list[str]:
    """The parts of a build that the run's variant names."""
    return [part for part in PARTS if (run["factor"].get("options") or {}).get(part)]


def _told(run: Document, part: str) -> str:
    """A build in words: where it lies, what it says of itself, which file it is."""
    seen = (run["factor"].get("build") or {}).get(part) or {}
    about = [seen.get("version") if part == "emulator" else seen.get("release"), (_sum_of(run, part) or "")[:12]]
    said = ", ".join(filter(None, map(str, filter(None, about))))
    return f"{run['factor']['options'][part]}{f' ({said})' if said else ''}"


def _sum_of(run: Document, part: str) -> Any:
    """The SHA-256 of a part's file; None where it is not known."""
    seen = (run["factor"].get("build") or {}).get(part) or {}
    image = (run["manifest"].get("guest") or {}).get("image") or {}
    return seen.get("sha256") or image.get(part)


def _differ(left: set[str], right: set[str], setting: str) -> bool:
    """A setting that one side does not name, or that changes within a side, is no common ground either."""
    if setting.startswith(_BUILD):
        return len(left) > 1 or len(right) > 1
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
    yield from _asked(run)
    of_builds = {f"guest.image.{part}" for part in _named(run)}
    for path, value in flatten(run["manifest"]):
        if path in MANIFEST or ("image" in path.split(".") and path not in of_builds):
            yield path, value


def _asked(run: Document) -> Iterator[tuple[str, Any]]:
    """What the run's variant asks for, each by its own name; a build that it names is one build in all of its runs."""
    name, factor = variant_of(run), run["factor"]
    yield f"datapath of {name}", factor["datapath"]
    yield f"replicate of {name}", factor.get("replicate")
    for path, value in flatten(factor.get("options") or {}):
        if value is not None and path not in PARTS:
            yield f"{path} that {name}{_ASKED}", value
    for part in _named(run):
        yield f"{part} that {name}{_ASKED}", "one by its path"
        if (known := _sum_of(run, part)) is not None:
            yield f"{_BUILD}the {part} of {name}", known


def _shown(values: set[str], setting: str) -> str:
    nothing = "none" if setting.endswith(_ASKED) else "not recorded"
    return " and ".join(sorted(value.strip('"') for value in values)) or nothing

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Were the runs of a workload made under the same conditions? Else their ratio is not that of the datapaths."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.virtio.lab.plugins.plugin_utils._runs._found import Found
from ansible_collections.virtio.lab.plugins.plugin_utils._runs._manifest import flatten

Document = Mapping[str, Any]
Condition = tuple[str, str]
_WORKLOAD = ("tool", "version", "test", "direction", "peer", "proto", "message_bytes", "rate_mbps", "streams",
             "processes", "warmup_s", "duration_s")  # fmt: skip
_FACTOR = ("mtu", "queues", "guest_queues", "offloads")
# What may change from block to block, as where a campaign was interrupted for an upgrade, but not inside of one.
_MANIFEST = ("qemu", "libvirt", "accelerator", "hypervisor", "guest", "mitigations", "governor", "peer")
# What of these is another one where a campaign has another emulator, kernel or initrd in one of its variants.
_OF_A_BUILD = {
    "emulator": ("qemu", "build.emulator."),
    "kernel": ("guest.kernel", "guest.image.kernel", "build.kernel."),
    "initrd": ("guest.image.initrd", "build.initrd."),
}
_SHOWN = 80


def unequal(found: Sequence[Found], varied: frozenset[str] = frozenset()) -> dict[str, list[str]]:
    """Workload → what differs between its valid runs, in words.

    ``varied``: what the campaign varies on purpose from arm to arm; it must be the same within an arm all the same.
    What a run does not know is not held against it.
    """
    workloads: dict[str, list[Document]] = {}
    for one in found:
        if one.document["valid"]:
            workloads.setdefault(str(one.document["workload"]["name"]), []).append(one.document)
    manifests = _Manifests(tuple(path for part in _OF_A_BUILD.keys() & varied for path in _OF_A_BUILD[part]))
    said = {
        name: [*_settings(runs, varied), *_machines(runs, manifests), *_builds(runs, manifests)]
        for name, runs in workloads.items()
    }
    return {name: differing for name, differing in said.items() if differing}


def _settings(runs: Sequence[Document], varied: frozenset[str]) -> Iterator[str]:
    seen: dict[tuple[str, Any], dict[str, set[str]]] = {}
    if {"driver", "emulator", "kernel"} & varied:
        varied |= {"offloads"}
    known: set[tuple[int, str]] = set()
    for run in runs:
        arm = _arm(run)
        for part, names in (("workload", _WORKLOAD), ("factor", _FACTOR)):
            if part == "workload" and (id(run[part]), arm) in known:  # hundreds of runs share the very object
                continue
            known.add((id(run[part]), arm))
            for name in names:
                value = run[part].get(name)
                if value is not None:
                    seen.setdefault((name, _group(run, name)), {}).setdefault(_text(value), set()).add(arm)
    for (name, _of), values in seen.items():
        if len(values) > 1 and not (name in varied and _one_each(values)):
            said = "; ".join(f"{_shown(value)} in runs of {', '.join(sorted(arms))}" for value, arms in values.items())
            yield f"{name} is not the same in all runs: {said}"


def _group(run: Document, name: str) -> Any:
    """Among which runs a setting must be the same: what a TAP offloads comes with the NIC that the datapath gives.

    The version is that of the client's end, which is the guest where the guest alone can open connections.
    """
    factor = run["factor"]
    if name == "offloads":
        return factor.get("frontend"), factor.get("attachment")
    return run["workload"].get("client") if name == "version" else None


def _machines(runs: Sequence[Document], manifests: _Manifests) -> Iterator[str]:
    blocks: dict[int, list[tuple[Condition, ...]]] = {}
    for run in runs:
        conditions = manifests.of(run).alike
        blocks.setdefault(run["block"], [])
        if conditions not in blocks[run["block"]]:
            blocks[run["block"]].append(conditions)
    named: set[str] = set()
    for block, distinct in blocks.items():
        seen: dict[str, set[str]] = {}
        for name, value in (condition for conditions in distinct for condition in conditions):
            seen.setdefault(name, set()).add(value)
        for name, values in seen.items():
            if len(values) > 1 and name not in named:
                named.add(name)
                said = " and ".join(map(_shown, sorted(values)))
                yield f"{name} is not the same in all runs of block {block}: {said}"


def _builds(runs: Sequence[Document], manifests: _Manifests) -> Iterator[str]:
    """What varies from arm to arm on purpose is what an arm is: the same in all of its runs, in every block."""
    arms: dict[str, dict[str, set[str]]] = {}
    for run in runs:
        mine = arms.setdefault(_arm(run), {})
        for name, value in manifests.of(run).varied:
            mine.setdefault(name, set()).add(value)
    for arm, seen in arms.items():
        for name, values in seen.items():
            if len(values) > 1:
                yield f"{name} is not the same in all runs of {arm}: {' and '.join(map(_shown, sorted(values)))}"


class _Conditions(NamedTuple):
    """What must be alike in all runs of a block, and what may be another one in each arm."""

    alike: tuple[Condition, ...]
    varied: tuple[Condition, ...]


class _Manifests:
    """Thousands of runs share a few manifests, and most of them the very object.

    ``varied``: beginnings of the paths that are another one in each arm.
    """

    def __init__(self, varied: tuple[str, ...]) -> None:
        self._varied = varied
        self._known: dict[tuple[int, str], tuple[Document, _Conditions]] = {}

    def of(self, run: Document) -> _Conditions:
        manifest, build = run["manifest"], _text(run["factor"].get("build"))
        key = (id(manifest), build)
        if key not in self._known:
            conditions = {**{name: manifest.get(name) for name in _MANIFEST}, "build": run["factor"].get("build")}
            flat = [(path, _text(value)) for path, value in flatten(conditions) if value is not None]
            alike = tuple(one for one in flat if not one[0].startswith(self._varied))
            varied = tuple(one for one in flat if one[0].startswith(self._varied))
            self._known[key] = (manifest, _Conditions(alike, varied))  # kept alive, or another could get its identity
        return self._known[key][1]


def _one_each(values: Mapping[str, set[str]]) -> bool:
    """Whether no arm has more than one of the values."""
    arms = [arm for mine in values.values() for arm in mine]
    return len(arms) == len(set(arms))


def _arm(run: Document) -> str:
    factor = run["factor"]
    return str(factor.get("variant") or factor["datapath"])


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _shown(value: str) -> str:
    return value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"

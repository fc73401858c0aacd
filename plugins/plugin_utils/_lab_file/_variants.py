# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a campaign compares: datapaths, and variants of them with options under a name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import Datapath
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._element import takes
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._plain_name import plain_name
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._registry import NAMES, datapath
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._build_xml import PARTS
from ansible_collections.virtio.lab.plugins.module_utils._measure import _bounds
from ansible_collections.virtio.lab.plugins.module_utils._measure._tools._workload import FROM_HOST, direction_of
from ansible_collections.virtio.lab.plugins.module_utils._switch._driver import (
    ATTRIBUTES,
    GUEST_OFFLOADS,
    HOST_OFFLOADS,
    MOST_SENT,
    Attribute,
    contradictions,
    flat,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file import _values as values
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._problem import Problem, show
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._shape import (
    Check,
    Field,
    UnfitError,
    section,
    value,
)


def _attribute(attribute: Attribute) -> Field:
    if attribute.type == "bool":
        return Field(value(values.boolean))
    if attribute.type == "int":
        return Field(value(_number(attribute)))
    return Field(value(values.choice(attribute.choices or ())))


def _number(attribute: Attribute) -> Any:
    def rule(given: Any) -> int:
        found = values.integer(1, 1024)(given)
        if attribute.choices and found not in attribute.choices:
            raise UnfitError(f"is none of {', '.join(map(str, attribute.choices))}")
        return found

    return rule


_SWITCH = Field(value(values.boolean))
_SIDES = {
    "host": Field(section(dict.fromkeys(HOST_OFFLOADS, _SWITCH))),
    "guest": Field(section(dict.fromkeys(GUEST_OFFLOADS, _SWITCH))),
}
DRIVER = section(
    {
        **{name: _attribute(of) for name, of in ATTRIBUTES.items() if name not in ("name", "queues")},
        **_SIDES,
    }
)
_OPTIONS = section(
    {
        "name": Field(value(values.workload_name)),
        "datapath": Field(value(values.choice(NAMES)), required=True),
        "driver": Field(DRIVER),
        "queues": Field(value(values.integer(*_bounds.VARIANT["queues"]))),
        "mtu": Field(value(values.integer(*_bounds.VARIANT["mtu"]))),
        "model": Field(value(values.word)),
        "parent": Field(value(values.parent)),
        **{part: Field(value(values.path)) for part in PARTS},
        "offloads": Field(section(_SIDES)),
    }
)


def variant() -> Check:
    """A datapath's name, or a mapping that names one with options; a mapping gets a name, the datapath's own.

    One that asks for nothing beside its datapath is that one's name.
    """

    def check(given: Any, path: str, problems: list[Problem]) -> Any:
        if not isinstance(given, dict):
            return value(values.choice(NAMES))(given, path, problems)
        found = _OPTIONS(given, path, problems)
        if found.get("datapath") is None:
            return None
        return plain_name(found)

    return check


def name_of(entry: Any) -> Any:
    """The name of a variant, None for what is wrong."""
    return entry.get("name") if isinstance(entry, Mapping) else entry


def uncarried(path: str, workload: Mapping[str, Any], entries: Sequence[Any]) -> Iterator[Problem]:
    """What a workload asks for that a datapath of the campaign cannot carry."""
    for of in dict.fromkeys(named for entry in entries if (named := _datapath_of(entry))):
        asked = datapath(of)
        why = asked.refuses(direction_of(workload), workload.get("tool") in FROM_HOST)
        if why:
            at = "peer" if workload.get("peer") else "direction" if workload.get("direction") else "tool"
            yield Problem(f"{path}.{at}", f"cannot be measured over {of}: {why}")
        queues = workload.get("queues")
        most = max((number for number in (queues if isinstance(queues, list) else [queues]) if number), default=1)
        if most > 1 and not asked.multiqueue:
            yield Problem(f"{path}.queues", f"{most} queue pairs are more than the one that {of} has")


def sharing(entries: Sequence[Any]) -> str | None:
    """The first datapath of a campaign whose packets another process moves in the guest's memory."""
    named = [of for entry in entries if (of := _datapath_of(entry))]
    return next((of for of in named if datapath(of).attachment.shared_memory), None)


def _datapath_of(entry: Any) -> str | None:
    return entry.get("datapath") if isinstance(entry, Mapping) else entry


def unfit_build(path: str, entry: Any, replicate: Any, guest: Any, image: Any) -> Iterator[Problem]:
    """Programs that the guest cannot be started by; ``image`` is what kind its own is, None where that is not known."""
    named = [part for part in PARTS if isinstance(entry, Mapping) and entry.get(part) is not None]
    if named and replicate == "hotplug":
        yield Problem(
            f"{path}.{named[0]}", "needs replicate: boot, as a guest that runs on keeps what it was started by"
        )
    for part in named:
        if part != "emulator" and image not in (None, "tiny"):
            sentence = f"is for a guest that is booted directly (kind: tiny), and {guest} boots from its disk"
            yield Problem(f"{path}.{part}", sentence)


def unfit(path: str, entry: Any, vcpus: int | None) -> Iterator[Problem]:
    """What a datapath cannot have of what its variant asks for."""
    if isinstance(entry, str) and entry in NAMES:  # one that asks for nothing has been made a name
        entry = {"datapath": entry}
    if not isinstance(entry, Mapping) or entry.get("datapath") is None:
        return
    of, queues = datapath(entry["datapath"]), entry.get("queues")
    if entry.get("name") in NAMES and entry["name"] != of.name:
        yield Problem(f"{path}.name", f"{show(entry['name'])} is the name of another datapath than {of.name}")
    if entry.get("driver") and not of.frontend.has_driver:
        yield Problem(f"{path}.driver", f"{of.frontend.title} takes no attributes of <driver>; leave it out")
    yield from _unfit_offloads(path, entry, of)
    if (queues or 1) > 1 and not of.multiqueue:
        yield Problem(f"{path}.queues", f"{queues} queue pairs are more than the one that {of.name} has")
    elif vcpus and (queues or 1) > vcpus:
        yield Problem(f"{path}.queues", f"{queues} queue pairs are for as many vCPUs, and the guest has {vcpus}")
    if entry.get("model") is not None and entry["model"] not in of.frontend.models:
        models = ", ".join(of.frontend.models) or "no models"
        yield Problem(f"{path}.model", f"{show(entry['model'])} is none of {models}, which {of.name} has")
    if entry.get("mtu") is not None and not takes(of, "mtu"):
        yield Problem(f"{path}.mtu", f"the MTU of {of.attachment.title} is not libvirt's to set; leave it out")
    elif entry.get("mtu") is not None and not of.frontend.has_driver:
        yield Problem(f"{path}.mtu", f"no MTU can be told to a guest through {of.frontend.title}; leave it out")
    yield from _unfit_parent(path, entry, of)
    yield from _unfit_driver(path, entry, of)


def _unfit_parent(path: str, entry: Mapping[str, Any], of: Datapath) -> Iterator[Problem]:
    """A link below the NIC where there is none, or none where a virtual function has to be named."""
    if entry.get("parent") is not None and not of.attachment.has_parent:
        yield Problem(f"{path}.parent", f"{of.name} is on top of no link; leave it out")
    if entry.get("parent") is None and of.attachment.on_vf:
        yield Problem(f"{path}.parent", f"is missing; {of.name} needs a virtual function, or the card to take one of")


def _unfit_driver(path: str, entry: Mapping[str, Any], of: Datapath) -> Iterator[Problem]:
    """Attributes of <driver> that QEMU would refuse beside the others, or take and not heed."""
    driver = entry.get("driver") or {}
    if driver.get("iommu") and entry.get("model") == "virtio-transitional":
        yield Problem(f"{path}.driver.iommu", "needs another model than virtio-transitional, which QEMU gives none")
    if driver.get("txmode") and of.backend.name == "vhost":
        yield Problem(
            f"{path}.driver.txmode", f"is for QEMU's own backend, and {of.name} has the kernel's; leave it out"
        )
    if (driver.get("tx_queue_size") or 0) > MOST_SENT:
        sentence = f"{driver['tx_queue_size']} is more than {MOST_SENT}, the most that QEMU and vhost-net send from"
        yield Problem(f"{path}.driver.tx_queue_size", sentence)


def alike(entries: Sequence[tuple[str, Any]]) -> Iterator[Problem]:
    """Variants that ask for the same under two names: the A/A arm is what measures one thing twice."""
    first: dict[str, tuple[str, Any]] = {}
    for path, entry in entries:
        if _datapath_of(entry) is None:
            continue
        options = {} if isinstance(entry, str) else entry
        driver = {**flat(options.get("driver") or {}), **flat(options.get("offloads") or {})}
        own = {key: value for key, value in options.items() if key not in ("name", "driver", "offloads")}
        asked = {"datapath": entry, "queues": 1, **own, "driver": sorted(driver.items())}
        before, name = first.setdefault(repr(sorted(asked.items())), (path, name_of(entry)))
        if before != path and name != name_of(entry):  # what has the same name is told of already
            yield Problem(path, f"asks for the same as {before}; aa measures the first variant twice, so leave it out")


def own_queues(path: str, workload: Mapping[str, Any], entries: Sequence[Any]) -> Iterator[Problem]:
    """Queue pairs that a workload gives to a variant which has another number of its own."""
    asked = workload.get("queues")
    numbers = [number for number in (asked if isinstance(asked, list) else [asked]) if number]
    for entry in entries:
        has = entry.get("queues") if isinstance(entry, Mapping) else None
        other = next((number for number in numbers if has and number != has), None)
        if other:
            yield Problem(f"{path}.queues", f"{other} queue pairs contradict the {has} of variant {name_of(entry)}")


def _unfit_offloads(path: str, entry: Mapping[str, Any], of: Datapath) -> Iterator[Problem]:
    """Offloads that the datapath has not, that are given twice, or that need what is to be off."""
    driver, own = flat(entry.get("driver") or {}), flat(entry.get("offloads") or {})
    if own and not of.offloads:
        yield Problem(f"{path}.offloads", f"{of.name} has no offloads that libvirt could switch; leave it out")
        return
    of_driver = [key for key in driver if "." in key]
    if of_driver and of.frontend.has_driver and not of.offloads:
        yield Problem(
            f"{path}.driver", f"{of.name} has no offloads that libvirt could switch; leave out {of_driver[0]}"
        )
    for key in own:
        if key in driver:
            yield Problem(f"{path}.offloads.{key}", "stands in driver too; give it once")
    for key, why in contradictions({**driver, **own}):
        yield Problem(f"{path}.{'offloads' if key in own else 'driver'}.{key}", why)

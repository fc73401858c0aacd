# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests: what they boot from and where they are plugged in."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file import _values as values
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._networks import has_range, leases
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._problem import Problem, each, instead, show, twice
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._shape import Field, items, section, value

DATAPATHS = ("vhost", "qemu")
MEMORY_MIB = {"tiny": 256, "packages": 1024, "cloud": 1024}
# What the role guest_image makes a packages image as large as; how large a cloud image is, is known when it is there.
PACKAGES_GIB = 4
# A guest becomes a host of the inventory: these words mean something else there.
RESERVED = ("all", "guests", "hypervisors", "lab-host", "localhost", "ungrouped")

INTERFACE = section(
    {
        "network": Field(value(values.name), required=True),
        "mac": Field(value(values.mac)),
        "datapath": Field(value(values.choice(DATAPATHS)), default="vhost"),
    }
)
GUEST = section(
    {
        "name": Field(value(values.name), required=True),
        "image": Field(value(values.name), required=True),
        "vcpus": Field(value(values.integer(1, 256)), default=1),
        "memory_mib": Field(value(values.integer(64, 4194304))),
        "disk_gib": Field(value(values.integer(1, 65536))),
        "iommu": Field(value(values.choice(("intel",)))),
        "shared_memory": Field(value(values.boolean)),
        "interfaces": Field(items(INTERFACE), required=True),
    }
)


def complete(lab: dict[str, Any], problems: list[Problem]) -> None:
    """Fill memory and MAC where the user gave none; check names and references."""
    guests = list(each(lab, "guests"))
    kinds = {image.get("name"): image["kind"] for _path, image in each(lab, "images") if image.get("kind")}
    problems.extend(twice((f"{path}.name", guest.get("name")) for path, guest in guests))
    for path, guest in guests:
        if guest.get("name") in RESERVED:
            sentence = f"{guest['name']!r} has a meaning of its own in an Ansible inventory; take another name"
            problems.append(Problem(f"{path}.name", sentence))
        _refer(f"{path}.image", guest.get("image"), lab, "images", problems)
        if guest.get("image") is not None and guest["image"] in kinds:
            guest.setdefault("memory_mib", MEMORY_MIB[kinds[guest["image"]]])
            _check_disk(f"{path}.disk_gib", guest, kinds[guest["image"]], problems)
            if guest.get("iommu") and kinds[guest["image"]] == "cloud":
                sentence = "a cloud image's own loader starts its kernel, without intel_iommu=on; take another kind"
                problems.append(Problem(f"{path}.iommu", sentence))
        _complete_interfaces(path, guest, lab, problems)
    plugs = [(at, plug) for path, guest in guests for at, plug in each(guest, "interfaces", path)]
    problems.extend(twice((f"{at}.mac", plug.get("mac")) for at, plug in plugs))
    _check_leases(lab, plugs, problems)


def mac_of(lab: str, guest: str, index: int) -> str:
    """A MAC address that stays the same for this interface of this guest, under QEMU's prefix 52:54:00."""
    return "52:54:00:" + sha256(f"{lab}/{guest}/{index}".encode()).digest()[:3].hex(":")


def _refer(path: str, name: Any, lab: dict[str, Any], key: str, problems: list[Problem]) -> None:
    known = [item["name"] for _path, item in each(lab, key) if item.get("name")]
    if name is not None and name not in known:
        problems.append(Problem(path, f"{show(name)} is not defined under {key}; {instead(name, known)}"))


def _check_disk(path: str, guest: dict[str, Any], kind: str, problems: list[Problem]) -> None:
    wanted = guest.get("disk_gib")
    if wanted is not None and kind == "tiny":
        problems.append(Problem(path, f"image {guest['image']!r} is a tiny one, which has no disk; leave it out"))
    elif wanted is not None and kind == "packages" and wanted < PACKAGES_GIB:
        problems.append(Problem(path, f"{wanted} is less than the {PACKAGES_GIB} GiB of a packages image"))


def _complete_interfaces(path: str, guest: dict[str, Any], lab: dict[str, Any], problems: list[Problem]) -> None:
    for index, (at, plug) in enumerate(each(guest, "interfaces", path)):
        _refer(f"{at}.network", plug.get("network"), lab, "networks", problems)
        if guest.get("name") and lab.get("name"):
            plug.setdefault("mac", mac_of(lab["name"], guest["name"], index))


def _check_leases(lab: dict[str, Any], plugs: list[tuple[str, dict[str, Any]]], problems: list[Problem]) -> None:
    for path, network in each(lab, "networks"):
        needed = sum(plug.get("network") == network.get("name") for _at, plug in plugs)
        if has_range(network) and 0 < leases(network) < needed:
            sentence = f"has {leases(network)} addresses for {needed} guest interfaces; make it larger"
            problems.append(Problem(f"{path}.dhcp", sentence))

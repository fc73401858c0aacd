# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks: the shape, the address plan that follows from the subnet, and what must not collide."""

from __future__ import annotations

import ipaddress
from itertools import combinations
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._addresses import (
    LARGEST_RANGE,
    range_beside,
)
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file import _values as values
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._problem import Problem, each, twice
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._shape import Field, section, value

MODES = ("nat", "route", "isolated", "open")

NETWORK = section(
    {
        "name": Field(value(values.name), required=True),
        "mode": Field(value(values.choice(MODES)), default="nat"),
        "subnet": Field(value(values.subnet), required=True),
        "gateway": Field(value(values.address)),
        "dhcp": Field(
            section(
                {
                    "start": Field(value(values.address), required=True),
                    "end": Field(value(values.address), required=True),
                }
            )
        ),
        "autostart": Field(value(values.boolean), default=True),
    }
)


def complete(lab: dict[str, Any], problems: list[Problem]) -> None:
    """Fill gateway and DHCP range where the user gave none; check them where given, and networks together."""
    networks = list(each(lab, "networks"))
    problems.extend(twice((f"{path}.name", network.get("name")) for path, network in networks))
    placed = [(path, network) for path, network in networks if network.get("subnet")]
    for (before, one), (path, other) in combinations(placed, 2):
        if _subnet(one).overlaps(_subnet(other)):
            whose = f"{one['subnet']} of {one.get('name') or before}"
            problems.append(Problem(f"{path}.subnet", f"{other['subnet']!r} overlaps {whose}; take a free subnet"))
    for path, network in placed:
        network.setdefault("gateway", str(_subnet(network)[1]))
        if network["gateway"] and _gateway_fits(path, network, problems):
            network.setdefault("dhcp", _range_beside(network))
            if has_range(network):
                _check_range(path, network, problems)


def has_range(network: dict[str, Any]) -> bool:
    """Whether both ends of the DHCP range are addresses."""
    dhcp = network.get("dhcp") or {}
    return bool(dhcp.get("start") and dhcp.get("end"))


def leases(network: dict[str, Any]) -> int:
    """How many addresses the DHCP range of a complete network has."""
    return int(_ip(network["dhcp"]["end"])) - int(_ip(network["dhcp"]["start"])) + 1


def _subnet(network: dict[str, Any]) -> ipaddress.IPv4Network:
    return ipaddress.IPv4Network(network["subnet"])


def _range_beside(network: dict[str, Any]) -> dict[str, str]:
    beside = range_beside(_subnet(network), _ip(network["gateway"]))
    return {"start": beside.start, "end": beside.end}


def _ip(text: str) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(text)


def _hosts(network: dict[str, Any]) -> tuple[ipaddress.IPv4Address, ipaddress.IPv4Address]:
    subnet = _subnet(network)
    return subnet[1], subnet[-2]


def _is_host(network: dict[str, Any], text: str) -> bool:
    first, last = _hosts(network)
    return first <= _ip(text) <= last


def _gateway_fits(path: str, network: dict[str, Any], problems: list[Problem]) -> bool:
    fits = _is_host(network, network["gateway"])
    if not fits:
        first, last = _hosts(network)
        sentence = f"{network['gateway']!r} is no host of {network['subnet']}; {first} to {last} are"
        problems.append(Problem(f"{path}.gateway", sentence))
    return fits


def _check_range(path: str, network: dict[str, Any], problems: list[Problem]) -> None:
    outside = [edge for edge in ("start", "end") if not _is_host(network, network["dhcp"][edge])]
    first, last = _hosts(network)
    for edge in outside:
        sentence = f"{network['dhcp'][edge]!r} is no host of {network['subnet']}; {first} to {last} are"
        problems.append(Problem(f"{path}.dhcp.{edge}", sentence))
    start, end, gateway = (_ip(text) for text in (*network["dhcp"].values(), network["gateway"]))
    if end < start:
        problems.append(Problem(f"{path}.dhcp", f"starts at {start} after its end {end}; swap them"))
    elif start <= gateway <= end and not outside:
        problems.append(Problem(f"{path}.dhcp", f"{start} to {end} holds the gateway {gateway}; leave it out"))
    elif leases(network) > LARGEST_RANGE:
        problems.append(
            Problem(f"{path}.dhcp", f"has {leases(network)} addresses; libvirt takes at most {LARGEST_RANGE}")
        )

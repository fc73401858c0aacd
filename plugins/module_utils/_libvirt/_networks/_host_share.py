# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What networks take of the host, and who has it already. Pure."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_network
from typing import TYPE_CHECKING, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._build_forward import mode_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._model import (
    VIRTUAL,
    HostShare,
    Network,
    World,
)
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._values import (
    chosen_by_libvirt,
    prefix_length,
)
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse

if TYPE_CHECKING:
    from lxml.etree import _Element


def share_of(root: _Element) -> HostShare:
    """Return what the network root takes of the host; nothing unless libvirt makes a bridge for it."""
    if mode_of(root) not in VIRTUAL:
        return HostShare(None, ())
    bridge = root.find("bridge")
    return HostShare(
        None if bridge is None or chosen_by_libvirt(bridge.get("name")) else bridge.get("name"),
        tuple(
            ip_network(f"{ip.get('address')}/{prefix_length(ip)}", strict=False)
            for ip in root.iterfind("ip")
            if ip.get("address") is not None
        ),
    )


@lru_cache(maxsize=4096)
def _share_in(xml: str) -> HostShare:
    # Every network of a call is held against all others.
    return share_of(parse(xml))


@lru_cache(maxsize=4096)
def _bridge_in(xml: str) -> Optional[str]:
    bridge = parse(xml).find("bridge")
    return None if bridge is None else bridge.get("name")


def _bridges_of(network: Network) -> set[Optional[str]]:
    """Return the bridges that a network names, of whatever mode, as it is stored and as it runs.

    libvirt makes none of these for another network, be it the host's own (virNetworkObjBridgeInUse()).
    """
    return {_bridge_in(xml) for xml in (network.stored, network.live) if xml is not None}


def refuse_clash(name: str, root: _Element, have: Optional[Network], world: World) -> None:
    """Raise LabError when the network root would take what another network or the host has."""
    mine = share_of(root)
    running = None if have is None or have.live is None else _share_in(have.live).bridge
    others = {other: _share_in(network.stored) for other, network in world.networks.items() if other != name}
    for other in others:
        if mine.bridge is not None and mine.bridge in _bridges_of(world.networks[other]):
            raise LabError(f"network {name}: bridge {mine.bridge} is that of the network {other}; choose another")
    if mine.bridge in world.links and mine.bridge != running:
        raise LabError(f"network {name}: this host already has a link named {mine.bridge}; choose another bridge")
    for subnet in mine.subnets:
        for other, theirs in others.items():
            for taken in theirs.subnets:
                if subnet.version == taken.version and subnet.overlaps(taken):
                    raise LabError(
                        f"network {name}: subnet {subnet} overlaps {taken} of the network {other}; choose another"
                    )
        for route in world.routes:
            alike = subnet.version == route.destination.version and route.device != running
            if alike and subnet.overlaps(route.destination):
                raise LabError(
                    f"network {name}: subnet {subnet} overlaps this host's route to {route.destination} "
                    f"by {route.device}; choose another"
                )

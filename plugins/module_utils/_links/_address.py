# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IP addresses of links."""

from __future__ import annotations

import ipaddress
from functools import cache
from typing import Iterator, Optional, Sequence

IPV6_MTU = 1280  # under it the kernel takes IPv6 off a link


def is_ipv6(address: str) -> bool:
    return ":" in address


@cache
def is_link_local(address: str) -> bool:
    """Of IPv6: the kernel gives these itself, they stay unless the link goes."""
    return is_ipv6(address) and ipaddress.ip_interface(address).is_link_local


def surplus(wanted: Sequence[str], present: Sequence[str]) -> Iterator[str]:
    """What is present, not wanted, and not the kernel's own."""
    return (address for address in present if address not in wanted and not is_link_local(address))


def told(addresses: Sequence[str], wanted: Optional[Sequence[str]]) -> list[str]:
    """The addresses for a diff: without those that come and go with the kernel, unless they are asked for."""
    return sorted(address for address in addresses if address in (wanted or ()) or not is_link_local(address))


def dependent(present: Sequence[str], gone: Sequence[str]) -> list[str]:
    """The IPv4 addresses that the kernel may drop with one of those that go.

    It makes the first address of a network its primary one, and drops the others with it unless promote_secondaries is
    set (net/ipv4/devinet.c).
    """
    primary: dict[str, str] = {}
    for address in present:
        primary.setdefault(_network(address), address)
    return [address for address in present if not is_ipv6(address) and primary[_network(address)] in gone]


@cache
def _network(address: str) -> str:
    return str(ipaddress.ip_interface(address).network)

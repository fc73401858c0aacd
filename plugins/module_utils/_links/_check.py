# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the user wrote, checked and brought into canonical form before anything is read or changed."""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Callable, Mapping, Optional, Sequence, Union

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Key, Wish

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]

NAME_BYTES = 15  # IFNAMSIZ less the final NUL, include/uapi/linux/if.h
LARGEST_ID = 2**32 - 2  # (uid_t)-1 means "no change"
SMALLEST_MTU = 68  # MIN_MTU of drivers/net/tun.c
# Of the others 65535; a TAP has its Ethernet header taken off that. "" is a link that is there: its driver tells.
LARGEST_MTU = {"tap": 65521, "dummy": 2**31 - 1, "": 2**31 - 1}
# Characters the kernel refuses (dev_valid_name), that make a name a pattern (%), or that `ip -batch` would interpret.
UNFIT_IN_NAME = re.compile(r"[\s/:%\"'#\\]|[^\x21-\x7e]")
TAKEN_NAMES = ("all", "default")  # folders of /proc/sys/net/*/conf (sysctl_dev_name_is_allowed)
MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


class UnknownError(LabError):
    """There is no user or group of that name."""


def common(entry: Mapping[str, Any], what: str, kind: Optional[str], master: str) -> dict[str, Any]:
    """The fields of a Wish that links of all kinds have; master: the option that names the bridge. Raises LabError."""
    name = check_name(entry.get("name"), what)
    what = f"{what} {name}"
    bridge = entry.get(master)
    if bridge == name:
        raise LabError(f"{what}: {master} '{bridge}' is the link itself; name another one")
    return {
        "name": name,
        "netns": check_netns(entry.get("netns"), what),
        "state": entry.get("state") or "present",
        "mtu": check_mtu(entry.get("mtu"), kind, what),
        "mac": None if entry.get("mac") is None else check_mac(entry["mac"], what),
        "master": check_name(bridge, f"{what}: {master}") if bridge else bridge,
        "addresses": check_addresses(entry.get("addresses"), what, name),
    }


def refuse_twice(wishes: Sequence[Wish], what: str) -> None:
    """Raises LabError for a link that is listed twice."""
    seen: set[Key] = set()
    for wish in wishes:
        if wish.key in seen:
            raise LabError(f"{what} {wish.label} is listed twice; list each {what} once")
        seen.add(wish.key)


def check_name(name: Optional[str], what: str) -> str:
    """A name the kernel takes for a link. Raises LabError."""
    if not name:
        raise LabError(f"{what} has no name; give it one of 1 to {NAME_BYTES} bytes")
    if len(name.encode()) > NAME_BYTES:
        raise LabError(f"{what} name '{name}' is {len(name.encode())} bytes long; {NAME_BYTES} is the most")
    if name in TAKEN_NAMES:
        raise LabError(f"{what} name '{name}' is taken by the kernel, for settings of all links; choose another name")
    if name in (".", "..") or UNFIT_IN_NAME.search(name):
        raise LabError(
            f"{what} name '{name}' is not usable; use printable ASCII without spaces and without any of / : % # \\ ' \""
        )
    return name


def check_mac(mac: str, what: str) -> str:
    """A unicast MAC address in lower case. Raises LabError."""
    canonical = mac.lower()
    if not MAC.fullmatch(canonical):
        raise LabError(f"{what}: mac '{mac}' is not a MAC address; write six octets like 52:54:00:12:34:56")
    if int(canonical[:2], 16) & 1:
        raise LabError(f"{what}: mac '{mac}' is a group address; the first octet of a device's own MAC address is even")
    if canonical == "00:00:00:00:00:00":
        raise LabError(f"{what}: mac '{mac}' is no address; write six octets like 52:54:00:12:34:56")
    return canonical


def refuse_ethernet(wish: Wish) -> None:
    """Raises LabError where a TUN device is to have what only Ethernet has."""
    for option, value in (("mac", wish.mac), ("a bridge", wish.master)):
        if value:
            raise LabError(f"{wish.label}: {option} needs mode tap; a tun device has no Ethernet headers")


def check_netns(netns: Optional[str], what: str) -> str:
    """The name of a network namespace, "" for none. Raises LabError."""
    if netns and (netns in (".", "..") or UNFIT_IN_NAME.search(netns)):
        raise LabError(f"{what}: netns '{netns}' is not a name; use one that `ip netns list` shows")
    return netns or ""


def check_identity(value: Optional[str], option: str, what: str, lookup: Callable[[str], int]) -> Optional[int]:
    """The id of a user or group given by name or number. Raises LabError."""
    if value is None:
        return None
    if not value:
        raise LabError(f"{what}: {option} is empty; give a name or a number, or leave it out")
    if re.fullmatch(r"[0-9]+", value):
        if len(value.lstrip("0")) > 10 or int(value) > LARGEST_ID:
            raise LabError(f"{what}: {option} {value} is too large; ids end at {LARGEST_ID}")
        return int(value)
    try:
        return lookup(value)
    except KeyError as unknown:
        kind = "user" if option == "owner" else "group"
        raise UnknownError(
            f"{what}: {option} '{value}' is no {kind} of this host; create it first or give a number"
        ) from unknown


def check_mtu(mtu: Optional[int], kind: Optional[str], what: str) -> Optional[int]:
    """An MTU in bytes that the kind of link (or TUN/TAP mode) takes. Raises LabError."""
    largest = LARGEST_MTU.get(kind or "", 65535)
    if mtu is not None and not SMALLEST_MTU <= mtu <= largest:
        raise LabError(f"{what}: mtu {mtu} is out of range; {kind or 'a link'} takes {SMALLEST_MTU} to {largest} bytes")
    return mtu


def refuse_unusable(address: Address, written: str, what: str, group: bool = False) -> None:
    """Raises LabError for an address that no link can have. group: one of a multicast group can be meant."""
    if "%" in written:
        raise LabError(f"{what} has a scope, which is not part of an address; leave out what begins with %")
    if address.is_unspecified:
        raise LabError(f"{what} stands for no address; give one, or leave it out")
    if address.version == 6 and address.is_multicast and not group:
        raise LabError(f"{what} is a multicast group; give the address of one machine")


def check_addresses(addresses: Optional[list[str]], what: str, link: str = "") -> Optional[tuple[str, ...]]:
    """Addresses with prefix length in canonical form, for a link of that name. Raises LabError."""
    if addresses is None:
        return None
    canonical = []
    for address in addresses:
        try:
            interface = ipaddress.ip_interface(address)
        except ValueError as wrong:
            raise LabError(
                f"{what}: address '{address}' is not valid; write it like 192.0.2.1/24 or 2001:db8::1/64"
            ) from wrong
        if "/" not in address:
            usual = 24 if interface.version == 4 else 64
            raise LabError(f"{what}: address '{address}' has no prefix length; write it like {address}/{usual}")
        refuse_unusable(interface.ip, address, f"{what}: address '{address}'")
        if interface.ip.is_loopback and interface.version == 6 and link != "lo":
            raise LabError(f"{what}: address '{address}' is the loopback address, which lo alone can have")
        if interface.with_prefixlen in canonical:
            raise LabError(f"{what}: address '{address}' is listed twice; list each address once")
        canonical.append(interface.with_prefixlen)
    return tuple(canonical)

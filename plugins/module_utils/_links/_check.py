# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the user wrote, checked and brought into canonical form before anything is read or changed."""

from __future__ import annotations

import grp
import ipaddress
import pwd
import re
from typing import Any, Callable, Iterable, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Device

NAME_BYTES = 15  # IFNAMSIZ less the final NUL, include/uapi/linux/if.h
LARGEST_ID = 2**32 - 2  # (uid_t)-1 means "no change"
SMALLEST_MTU = 68  # MIN_MTU of drivers/net/tun.c
LARGEST_MTU = {"tap": 65521, "tun": 65535}  # 65535 less the link layer's header, drivers/net/tun.c
IPV6_MTU = 1280  # under it the kernel takes IPv6 off a link
# Characters the kernel refuses (dev_valid_name), that make a name a pattern (%), or that `ip -batch` would interpret.
UNFIT_IN_NAME = re.compile(r"[\s/:%\"'#\\]|[^\x21-\x7e]")
MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


def check_devices(entries: Iterable[dict[str, Any]]) -> list[Device]:
    """Devices from the module's options. Raises LabError for the first thing that cannot be meant."""
    devices = [_device(entry) for entry in entries]
    seen = set()
    for device in devices:
        if (device.netns, device.name) in seen:
            raise LabError(f"device {device.label} is listed twice; list each device once")
        seen.add((device.netns, device.name))
    return devices


def check_name(name: Optional[str], what: str) -> str:
    """A name the kernel takes for a link. Raises LabError."""
    if not name:
        raise LabError(f"{what} has no name; give it one of 1 to {NAME_BYTES} bytes")
    if len(name.encode()) > NAME_BYTES:
        raise LabError(f"{what} name '{name}' is {len(name.encode())} bytes long; {NAME_BYTES} is the most")
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


def _device(entry: dict[str, Any]) -> Device:
    name = check_name(entry.get("name"), "device")
    what = f"device {name}"
    device = Device(
        name=name,
        netns=_netns(entry.get("netns"), what),
        state=entry.get("state") or "present",
        mode=entry.get("mode"),
        owner=_identity(entry.get("owner"), "owner", what, lambda user: pwd.getpwnam(user).pw_uid),
        group=_identity(entry.get("group"), "group", what, lambda group: grp.getgrnam(group).gr_gid),
        multi_queue=entry.get("multi_queue"),
        vnet_hdr=entry.get("vnet_hdr"),
        packet_info=entry.get("packet_info"),
        mtu=_mtu(entry.get("mtu"), entry.get("mode") or "tap", what),
        mac=None if entry.get("mac") is None else check_mac(entry["mac"], what),
        bridge=None if entry.get("bridge") is None else _bridge(entry["bridge"], what),
        addresses=_addresses(entry.get("addresses"), what),
    )
    if device.mode == "tun":
        refuse_ethernet(device)
    if device.bridge == device.name:
        raise LabError(f"{what}: bridge '{device.bridge}' is the device itself; name another link")
    return device


def refuse_ethernet(device: Device) -> None:
    """Raises LabError where a TUN device is to have what only Ethernet has."""
    for option in ("mac", "bridge"):
        if getattr(device, option):
            raise LabError(f"device {device.label}: {option} needs mode tap; a tun device has no Ethernet headers")


def _netns(netns: Optional[str], what: str) -> str:
    if netns and ("/" in netns or netns in (".", "..") or re.search(r"\s", netns)):
        raise LabError(f"{what}: netns '{netns}' is not a name; use one that `ip netns list` shows")
    return netns or ""


def _identity(value: Optional[str], option: str, what: str, lookup: Callable[[str], int]) -> Optional[int]:
    if value is None:
        return None
    if re.fullmatch(r"[0-9]+", value):
        if int(value) > LARGEST_ID:
            raise LabError(f"{what}: {option} {value} is too large; ids end at {LARGEST_ID}")
        return int(value)
    try:
        return lookup(value)
    except KeyError as unknown:
        kind = "user" if option == "owner" else "group"
        raise LabError(
            f"{what}: {option} '{value}' is no {kind} of this host; create it first or give a number"
        ) from unknown


def _mtu(mtu: Optional[int], mode: str, what: str) -> Optional[int]:
    if mtu is not None and not SMALLEST_MTU <= mtu <= LARGEST_MTU[mode]:
        raise LabError(f"{what}: mtu {mtu} is out of range; {mode} takes {SMALLEST_MTU} to {LARGEST_MTU[mode]} bytes")
    return mtu


def _bridge(bridge: str, what: str) -> str:
    return check_name(bridge, f"{what}: bridge") if bridge else ""


def _addresses(addresses: Optional[list[str]], what: str) -> Optional[tuple[str, ...]]:
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
        if interface.with_prefixlen in canonical:
            raise LabError(f"{what}: address '{address}' is listed twice; list each address once")
        canonical.append(interface.with_prefixlen)
    return tuple(canonical)

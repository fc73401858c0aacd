# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what is wanted and what is there to the lines of an `ip -batch`: pure."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from typing import Any, Iterable, Mapping, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._change import Change
from ansible_collections.virtio.lab.plugins.module_utils._links._check import IPV6_MTU, refuse_ethernet
from ansible_collections.virtio.lab.plugins.module_utils._links._model import Action, Device, Link

Links = Mapping[str, Mapping[str, Link]]  # by namespace ("" is the module's own), by name
# What `ip tuntap add` decides for good. owner and group belong here too: `ip` has no command to change them.
AT_CREATION = ("mode", "multi_queue", "vnet_hdr", "packet_info", "owner", "group")
FLAGS = {"multi_queue": "multi_queue", "vnet_hdr": "vnet_hdr", "packet_info": "pi"}


def plan(devices: Iterable[Device], have: Links) -> list[Action]:
    """The lines that turn `have` into what is wanted, in order; empty when nothing is to be done.

    Raises LabError where a wanted device cannot be: its name belongs to a link of another kind, its bridge is missing
    or is none, its MTU leaves no room for IPv6.
    """
    actions: list[Action] = []
    for device in devices:
        links = have[device.netns]
        link = links.get(device.name)
        _check_against(device, link, links)
        actions.extend(_plan_device(device, link))
    return actions


def _plan_device(device: Device, link: Optional[Link]) -> list[Action]:
    if device.state == "absent":
        return [_delete(device, link)] if link else []
    if link is None:
        return _create(device)
    different = [name for name in AT_CREATION if getattr(device, name) not in (None, getattr(link, name))]
    if not different:
        return _settle(device, link)
    return [_delete_to_recreate(device, link, different), *_create(_over(device, link))]


def _check_against(device: Device, link: Optional[Link], links: Mapping[str, Link]) -> None:
    if link is not None and link.kind != "tun":
        kind = link.kind or "physical or built-in"
        raise LabError(f"{device.label} exists and is a {kind} link, not a TUN/TAP device; choose another name")
    if device.state == "absent":
        return
    if link is None and any(device.name in other.altnames for other in links.values()):
        owner = next(other.name for other in links.values() if device.name in other.altnames)
        raise LabError(f"device {device.label}: the name is an alternative name of link {owner}; choose another name")
    if link is not None and (device.mode or link.mode) == "tun":
        refuse_ethernet(device)
    if device.bridge:
        bridge = links.get(device.bridge)
        if bridge is None:
            raise LabError(f"device {device.label}: bridge '{device.bridge}' does not exist there; create it first")
        if bridge.kind != "bridge":
            raise LabError(f"device {device.label}: '{device.bridge}' is a {bridge.kind or 'plain'} link, not a bridge")
    mtu = device.mtu or (link.mtu if link else 1500)
    if mtu < IPV6_MTU and any(_is_ipv6(address) for address in device.addresses or ()):
        raise LabError(f"device {device.label}: IPv6 addresses need an mtu of {IPV6_MTU} or more, not {mtu}")


def _over(device: Device, link: Link) -> Device:
    """The wanted device with what the user left open taken from the link, so that making it anew loses nothing."""
    kept: dict[str, Any] = {
        name: getattr(link, name)
        for name in ("owner", "group", "multi_queue", "vnet_hdr", "packet_info", "mtu")
        if getattr(device, name) is None
    }
    if device.addresses is None:
        kept["addresses"] = tuple(address for address in link.addresses if not _is_link_local(address))
    kept["mode"] = device.mode or link.mode
    if kept["mode"] == link.mode == "tap":
        kept["mac"] = device.mac or link.mac
        kept["bridge"] = link.bridge if device.bridge is None else device.bridge
    if device.state == "present" and link.up:
        kept["state"] = "up"
    return replace(device, **kept)


def _delete(device: Device, link: Link) -> Action:
    change = Change("state", _state(link), "absent")
    return _action(device, ("link", "delete", "dev", device.name), change, cuts="removes it")


def _delete_to_recreate(device: Device, link: Link, different: list[str]) -> Action:
    """As _delete, but every attribute is on record, so that the diff compares the old device with the new one."""
    changes = [Change(name, getattr(link, name), None) for name in AT_CREATION]
    fresh = _fresh(device)
    changes += [Change(name, getattr(link, name), getattr(fresh, name)) for name in ("mtu", "mac", "bridge")]
    changes.append(Change("addresses", sorted(link.addresses), []))
    reason = "recreates it, because " + _listed(different) + " can only be set when a device is made"
    return replace(_delete(device, link), cuts=reason, changes=(Change("state", _state(link), "absent"), *changes))


def _create(device: Device) -> list[Action]:
    mode = device.mode or "tap"
    words = ["tuntap", "add", "dev", device.name, "mode", mode]
    changes = [Change("state", "absent", "down"), Change("mode", None, mode)]
    for option, keyword in (("owner", "user"), ("group", "group")):
        value = getattr(device, option)
        if value is not None:
            words += [keyword, str(value)]
            changes.append(Change(option, None, value))
    for option, keyword in FLAGS.items():
        value = bool(getattr(device, option))
        words += [keyword] if value else []
        changes.append(Change(option, None, value))
    return [_action(device, tuple(words), *changes), *_settle(device, _fresh(device))]


def _fresh(device: Device) -> Link:
    """A device as the kernel makes it."""
    return Link(name=device.name, kind="tun", up=False, mtu=1500)


def _settle(device: Device, link: Link) -> list[Action]:
    """Everything that an existing device can be given while it lives.

    Down comes first, because the kernel drops the IPv6 addresses of a link that goes down; up comes last.
    """
    name = ("dev", device.name)
    present = list(link.addresses)
    actions: list[Action] = []
    if device.state == "down" and link.up:
        actions.append(_action(device, ("link", "set", *name, "down"), Change("state", "up", "down")))
        present = [address for address in present if not _is_ipv6(address)]
    for address in present:
        if device.addresses is not None and address not in device.addresses and not _is_link_local(address):
            actions.append(_addresses_action(device, "delete", address, link))
    if device.mtu not in (None, link.mtu):
        actions.append(_set(device, "mtu", link.mtu, device.mtu, str(device.mtu)))
    if device.mac not in (None, link.mac):
        actions.append(_set(device, "mac", link.mac, device.mac, str(device.mac)))
    if device.bridge not in (None, link.bridge):
        actions.append(_bridge(device, link))
    for address in device.addresses or ():
        if address not in present:
            actions.append(_addresses_action(device, "add", address, link))
    if device.state == "up" and not link.up:
        actions.append(_action(device, ("link", "set", *name, "up"), Change("state", "down", "up")))
    return actions


def _set(device: Device, option: str, before: Any, after: Any, value: str) -> Action:
    keyword = {"mtu": "mtu", "mac": "address"}[option]
    return _action(device, ("link", "set", "dev", device.name, keyword, value), Change(option, before, after))


def _bridge(device: Device, link: Link) -> Action:
    master = ("master", device.bridge) if device.bridge else ("nomaster",)
    change = Change("bridge", link.bridge, device.bridge)
    return _action(device, ("link", "set", "dev", device.name, *master), change)


def _addresses_action(device: Device, verb: str, address: str, link: Link) -> Action:
    change = Change("addresses", sorted(link.addresses), sorted(device.addresses or ()))
    return _action(device, ("address", verb, address, "dev", device.name), change)


def _action(device: Device, words: tuple[str, ...], *changes: Change, cuts: str = "") -> Action:
    return Action(device.netns, device.name, words, changes, cuts)


def _is_link_local(address: str) -> bool:
    """Of IPv6: the kernel gives these itself, they stay unless the device goes."""
    interface = ipaddress.ip_interface(address)
    return interface.version == 6 and interface.is_link_local


def _state(link: Link) -> str:
    return "up" if link.up else "down"


def _is_ipv6(address: str) -> bool:
    return ipaddress.ip_interface(address).version == 6


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of links: what `ip -d` shows of each, the words that set it, and what can be set while a link lives."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any, Callable, Mapping

Info = Mapping[str, Any]  # linkinfo.info_data of `ip -j -d`, with the name of the link below it under "parent"


def _never(_before: Any, _after: Any) -> bool:
    return False


def _always(_before: Any, _after: Any) -> bool:
    return True


def _of_one_family(before: Any, after: Any) -> bool:
    """A VXLAN stays with its IP version, which is IPv4 where it has no address."""
    return (":" in (before or "")) == (":" in after)


@dataclass(frozen=True)
class Attribute:
    """One attribute of a kind.

    read: from what `ip` shows. words: what sets it, after `type KIND`, or before it where head is true.
    live: whether the kernel takes the change (before, after) while the link lives. default: of a new link; None: the
    kernel or the user decides.
    """

    name: str
    read: Callable[[Info], Any]
    words: Callable[[Any], tuple[str, ...]]
    live: Callable[[Any, Any], bool] = _never
    default: Any = None
    head: bool = False


@dataclass(frozen=True)
class Kind:
    """required: the attributes without which there can be none. mtu: what a new link has, None: it depends."""

    attributes: tuple[Attribute, ...] = ()
    required: tuple[str, ...] = ()
    mtu: Any = None

    def attribute(self, name: str) -> Attribute:
        return next(attribute for attribute in self.attributes if attribute.name == name)


def _plain(key: str, keyword: str = "", **more: Any) -> Attribute:
    return Attribute(key, lambda info: info.get(key), lambda value: (keyword or key, str(value)), **more)


def _switch(name: str, key: str, default: Any) -> Attribute:
    """A boolean that `ip` shows and takes as 0 and 1."""
    return Attribute(name, lambda info: bool(info.get(key)), lambda on: (key, str(int(on))), _always, default)


def _seconds(name: str, key: str, default: int) -> Attribute:
    """Seconds, which `ip` shows and takes in hundredths."""
    return Attribute(name, lambda info: info.get(key, 0) / 100, lambda value: (key, str(value * 100)), _always, default)


def _flag(name: str, key: str) -> Attribute:
    """A flag of `ip tuntap add`: there or not."""
    return Attribute(name, lambda info: bool(info.get(key)), lambda on: (key,) if on else (), default=False)


def _remote(info: Info) -> Any:
    return _address(info, "remote", "remote6", "group", "group6")


def _address(info: Info, *keys: str) -> Any:
    """The address under the first of the keys that is there, as Python writes it: `ip` has another form for some."""
    return next((str(ipaddress.ip_address(info[key])) for key in keys if info.get(key)), None)


def _remote_words(address: str) -> tuple[str, ...]:
    return ("group" if ipaddress.ip_address(address).is_multicast else "remote", address)


def _peer_words(peer: str) -> tuple[str, ...]:
    return ("peer", "name", peer)


PARENT = _plain("parent", "link", head=True)
MACVLAN_MODE = _plain("mode", live=lambda before, after: "passthru" not in (before, after), default="vepa")

KINDS: dict[str, Kind] = {
    # owner and group can be changed by an ioctl of who opens the device, which _tun_owner does.
    "tun": Kind(
        (
            Attribute("mode", lambda info: info.get("type", ""), lambda mode: ("mode", mode), default="tap"),
            Attribute("owner", lambda info: info.get("user"), lambda uid: ("user", str(uid)), _always),
            Attribute("group", lambda info: info.get("group"), lambda gid: ("group", str(gid)), _always),
            _flag("multi_queue", "multi_queue"),
            _flag("vnet_hdr", "vnet_hdr"),
            _flag("packet_info", "pi"),
        ),
        mtu=1500,
    ),
    "bridge": Kind(
        (
            _seconds("forward_delay", "forward_delay", 15),
            _seconds("hello_time", "hello_time", 2),
            _seconds("max_age", "max_age", 20),
            _seconds("ageing_time", "ageing_time", 300),
            _plain("priority", live=_always, default=32768),
            _switch("vlan_filtering", "vlan_filtering", False),
            _switch("mcast_snooping", "mcast_snooping", True),
            _switch("stp", "stp_state", False),
        ),
        mtu=1500,
    ),
    "veth": Kind(
        (
            Attribute("peer", lambda info: info.get("peer"), _peer_words),
            # After the peer's own name, where `ip` takes it for the peer's.
            Attribute("peer_netns", lambda info: info.get("peer_netns"), lambda netns: ("netns", netns)),
        ),
        required=("peer",),
        mtu=1500,
    ),
    "macvlan": Kind((PARENT, MACVLAN_MODE), required=("parent",)),
    "macvtap": Kind((PARENT, MACVLAN_MODE), required=("parent",)),
    "vlan": Kind((PARENT, _plain("protocol", default="802.1Q"), _plain("id")), required=("parent", "id")),
    "vxlan": Kind(
        (
            _plain("id"),
            Attribute("parent", lambda info: info.get("parent"), lambda parent: ("dev", parent)),
            Attribute("remote", _remote, _remote_words, _of_one_family),
            Attribute(
                "local",
                lambda info: _address(info, "local", "local6"),
                lambda own: ("local", own),
                _of_one_family,
            ),
            Attribute("dstport", lambda info: info.get("port"), lambda port: ("dstport", str(port)), default=4789),
            Attribute(
                "learning",
                lambda info: bool(info.get("learning")),
                lambda on: ("learning" if on else "nolearning",),
                _always,
                True,
            ),
        ),
        required=("id",),
    ),
    "dummy": Kind(mtu=1500),
}

PORT: dict[str, Attribute] = {
    attribute.name: attribute
    for attribute in (
        _plain("cost", live=_always),
        _plain("priority", live=_always, default=32),
        Attribute(
            "isolated",
            lambda info: bool(info.get("isolated")),
            lambda on: ("isolated", "on" if on else "off"),
            _always,
            False,
        ),
    )
}

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Links from the JSON of iproute2 (5.x to 6.15): `ip -j -d address`, `bridge -j vlan`, `bridge -j fdb`."""

from __future__ import annotations

import grp
import ipaddress
import pwd
from dataclasses import replace
from functools import cache
from typing import Any, Callable, Iterable, Mapping, Optional, Union

from ansible_collections.virtio.lab.plugins.module_utils._foreign import _json
from ansible_collections.virtio.lab.plugins.module_utils._foreign._reads import reads
from ansible_collections.virtio.lab.plugins.module_utils._links._kinds import KINDS, PORT
from ansible_collections.virtio.lab.plugins.module_utils._links._model import ANY_MAC, FdbEntry, Link

LAST_VLAN = 4095
VLAN_FLAGS = {"PVID": "pvid", "Egress Untagged": "untagged"}


@reads("what `ip -j -d address` prints")
def parse_links(text: str) -> dict[str, Link]:
    """Links by name from `ip -j -d address`; entries without a name are gaps that `ip` leaves."""
    return {
        entry["ifname"]: _link(entry)
        for entry in _json.loads(text or "[]", "what iproute2 prints")
        if entry.get("ifname")
    }


@reads("what `bridge -j vlan` prints")
def with_vlans(links: Mapping[str, Link], text: str) -> dict[str, Link]:
    """The links with what `bridge -j vlan` prints of them."""
    done = {name: replace(link, vlans={}) for name, link in links.items()}
    for entry in _json.loads(text or "[]", "what iproute2 prints"):
        vlans: dict[int, tuple[str, ...]] = {}
        for vlan in entry.get("vlans", []):
            flags = tuple(VLAN_FLAGS[flag] for flag in vlan.get("flags", []) if flag in VLAN_FLAGS)
            for vid in _vids(vlan["vlan"], vlan.get("vlanEnd", vlan["vlan"])):
                vlans[vid] = flags
        if entry.get("ifname") in done:
            done[entry["ifname"]] = replace(done[entry["ifname"]], vlans=vlans)
    return done


def _vids(first: int, last: int) -> range:
    if not 0 <= first <= last <= LAST_VLAN:  # else a range of any length would be written out
        raise ValueError(f"VLANs {first} to {last} are not within 0 to {LAST_VLAN}")
    return range(first, last + 1)


@reads("what `bridge -j fdb` prints")
def with_fdb(links: Mapping[str, Link], text: str) -> dict[str, Link]:
    """The links with the static entries of what `bridge -j fdb` prints: those that somebody set."""
    found: dict[str, list[FdbEntry]] = {}
    for entry in _json.loads(text or "[]", "what iproute2 prints"):
        link = links.get(entry.get("ifname", ""))
        if link is None:
            continue
        if entry.get("dst"):
            dst = str(ipaddress.ip_address(entry["dst"]))
            default = entry["mac"] == ANY_MAC and dst == link.attributes.get("remote")
            if entry.get("state") == "permanent" and not default:
                found.setdefault(link.name, []).append(FdbEntry(entry["mac"], 0, dst))
        elif entry.get("master") and entry.get("state") == "static":
            found.setdefault(link.name, []).append(FdbEntry(entry["mac"], entry.get("vlan", 0)))
    return {name: replace(link, fdb=tuple(found.get(name, ()))) for name, link in links.items()}


def _link(entry: dict[str, Any]) -> Link:
    linkinfo = entry.get("linkinfo", {})
    kind = linkinfo.get("info_kind", "")
    data = linkinfo.get("info_data", {})
    is_port = linkinfo.get("info_slave_kind") == "bridge"
    return Link(
        name=entry["ifname"],
        kind=kind,
        up="UP" in entry.get("flags", []),
        mtu=entry.get("mtu", 0),
        mac=entry.get("address") if entry.get("link_type") == "ether" else None,
        master=entry.get("master", ""),
        addresses=_addresses(entry.get("addr_info", [])),
        peers=_addresses(each for each in entry.get("addr_info", []) if "address" in each),
        altnames=tuple(entry.get("altnames", [])),
        alias=entry.get("ifalias", ""),
        attributes=_attributes(kind, entry, data),
        port={name: port.read(linkinfo["info_slave_data"]) for name, port in PORT.items()} if is_port else {},
        index=entry.get("ifindex", 0),
        peer_index=entry.get("link_index", 0),
        peer_nsid=entry.get("link_netnsid", -1),
        is_root=not data.get("root_port"),
        max_mtu=entry.get("max_mtu", 0),
        lifetimes=_lifetimes(entry.get("addr_info", [])),
        default_pvid=data.get("vlan_default_pvid", 0) if kind == "bridge" else 0,
    )


def _attributes(kind: str, entry: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    """The attributes of its kind. A veth's peer in another namespace is not told by name: see _peers."""
    if kind not in KINDS:
        return {}
    if kind == "tun":
        data = {**data, "user": _user(data.get("user")), "group": _group(data.get("group"))}
    elif kind == "veth":
        data = {"peer": entry.get("link"), "peer_netns": None}
    elif kind == "vxlan":
        data = {**data, "parent": data.get("link")}
    else:
        data = {**data, "parent": entry.get("link")}
    attributes = {attribute.name: attribute.read(data) for attribute in KINDS[kind].attributes}
    if data.get("topology_change") and attributes["ageing_time"] == 2 * attributes["forward_delay"]:
        del attributes["ageing_time"]  # the kernel tells a shorter one until the spanning tree has settled
    return attributes


def _addresses(entries: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(_canonical(f"{entry['local']}/{entry['prefixlen']}") for entry in entries if "local" in entry)


def _lifetimes(entries: Iterable[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    return {
        _canonical(f"{entry['local']}/{entry['prefixlen']}"): (entry["valid_life_time"], entry["preferred_life_time"])
        for entry in entries
        if "local" in entry and entry.get("dynamic")
    }


@cache
def _canonical(address: str) -> str:
    return ipaddress.ip_interface(address).with_prefixlen


def _identity(value: Union[str, int, None], lookup: Callable[[str], int]) -> Optional[int]:
    """`ip` prints the name where the id has one and the number where not."""
    if value is None or isinstance(value, int):
        return value
    return int(value) if value.isdigit() else lookup(value)


@cache
def _user(value: Union[str, int, None]) -> Optional[int]:
    return _identity(value, lambda user: pwd.getpwnam(user).pw_uid)


@cache
def _group(value: Union[str, int, None]) -> Optional[int]:
    return _identity(value, lambda group: grp.getgrnam(group).gr_gid)

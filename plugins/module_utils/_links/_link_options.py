# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user of the module link writes, as wishes."""

from __future__ import annotations

import ipaddress
from typing import Any, Callable, Iterable, Mapping, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._check import (
    check_mac,
    check_name,
    check_netns,
    common,
    refuse_twice,
    refuse_unusable,
)
from ansible_collections.virtio.lab.plugins.module_utils._links._kinds import KINDS, PORT
from ansible_collections.virtio.lab.plugins.module_utils._links._model import ANY_MAC, FdbEntry, Wish

LINK_KINDS = tuple(kind for kind in KINDS if kind != "tun")
ATTRIBUTES = tuple(dict.fromkeys(attribute.name for kind in LINK_KINDS for attribute in KINDS[kind].attributes))
RANGES = {
    "hello_time": (1, 10, "seconds"),  # net/bridge/br_private.h
    "forward_delay": (0, 30, "seconds"),
    "max_age": (6, 40, "seconds"),
    "ageing_time": (0, 21474836, "seconds"),
    "priority": (0, 65535, ""),
    "dstport": (1, 65535, ""),
    "cost": (1, 65535, ""),
    "port priority": (0, 63, ""),
}
IDS = {"vlan": 4094, "vxlan": 2**24 - 1}


def link_wishes(entries: Iterable[Mapping[str, Any]], _notes: Optional[list[str]] = None) -> list[Wish]:
    """Wishes from the module's options. Raises LabError for the first thing that cannot be meant."""
    wishes = [_wish(entry) for entry in entries]
    refuse_twice(wishes, "link")
    return wishes


def _wish(entry: Mapping[str, Any]) -> Wish:
    kind = entry.get("kind")
    fields = common(entry, "link", kind, "master")
    what = f"link {fields['name']}"
    return Wish(
        kind=kind,
        attributes=_attributes(entry, kind, what),
        port=_port(entry.get("port") or {}, what),
        vlans=None if entry.get("vlans") is None else _vlans(entry["vlans"], what),
        fdb=None if entry.get("fdb") is None else _fdb(entry["fdb"], kind, what),
        **fields,
    )


def _attributes(entry: Mapping[str, Any], kind: Any, what: str) -> dict[str, Any]:
    given = {name: entry[name] for name in ATTRIBUTES if entry.get(name) is not None}
    known = [attribute.name for attribute in KINDS[kind].attributes] if kind else []
    for name in given:
        if name not in known:
            fit = " or ".join(
                other for other in LINK_KINDS if any(name == each.name for each in KINDS[other].attributes)
            )
            raise LabError(
                f"{what}: {name} is for kind {fit}, not for " + (f"kind {kind}" if kind else "a link without kind")
            )
    for name, value in given.items():
        _in_range(name, value, what)
        if name in CHECKS:
            given[name] = CHECKS[name](value, f"{what}: {name}")
    if "id" in given and not 1 <= given["id"] <= IDS[kind]:
        raise LabError(f"{what}: id {given['id']} is out of range; a {kind} has 1 to {IDS[kind]}")
    if kind == "veth" and "peer" in given:
        given.setdefault("peer_netns", check_netns(entry.get("netns"), what))
        if (given["peer"], given["peer_netns"]) == (entry["name"], entry.get("netns") or ""):
            raise LabError(f"{what}: peer '{given['peer']}' is the link itself; name its other end otherwise")
    if given.get("parent") == entry["name"]:
        raise LabError(f"{what}: parent '{given['parent']}' is the link itself; name another one")
    return given


def _address(value: str, what: str) -> str:
    try:
        address = ipaddress.ip_address(value)
    except ValueError as wrong:
        raise LabError(f"{what} '{value}' is not an IP address; write it like 192.0.2.1 or 2001:db8::1") from wrong
    refuse_unusable(address, value, f"{what} '{value}'", group=True)
    return str(address)


CHECKS: dict[str, Callable[[Any, str], Any]] = {
    "peer": check_name,
    "parent": check_name,
    "peer_netns": check_netns,
    "remote": _address,
    "local": _address,
}


def _in_range(name: str, value: Any, what: str) -> None:
    if name in RANGES:
        smallest, largest, unit = RANGES[name]
        if not smallest <= value <= largest:
            raise LabError(f"{what}: {name} {value} is out of range; {smallest} to {largest} {unit}".rstrip())


def _port(given: Mapping[str, Any], what: str) -> dict[str, Any]:
    port = {name: given[name] for name in PORT if given.get(name) is not None}
    for name, value in port.items():
        _in_range("port priority" if name == "priority" else name, value, what)
    return port


def _vlans(given: Iterable[Mapping[str, Any]], what: str) -> dict[int, tuple[str, ...]]:
    vlans: dict[int, tuple[str, ...]] = {}
    for vlan in given:
        vid = vlan["vid"]
        if not 1 <= vid <= IDS["vlan"]:
            raise LabError(f"{what}: VLAN id {vid} is out of range; 1 to {IDS['vlan']}")
        if vid in vlans:
            raise LabError(f"{what}: VLAN {vid} is listed twice; list each VLAN once")
        vlans[vid] = tuple(flag for flag in ("pvid", "untagged") if vlan.get(flag))
    tagged = [str(vid) for vid, flags in vlans.items() if "pvid" in flags]
    if len(tagged) > 1:
        raise LabError(
            f"{what}: VLANs {' and '.join(tagged)} are both pvid; untagged frames that come in belong to one"
        )
    return vlans


def _fdb(given: Iterable[Mapping[str, Any]], kind: Any, what: str) -> tuple[FdbEntry, ...]:
    entries = tuple(dict.fromkeys(_fdb_entry(entry, kind, what) for entry in given))
    ends: dict[str, str] = {}
    for entry in entries:  # of one machine's address the kernel keeps one entry (vxlan_fdb_update)
        if entry.dst and entry.mac != ANY_MAC and ends.setdefault(entry.mac, entry.dst) != entry.dst:
            raise LabError(
                f"{what}: FDB entry {entry.mac} has dst {ends[entry.mac]} and {entry.dst}; "
                f"one machine is behind one endpoint, only {ANY_MAC} is behind several"
            )
    return entries


def _fdb_entry(given: Mapping[str, Any], kind: Any, what: str) -> FdbEntry:
    dst = given.get("dst")
    if dst and kind != "vxlan":
        raise LabError(f"{what}: FDB entry {given['mac']} has dst, which is for kind vxlan")
    if dst and given.get("vlan"):
        raise LabError(f"{what}: FDB entry {given['mac']} has dst and vlan; give one of them")
    if not 0 <= (given.get("vlan") or 0) <= IDS["vlan"]:
        raise LabError(f"{what}: FDB entry {given['mac']} has vlan {given['vlan']}; 1 to {IDS['vlan']}")
    any_mac = dst and given["mac"] == ANY_MAC  # where VXLAN sends what it knows no endpoint for
    mac = given["mac"] if any_mac else check_mac(given["mac"], f"{what}: FDB entry")
    return FdbEntry(mac, given.get("vlan") or 0, _address(dst, f"{what}: dst") if dst else "")

# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guests become hosts of the inventory: under a name that is nobody's, with an address and host keys of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _host_keys, _shape
from ansible_collections.virtio.lab.plugins.module_utils._guest._reach import plain_address
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file import _values
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._guests import RESERVED
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._shape import UnfitError

MARK = "guest_hypervisor"  # the variable by which a host that was added for a guest is known
_MOST_KEYS = 1 << 22


def names(
    guests: Iterable[str], groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Any], hypervisor: str | None
) -> dict[str, str]:
    """The name in the inventory of each guest, with its hypervisor's where another one has a guest of that name.

    Without a hypervisor, where it is not known yet, a host that is a guest may be the one to come. Raises LabError,
    naming all of them, where the inventory has a host or a group of that name: it would be replaced.
    """
    found, taken = {}, []
    for guest in guests:
        name = guest
        holder = _holder(name, groups, hostvars)
        if holder and hypervisor and holder != hypervisor:
            name = f"{guest}.{hypervisor}"
            holder = _holder(name, groups, hostvars)
        if name in RESERVED or name in groups or holder == "" or (holder and hypervisor and holder != hypervisor):
            taken.append(guest)
        found[guest] = name
    if taken:
        each = ", ".join(map(repr, taken))
        raise LabError(f"the inventory has a host or a group {each} already; give the guest of the lab another name")
    return found


def _holder(name: str, groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Any]) -> str | None:
    """The hypervisor of the guest that has that name; "" where a host that is no guest has it, None where none has."""
    if name not in groups.get("all", ()):
        return None
    return str(hostvars[name].get(MARK) or "")


def told(results: Sequence[Mapping[str, Any]], known: Iterable[Path] = ()) -> list[dict[str, Any]]:
    """What guest_info returned of the guests of a lab as {name, mac, address, host_keys}, looked at once more here.

    The hypervisor is not trusted to have done so. ``known``: files with host keys of other machines, one of which a
    guest must not claim; of the guests of other labs in them those of the same name. Raises LabError.
    """
    guests = [_guest(_shape.mapping(result, "what guest_info returned")) for result in results]
    for key in ("name", "address"):
        _once(guests, lambda guest, key=key: [guest[key]], key)
    _once(guests, lambda guest: guest["host_keys"], "host key")
    own = _host_keys.own()
    for guest in guests:
        others = {key for path in known for key in _keys_of(path, guest["name"])}
        _host_keys.refuse(guest["host_keys"], own, f"told by guest {guest['name']} and this control node's own")
        _host_keys.refuse(guest["host_keys"], others, f"told by guest {guest['name']} and another machine's")
    return guests


def _guest(result: Mapping[str, Any]) -> dict[str, Any]:
    try:
        name = _values.name(result.get("name"))
        mac = None if result.get("mac") is None else _values.mac(result["mac"])
    except UnfitError as unfit:
        raise LabError(f"what guest_info returned: {result.get('name')!r}, {result.get('mac')!r} {unfit}") from None
    keys = [_host_keys.key_of(key) for key in _shape.items(result.get("host_keys") or [], f"host_keys of {name}")]
    if result.get("reachable") is False and result.get("address") is None:
        raise LabError(
            f"guest {name} is in a network that is made for its NIC alone (user mode), where the hypervisor reaches "
            "nobody; put it onto another datapath: playbooks/restore.yml where a campaign was interrupted, or "
            "virtio.lab.datapath with hang_on"
        )
    address = str(plain_address(result.get("address"), f"the address of guest {name}"))
    return {"name": name, "mac": mac, "address": address, "host_keys": keys}


def _once(guests: Sequence[Mapping[str, Any]], values: Any, what: str) -> None:
    seen: dict[str, str] = {}
    for guest in guests:
        for value in values(guest):
            if value in seen:
                raise LabError(f"guests {seen[value]} and {guest['name']} both tell the {what} {value[:60]}")
            seen[value] = guest["name"]


def _keys_of(path: Path, guest: str) -> set[str]:
    """The keys in a known_hosts file, those under the guest's own name left out."""
    try:
        with path.open("rb") as stream:
            text = stream.read(_MOST_KEYS).decode("utf-8", "replace")
    except OSError:
        return set()
    return _host_keys.known_in("\n".join(line for line in text.splitlines() if line.split(" ", 1)[0] != guest))

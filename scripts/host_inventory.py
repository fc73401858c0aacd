# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the inventory that HOST of `make lab` means, and print its path: [USER@]NAME[:PORT], several with commas.

NAME is a host's name or address; an IPv6 address with a port is in brackets. localhost is reached without SSH.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(".cache/hosts")
FORM = "it must be [USER@]NAME[:PORT], such as root@hypervisor.example.org:2222 or [2001:db8::1]:22"
USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@\\$-]*")
NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?")


class NoHostError(Exception):
    """What HOST has that is no host, in a sentence."""


def host(text: str) -> tuple[str, dict[str, Any]]:
    """The name in the inventory and the connection variables of one host."""
    user, at, place = text.rpartition("@")
    name, port = _place(place, text)
    if at and not USER.fullmatch(user):
        raise NoHostError(f"HOST={text}: {user!r} is no user's name; {FORM}")
    if name == "localhost" and not at and port is None:
        return name, {"ansible_connection": "local"}
    variables: dict[str, Any] = {"ansible_host": name}
    if at:
        variables["ansible_user"] = user
    if port is not None:
        variables["ansible_port"] = port
    known = re.sub(r"[^A-Za-z0-9_.-]", "-", name).strip(".-")
    return known if port in (None, 22) else f"{known}-{port}", variables


def _place(place: str, text: str) -> tuple[str, int | None]:
    bracketed = re.fullmatch(r"\[([^\[\]]*)\](?::(.*))?", place)
    if bracketed:
        return _address(bracketed[1], text), _port(bracketed[2], text)
    if place.count(":") > 1:
        return _address(place, text), None
    name, colon, port = place.partition(":")
    if not NAME.fullmatch(name):
        raise NoHostError(f"HOST={text}: {name!r} is no host's name; {FORM}")
    return name, _port(port if colon else None, text)


def _address(address: str, text: str) -> str:
    try:
        return str(ipaddress.IPv6Address(address))
    except ValueError:
        raise NoHostError(f"HOST={text}: {address!r} is no IPv6 address; {FORM}") from None


def _port(port: str | None, text: str) -> int | None:
    if port is None:
        return None
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise NoHostError(f"HOST={text}: {port!r} is no port; {FORM}")
    return int(port)


def inventory(text: str) -> dict[str, Any]:
    """The inventory: the group hypervisors."""
    parts = [part.strip() for part in text.split(",")]
    hosts = [host(part) for part in parts if part or len(parts) == 1]
    names = [name for name, _variables in hosts]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise NoHostError(f"HOST={text}: {', '.join(twice)} is there more than once")
    return {"hypervisors": {"hosts": dict(hosts)}}


def main() -> None:
    try:
        found = inventory(sys.argv[1])
    except NoHostError as wrong:
        sys.exit(f"make: {wrong}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{'+'.join(found['hypervisors']['hosts'])[:100]}.yml"
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(path)
    print(path)


if __name__ == "__main__":
    main()

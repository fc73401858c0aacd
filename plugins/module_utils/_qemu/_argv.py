# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""QEMU's argv: its -netdev and -device options in both forms libvirt has used, JSON and key=value."""

from __future__ import annotations

import re
from typing import Any, Optional

from ansible_collections.virtio.lab.plugins.module_utils._foreign import _json, _shape

_MOST_DIGITS = 9
_QUEUES = re.compile(r"[0-9]{1,5}")


def options(words: list[str], flag: str, bare: str) -> dict[str, dict[str, Any]]:
    """Return the values of every `flag` in words by their id; bare names the key of a first word without `=`.

    >>> options(["-netdev", "tap,fd=33,id=hostnet0,vhost=on,vhostfd=35"], "-netdev", "type")["hostnet0"]["vhost"]
    'on'
    """
    values = (_parse(value, bare) for word, value in zip(words, words[1:]) if word == flag)
    return {str(value["id"]): value for value in values if "id" in value}


def device_of(words: list[str], alias: Optional[str]) -> Optional[dict[str, Any]]:
    """Return the -device that libvirt calls alias; None when it was attached to a running guest."""
    return options(words, "-device", "driver").get(alias or "")


def netdev_of(words: list[str], alias: Optional[str]) -> Optional[dict[str, Any]]:
    """Return the -netdev behind the NIC that libvirt calls alias; None when it was attached to a running guest."""
    device = device_of(words, alias) or {}
    return options(words, "-netdev", "type").get(str(device.get("netdev")))


def has_vhost(netdev: dict[str, Any]) -> bool:
    """Whether a -netdev asks for vhost=on."""
    return netdev.get("vhost") in (True, "on", "yes", "true", "y")


def numbers(netdev: dict[str, Any], key: str) -> list[int]:
    """Return the file descriptors that a -netdev was given as key (fd or vhostfd) or its plural; names are left out."""
    listed = str(netdev.get(key, netdev.get(f"{key}s", "")))
    return [int(word) for word in listed.split(":") if word.isascii() and word.isdigit() and len(word) <= _MOST_DIGITS]


def queues(netdev: dict[str, Any]) -> int:
    """Return the number of queue pairs of a -netdev."""
    told = str(netdev.get("queues", 0))
    return (int(told) if _QUEUES.fullmatch(told) else 0) or len(numbers(netdev, "fd")) or 1


def _parse(value: str, bare: str) -> dict[str, Any]:
    if value.startswith("{"):
        return _shape.optional(_json.loads(value, "an option of QEMU"))
    first, *rest = re.split(r"(?<!,),(?!,)", value)
    pairs = ([f"{bare}={first}"] if "=" not in first else [first]) + rest
    return {key: text.replace(",,", ",") for key, _equals, text in (pair.partition("=") for pair in pairs)}

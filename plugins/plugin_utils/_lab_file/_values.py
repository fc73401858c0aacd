# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The single values of a lab file: rules that return the normal form or raise UnfitError."""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Callable, Sequence
from urllib.parse import urlsplit

from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._addresses import can_be_subnet
from ansible_collections.virtio.lab.plugins.module_utils._links._check import NAME_BYTES
from ansible_collections.virtio.lab.plugins.module_utils._sriov._find import PCI_ADDRESS
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._problem import instead
from ansible_collections.virtio.lab.plugins.plugin_utils._lab_file._shape import UnfitError

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
LONGEST_PATH = 4095  # PATH_MAX without the byte that ends it
CHECKSUMS = {"sha256": 64, "sha384": 96, "sha512": 128}


def text(given: Any) -> str:
    """Any text but the empty one."""
    if not isinstance(given, str) or not given.strip():
        raise UnfitError("is no text; text that YAML could take for something else needs quotes")
    return given


def name(given: Any) -> str:
    """A name that can be a libvirt object, a host name, an inventory host and a file name alike."""
    if not NAME.fullmatch(text(given)):
        raise UnfitError("is no usable name; use 1 to 40 lower-case letters, digits and inner hyphens")
    return given


def word(given: Any) -> str:
    """A package, a release: no space, no path, nothing that a tool could take for an option."""
    if not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9.+_-]*", text(given)):
        raise UnfitError("is no usable word; use letters, digits and . + _ - after the first")
    return given


def parent(given: Any) -> str:
    """The link that a NIC goes on top of, or the PCI address of a card's function."""
    if PCI_ADDRESS.fullmatch(text(given)):
        return given
    if len(word(given)) > NAME_BYTES:
        raise UnfitError(f"is longer than the {NAME_BYTES} bytes of a link's name")
    return given


def boolean(given: Any) -> bool:
    """true or false."""
    if not isinstance(given, bool):
        raise UnfitError("is neither true nor false")
    return given


def integer(low: int, high: int) -> Callable[[Any], int]:
    """A whole number from low to high, both included."""

    def rule(given: Any) -> int:
        if isinstance(given, bool) or not isinstance(given, int) or not low <= given <= high:
            raise UnfitError(f"is no whole number from {low} to {high}")
        return given

    return rule


def share(low: float, high: float) -> Callable[[Any], float]:
    """A number from low to high, both included."""

    def rule(given: Any) -> float:
        if isinstance(given, bool) or not isinstance(given, (int, float)) or not low <= given <= high:
            raise UnfitError(f"is no number from {low} to {high}; 0.05 is 5 %")
        return given

    return rule


def effect(low: float, high: float) -> Callable[[Any], float]:
    """A ratio above low, up to high."""

    def rule(given: Any) -> float:
        if isinstance(given, bool) or not isinstance(given, (int, float)) or not low < given <= high:
            raise UnfitError(f"is no number above {low} and up to {high}; 1.05 is a difference of 5 %")
        return given

    return rule


def choice(known: Sequence[str]) -> Callable[[Any], str]:
    """One of the known words."""

    def rule(given: Any) -> str:
        if not isinstance(given, str) or given not in known:
            raise UnfitError(f"is unknown; {instead(given, known)}")
        return given

    return rule


def mac(given: Any) -> str:
    """A unicast MAC address, in lower case."""
    if isinstance(given, int):  # 52:54:00:00:50:01 is a number of base 60 to YAML 1.1
        raise UnfitError("is what YAML makes of a MAC address without quotes; write it in quotes")
    normal = text(given).lower()
    if not MAC.fullmatch(normal):
        raise UnfitError("is no MAC address; six bytes in hex are right, such as '52:54:00:12:34:56'")
    if int(normal[:2], 16) & 1:
        raise UnfitError("is a multicast address; the first byte of a network card's must be even, such as 52")
    if normal == "00:00:00:00:00:00":
        raise UnfitError("is the null address; no network card can have it")
    return normal


def subnet(given: Any) -> str:
    """An IPv4 network in CIDR form, at most a /30, from which addresses can be given out."""
    try:
        interface = ipaddress.IPv4Interface(text(given))
    except ValueError:
        raise UnfitError("is no IPv4 subnet; write it like 192.168.150.0/24") from None
    network = interface.network
    if "/" not in given:
        raise UnfitError(f"has no prefix length; write it like {given}/24")
    if interface.ip != network.network_address:
        raise UnfitError(f"has host bits set; the subnet is {network}")
    if not 8 <= network.prefixlen <= 30:
        raise UnfitError("has no usable size; a prefix length from 8 to 30 is right")
    if not can_be_subnet(network) or network.is_link_local or network.is_reserved:
        raise UnfitError("is a range that no network can use; take a private one such as 192.168.150.0/24")
    return str(network)


def address(given: Any) -> str:
    """An IPv4 address."""
    try:
        return str(ipaddress.IPv4Address(text(given)))
    except ValueError:
        raise UnfitError("is no IPv4 address; write it like 192.168.150.1") from None


def checksum(given: Any) -> str:
    """The name of an algorithm, a colon and its hex digits."""
    normal = text(given).lower()
    algorithm, _colon, digits = normal.partition(":")
    if len(digits) != CHECKSUMS.get(algorithm) or not re.fullmatch(r"[0-9a-f]+", digits):
        raise UnfitError("is no checksum; 'sha256:' and 64 hex digits, or 'sha512:' and 128, are right")
    return normal


def url(given: Any) -> str:
    """An http or https address of a file."""
    if not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+/[\x21-\x7e]+", text(given)) or not _port_fits(given):
        raise UnfitError("is no address of a file; write it like https://example.org/image.qcow2")
    return given


def base_url(given: Any) -> str:
    """An http or https address below which files are."""
    if not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+(/[\x21-\x7e]*)?", text(given)) or not _port_fits(given):
        raise UnfitError("is no address of a server; write it like https://mirror.example.org/images")
    return given


def _port_fits(address: str) -> bool:
    try:
        port = urlsplit(address).port
    except ValueError:  # also brackets that hold no IPv6 address
        return False
    return port is None or port > 0


def path(given: Any) -> str:
    """An absolute path."""
    if not text(given).startswith("/"):
        raise UnfitError("is no absolute path; it must start with /")
    if not given.isprintable() or len(given.encode()) > LONGEST_PATH:
        raise UnfitError(f"is no usable path; up to {LONGEST_PATH} bytes without control characters are right")
    return given


def public_key(given: Any) -> str:
    """One line of an OpenSSH public key file."""
    if not re.fullmatch(r"(ssh|ecdsa|sk-ssh|sk-ecdsa)-\S+ [A-Za-z0-9+/=]{40,}( [^\n]*)?\n?", text(given)):
        raise UnfitError("is no OpenSSH public key; give the line of the .pub file, such as 'ssh-ed25519 AAAA… me'")
    return given.strip()


def workload_name(given: Any) -> str:
    """A name that can be part of a file name and of a column."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", text(given)):
        raise UnfitError("is no usable name; use 1 to 40 lower-case letters, digits, _ and -")
    return given

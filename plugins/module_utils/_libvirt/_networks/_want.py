# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a module's parameters to wants: one network or a list of them, checked on their own. Pure."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import Any, Callable, Mapping, Optional, Sequence
from uuid import UUID

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._addresses import (
    from_list,
    from_subnet,
    mac_address,
    once,
)
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._build_metadata import checked
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._canonical import plain_address
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._model import Ip, Want

LONGEST_LINK_NAME = 15
_LAB = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_PCI = re.compile(r"[0-9a-f]{4}:[0-9a-f]{2}:[0-1][0-9a-f]\.[0-7]")
_ABOUT_IT = ("name", "lab", "uuid", "state", "autostart", "restart", "xml")
_ABOUT_IPS = ("subnet", "gateway", "dhcp", "hosts", "local_ptr", "tftp", "ips")
# What has checks of its own, or may have several lines.
_OF_THEIR_OWN = ("xml", "metadata", "uuid", "lab", "dnsmasq_options", "tftp")
# What dnsmasq reads as one name among others, which blanks, commas and slashes part.
_DNS_NAMES = (
    "domain",
    "hosts.name",
    "ips.dhcp.hosts.name",
    "dns.hosts.names",
    "dns.forwarders.domain",
    "dns.srv.domain",
    "dns.srv.target",
)
# Common to all entries of a call unless an entry says otherwise.
_SHARED = ("lab", "state", "autostart", "restart")


def wants_of(parameters: Mapping[str, Any], known: Sequence[str]) -> list[Want]:
    """Return what parameters ask for; known: the names of the options of one network.

    Entries of networks take lab, state, autostart and restart from the top level where they leave them out.
    """
    if parameters.get("networks") is None:
        return [want_of({name: parameters.get(name) for name in known})]
    shared = {name: parameters.get(name) for name in _SHARED}
    asked = [
        want_of({**shared, **{name: value for name, value in entry.items() if value is not None}})
        for entry in parameters["networks"]
    ]
    names = [one.name for one in asked]
    for name in names:
        if names.count(name) > 1:
            raise LabError(f"network {name} stands twice in networks; each must differ")
    return asked


def want_of(options: Mapping[str, Any]) -> Want:
    """Return the want that options are; raises LabError with the network, the option, its value and what is right."""
    asked = _given(options)
    name = _name(asked["name"])
    lab = asked.get("lab")
    if lab is not None and not _LAB.fullmatch(lab):
        raise LabError(f"network {name}: lab {lab!r}: small letters, digits and '-' are right, 40 at most")
    definition = {key: value for key, value in asked.items() if key not in (*_ABOUT_IT, *_ABOUT_IPS)}
    if asked.get("state") != "absent":
        _check_text(name, "", {key: value for key, value in asked.items() if key not in _OF_THEIR_OWN})
        _check(name, definition)
    return Want(
        name=name,
        lab=lab,
        uuid=_uuid(name, asked.get("uuid")),
        state=asked.get("state") or "present",
        autostart=asked.get("autostart"),
        restart=asked.get("restart") or "if_safe",
        options=definition,
        ips=None if asked.get("state") == "absent" else _ips(name, asked),
        all_ips="ips" in asked,
        document=asked.get("xml"),
    )


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options without what was not given, at every depth."""

    def value_of(value: Any) -> Any:
        if isinstance(value, Mapping):
            return _given(value)
        return [value_of(entry) for entry in value] if isinstance(value, list) else value

    return {key: value_of(value) for key, value in options.items() if value is not None}


def _name(name: str) -> str:
    if not name.strip() or name != name.strip() or "/" in name or not name.isprintable() or len(name) > 64:
        raise LabError(f"network name {name!r}: 1 to 64 printable characters without '/' are right")
    return name


def _check_text(name: str, path: str, value: Any) -> None:
    """Raise LabError where a text is more than one line: XML makes blanks of line breaks, other files further lines."""
    if isinstance(value, Mapping):
        for key, entry in value.items():
            _check_text(name, f"{path}.{key}".lstrip("."), entry)
    elif isinstance(value, list):
        for entry in value:
            _check_text(name, path, entry)
    elif isinstance(value, str):
        if not value.isprintable():
            raise LabError(f"network {name}: {path} {value!r}: one line of printable characters is right")
        if path in _DNS_NAMES and re.search(r"[\s,/]", value):
            raise LabError(f"network {name}: {path} {value!r}: a name without blanks, commas and slashes is right")


def _uuid(name: str, text: Optional[str]) -> Optional[str]:
    if text is None:
        return None
    try:
        return str(UUID(text))
    except ValueError as error:
        raise LabError(f"network {name}: uuid {text!r} is no UUID such as {UUID(int=1)}") from error


def _ips(name: str, asked: Mapping[str, Any]) -> Optional[tuple[Ip, ...]]:
    if "ips" in asked:
        return from_list(name, asked["ips"])
    return (from_subnet(name, asked),) if "subnet" in asked else None


def _check(name: str, options: Mapping[str, Any]) -> None:
    forward, dns = options.get("forward", {}), options.get("dns", {})
    links = [("bridge", options.get("bridge")), ("forward pf", forward.get("pf"))]
    links += [("forward interface", dev) for dev in forward.get("interfaces", ())]
    for what, dev in links:
        _link_name(name, what, dev)
    for address in forward.get("addresses", ()):
        if not _PCI.fullmatch(address.lower()):
            raise LabError(f"network {name}: {address!r} is no PCI address such as 0000:03:10.1")
    if "mac" in options:
        mac_address(name, options["mac"], "mac")
    for line in options.get("dnsmasq_options", ()):
        # A second line would be a second option.
        if not line.strip() or not line.isprintable():
            raise LabError(f"network {name}: dnsmasq option {line!r}: one printable line such as log-queries is right")
    once(name, "metadata: uri", (entry["uri"] for entry in options.get("metadata", ())))
    checked(name, options.get("metadata", ()))
    _number(name, "mtu", options.get("mtu"), 68, 65535)
    _number(name, "delay", options.get("delay"), 0, 2**31 - 1)
    _check_ports(name, options)
    once(name, "dns.hosts: address", (plain_address(entry["address"]) for entry in dns.get("hosts", ())))
    once(name, "dns.txt: name", (entry["name"] for entry in dns.get("txt", ())))
    for entry in (*dns.get("hosts", ()), *dns.get("forwarders", ())):
        _parsed(name, "dns address", entry.get("address"), ip_address)
    for route in options.get("routes", ()):
        _parsed(name, "route destination", route["destination"], ip_network)
        _parsed(name, "route gateway", route["gateway"], ip_address)
    nat = forward.get("nat", {})
    for edge in ("start", "end"):
        _parsed(name, f"nat address {edge}", nat.get("address", {}).get(edge), ip_address)
        _number(name, f"nat port {edge}", nat.get("port", {}).get(edge), 1, 65535)


def _check_ports(name: str, options: Mapping[str, Any]) -> None:
    groups = options.get("portgroups", ())
    once(name, "portgroups: name", (group["name"] for group in groups))
    if sum(bool(group.get("default")) for group in groups) > 1:
        raise LabError(f"network {name}: two of its portgroups are the default; one can be")
    for holder in (options, *groups):
        for tag in holder.get("vlan", {}).get("tags", ()):
            _number(name, "vlan tag", tag["id"], 1, 4094)
        for limits in holder.get("bandwidth", {}).values():
            for what, limit in limits.items():
                _number(name, f"bandwidth {what}", limit, 1, 2**32 - 1)


def _link_name(name: str, what: str, dev: Optional[str]) -> None:
    # An empty name takes the setting away.
    if not dev:
        return
    if len(dev.encode()) > LONGEST_LINK_NAME or re.search(r"[\s/:]", dev) or dev in (".", ".."):
        raise LabError(
            f"network {name}: {what} {dev!r} is no name for a link; "
            f"1 to {LONGEST_LINK_NAME} bytes without blanks, '/' or ':' are right"
        )
    if dev in ("all", "default"):  # folders of /proc/sys/net/*/conf
        raise LabError(
            f"network {name}: {what} {dev!r} is taken by the kernel, for settings of all links; take another"
        )


def _number(name: str, what: str, value: Optional[int], least: int, most: int) -> None:
    if value is not None and not least <= value <= most:
        raise LabError(f"network {name}: {what} {value} is out of bounds; {least} to {most} are right")


def _parsed(name: str, what: str, text: Optional[str], parse: Callable[[str], Any]) -> None:
    try:
        if text is not None:
            parse(text)
    except ValueError as error:
        raise LabError(f"network {name}: {what} {text!r}: {error}") from error

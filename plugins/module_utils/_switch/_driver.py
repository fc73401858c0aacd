# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The attributes of a virtio NIC's <driver> that can be asked for, and the values that libvirt and QEMU take.

https://libvirt.org/formatdomain.html#setting-nic-driver-specific-options
"""

from __future__ import annotations

from typing import Any, Iterator, Mapping, NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import TAP_TYPES, Interface
from ansible_collections.virtio.lab.plugins.module_utils._text import plain

# The kernel's limit of queues of one TAP (MAX_TAP_QUEUES).
MAX_QUEUES = 256
# QEMU takes powers of two; a ring that QEMU itself or vhost-net sends from cannot be larger than 256.
RING_SIZES = (256, 512, 1024)
MOST_SENT = 256
_MULTIQUEUE_TYPES = (*TAP_TYPES, "vhostuser", "vdpa")
HOST_OFFLOADS = ("csum", "gso", "tso4", "tso6", "ecn", "ufo", "mrg_rxbuf")
GUEST_OFFLOADS = ("csum", "tso4", "tso6", "ecn", "ufo")
# https://docs.oasis-open.org/virtio/virtio/v1.3/virtio-v1.3.html, feature bit requirements of the network device.
_NEED_CSUM = ("tso4", "tso6", "ecn", "ufo")


class Attribute(NamedTuple):
    """One attribute: how Ansible takes it, its values, and the libvirt that brought it (as getLibVersion() has it)."""

    type: str
    choices: Optional[tuple[Any, ...]] = None
    since: int = 0


ATTRIBUTES = {
    "name": Attribute("str", ("qemu", "vhost")),
    "queues": Attribute("int"),
    "rx_queue_size": Attribute("int", RING_SIZES, 2003000),
    "tx_queue_size": Attribute("int", RING_SIZES, 3007000),
    "txmode": Attribute("str", ("iothread", "timer")),
    "ioeventfd": Attribute("bool"),
    "event_idx": Attribute("bool"),
    "packed": Attribute("bool", since=6003000),
    "iommu": Attribute("bool", since=3005000),
    "ats": Attribute("bool", since=3005000),
    "rss": Attribute("bool", since=8003000),
    "rss_hash_report": Attribute("bool", since=8003000),
}
_OFFLOADS_SINCE = 1002009
_SIDES = {"host": HOST_OFFLOADS, "guest": GUEST_OFFLOADS}
_SWITCH = Attribute("bool")


def argument_spec() -> dict[str, Any]:
    """Return Ansible's argument spec of the option `driver`."""
    options: dict[str, Any] = {
        key: {"type": attribute.type, **({"choices": list(attribute.choices)} if attribute.choices else {})}
        for key, attribute in ATTRIBUTES.items()
    }
    return {"type": "dict", "options": {**options, **offloads_spec()["options"]}}


def offloads_spec() -> dict[str, Any]:
    """Return Ansible's argument spec of the option `offloads`, which says what `driver` can say of them too."""
    options = {
        side: {"type": "dict", "options": {name: {"type": "bool"} for name in names}} for side, names in _SIDES.items()
    }
    return {"type": "dict", "options": options}


def check_given(given: Any, what: str, attributes: bool = True) -> None:
    """Raise LabError for a mapping of attributes of <driver> that no NIC has; what is the option that has it.

    For where no argument spec has looked at it, so that each may also be written as flat() does. Without attributes it
    is one of offloads.
    """
    if given is None:
        return
    if not isinstance(given, Mapping):
        raise LabError(f"{what} is {_shown(given)}; a mapping would be right")
    for key, value in given.items():
        side, _dot, name = str(key).partition(".")
        if key in _SIDES:
            if value is not None and not isinstance(value, Mapping):
                raise LabError(f"{what}.{key} is {_shown(value)}; a mapping of offloads would be right")
            for offload, state in (value or {}).items():
                _check_offload(key, offload, state, what)
        elif name and side in _SIDES:
            _check_offload(side, name, value, what)
        elif attributes and key in ATTRIBUTES:
            _check_attribute(ATTRIBUTES[key], value, f"{what}.{key}")
        else:
            known = [*(ATTRIBUTES if attributes else ()), *_SIDES]
            raise LabError(f"{what}.{plain(str(key), 80)} is none of {', '.join(known)}")


def _check_offload(side: str, name: Any, value: Any, what: str) -> None:
    if name not in _SIDES[side]:
        raise LabError(f"{what}.{side}.{plain(str(name), 80)} is none of {', '.join(_SIDES[side])}")
    _check_attribute(_SWITCH, value, f"{what}.{side}.{name}")


def _check_attribute(attribute: Attribute, value: Any, what: str) -> None:
    """A value as YAML has it, or as libvirt writes it."""
    if value is None:
        return
    if attribute.type == "bool":
        right, fits = "true or false", isinstance(value, bool) or value in ("on", "off")
    elif attribute.choices:
        right = ", ".join(map(str, attribute.choices))
        fits = not isinstance(value, bool) and str(value) in map(str, attribute.choices)
    else:
        right = f"a whole number from 1 to {MAX_QUEUES}"
        fits = not isinstance(value, bool) and str(value) in map(str, range(1, MAX_QUEUES + 1))
    if not fits:
        raise LabError(f"{what} is {_shown(value)}; {right} would be right")


def _shown(value: Any) -> str:
    return plain(repr(value), 80)


def with_offloads(driver: Mapping[str, str], offloads: Optional[Mapping[str, Any]]) -> dict[str, str]:
    """Return a <driver> (as flat() does) with offloads; LabError where it names one of them already."""
    own = flat(offloads or {})
    twice = [key for key in own if key in driver]
    if twice:
        raise LabError(f"offloads.{twice[0]} is driver.{twice[0]} too; give it once")
    return {**driver, **own}


def contradictions(wanted: Mapping[str, Optional[str]]) -> Iterator[tuple[str, str]]:
    """What is asked for and cannot be, by its key: by the specification segmentation needs the checksums of its side.

    QEMU offers it without them all the same, and Linux agrees on it and does not use it.
    """
    for key, value in wanted.items():
        side, _dot, name = key.partition(".")
        if value == "on" and name in _NEED_CSUM and wanted.get(f"{side}.csum") == "off":
            yield key, f"needs {side}.csum, which is to be off"


def flat(given: Mapping[str, Any]) -> dict[str, str]:
    """Return an option `driver` as libvirt writes it, offloads as "host.csum"; what is not given is left out.

    >>> flat({"name": "vhost", "queues": 2, "packed": None, "host": {"csum": False}})
    {'name': 'vhost', 'queues': '2', 'host.csum': 'off'}
    """
    found = {}
    for key, value in given.items():
        if isinstance(value, Mapping):
            found.update({f"{key}.{name}": text for name, text in flat(value).items()})
        elif value is not None:
            found[key] = ("on" if value else "off") if isinstance(value, bool) else str(value)
    return found


def check_values(wanted: Mapping[str, Optional[str]]) -> None:
    """Raise LabError for a value that no NIC can have."""
    queues = wanted.get("queues")
    if queues is not None and not 1 <= int(queues) <= MAX_QUEUES:
        raise LabError(f"driver.queues is {queues}; a virtio NIC has 1 to {MAX_QUEUES} queue pairs")
    for key, why in contradictions(wanted):
        raise LabError(f"driver.{key} {why}")


def check_version(wanted: Mapping[str, Optional[str]], version: int) -> None:
    """Raise LabError for what this libvirt does not know yet and would drop without a word."""
    for key in wanted:
        since = ATTRIBUTES[key].since if key in ATTRIBUTES else _OFFLOADS_SINCE
        if version < since:
            raise LabError(
                f"driver.{key} needs libvirt {_dotted(since)} or newer; this hypervisor has {_dotted(version)}"
            )


def check_nic(wanted: Mapping[str, Optional[str]], nic: Interface, domain: str) -> None:
    """Raise LabError for what this NIC of a domain cannot have."""
    name = f"interface {nic.key} of domain {domain!r}"
    if wanted.get("name") and not nic.has_tap:
        raise LabError(
            f"{name} is of type {nic.type}, so its packets pass neither QEMU's own backend nor vhost-net: driver.name "
            f"is {wanted['name']}, which needs a TAP, as the types {', '.join(TAP_TYPES)} have; select another NIC"
        )
    if int(wanted.get("queues") or 1) > 1 and nic.type not in _MULTIQUEUE_TYPES:
        raise LabError(f"{name} is of type {nic.type}, which has one queue pair; driver.queues can be 1 at most")
    if int(wanted.get("tx_queue_size") or MOST_SENT) > MOST_SENT and nic.type not in ("vhostuser", "vdpa"):
        raise LabError(
            f"driver.tx_queue_size is {wanted['tx_queue_size']}, but {name} is of type {nic.type}: "
            f"QEMU takes more than {MOST_SENT} for vhost-user only; use {MOST_SENT}"
        )


def _dotted(version: int) -> str:
    return f"{version // 1000000}.{version // 1000 % 1000}.{version % 1000}"

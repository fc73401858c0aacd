# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Was it really that datapath? Four witnesses that a datapath cannot fool, and what they say together.

The live XML says what libvirt was asked, QEMU's argv what QEMU was asked, the descriptors and the threads of the
process what is there. Descriptors and threads belong to the process: where a guest has several NICs they are accounted
for (_accounting), and where that leaves more than one answer the backend is `unknown` and a reason is given. QEMU's
monitor can be heard as a fifth witness; libvirt marks the domain as tainted then, so it is asked on demand only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping, Optional

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import AXES
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._registry import name_of
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._domain import running_domains
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import (
    ALL,
    Interface,
    Selector,
    nested,
    select,
    selector,
)
from ansible_collections.virtio.lab.plugins.module_utils._qemu import _argv, _process
from ansible_collections.virtio.lab.plugins.module_utils._qemu._monitor import UNKNOWN
from ansible_collections.virtio.lab.plugins.module_utils._witness import _axes, _evidence
from ansible_collections.virtio.lab.plugins.module_utils._witness._observe import Observation, interfaces_of, observe

if TYPE_CHECKING:
    import libvirt


def witness(
    connection: libvirt.virConnect, domain_name: str, mac: Optional[str], root: str = _process.PROC
) -> dict[str, Any]:
    """Return the witness of the NIC with that MAC address, of the first virtio NIC when mac is None.

    QEMU's monitor is heard where nothing else tells (observe_surely). Raises LabError for an unknown domain or address,
    and when /proc may not be read.
    """
    seen = observe_surely(connection, domain_name, root)
    return statement_of(seen, select(seen.stored, seen.live, selector(mac), domain_name, mac is not None)[0].key)


def witnesses(
    connection: libvirt.virConnect,
    domain_name: str,
    wanted: Selector = ALL,
    root: str = _process.PROC,
    monitor: bool = False,
) -> list[dict[str, Any]]:
    """Return the witnesses of the NICs of a domain that a selector means, from one look; raises as observe()."""
    seen = observe(connection, domain_name, root, monitor)
    return [
        statement_of(seen, nic.key) for nic in select(seen.stored, seen.live, wanted, domain_name, wanted.names_one)
    ]


def look(
    connection: libvirt.virConnect,
    names: Optional[list[str]],
    wanted: Selector = ALL,
    root: str = _process.PROC,
    monitor: bool = False,
) -> list[dict[str, Any]]:
    """Return the witnesses of the NICs that are meant in the named domains, None for all that run.

    Raises LabError as witnesses() does; a running domain that was not named may have no such NIC.
    """
    if names is not None:
        return [found for name in names for found in witnesses(connection, name, wanted, root, monitor)]
    every = [(name, interfaces_of(connection, name)) for name in running_domains(connection)]
    meant = [
        name for name, nics in every if any((nic.is_virtio or wanted.names_one) and wanted.matches(nic) for nic in nics)
    ]
    if not meant and wanted != ALL:
        kind = "an interface" if wanted.names_one else "a virtio interface"
        raise LabError(f"no running domain has {kind} with {wanted.words()}")
    return [found for name in meant for found in witnesses(connection, name, wanted, root, monitor)]


def observe_surely(connection: libvirt.virConnect, domain_name: str, root: str = _process.PROC) -> Observation:
    """Look as observe() does, and hear QEMU's monitor where nothing else tells whose descriptors or argv are."""
    seen = observe(connection, domain_name, root)
    ways = [statement_of(seen, key)["witnesses"]["fds"] for key in _evidence.queues(seen)]
    doubtful = UNKNOWN in ways or _axes.is_argv_doubtful(seen)
    return observe(connection, domain_name, root, monitor=True) if doubtful else seen


def statement_of(seen: Observation, key: str, known: Optional[Mapping[str, str]] = None) -> dict[str, Any]:
    """Return the witness document of the NIC of that key out of what was seen. Pure.

    effective is what argv, descriptors, threads (and the monitor) say of a TAP's backend with one voice; the XML is
    what was asked for, so it can disagree but not decide. axes has the same for each of the datapath's three parts, and
    datapath the name of their combination. known: backends by key that the caller has seen come into effect.
    """
    configured, live = (next((nic for nic in nics if nic.key == key), None) for nics in (seen.stored, seen.live))
    netdev = _evidence.netdev_of(seen, live) if live else None
    signs = _evidence.signs_of(seen, live, known or {})
    physical = {sign.says for name, sign in signs.items() if name != "xml"} - {UNKNOWN}
    heard = UNKNOWN not in (signs["fds"].says, signs["threads"].says)
    effective = physical.pop() if len(physical) == 1 and heard else UNKNOWN
    disagreements = _disagreements(signs)
    axes = _axes.axes(seen, live, netdev, effective) if live and seen.pid is not None else _axes.NONE
    datapath = name_of(*(axes[axis]["effective"] for axis in AXES))
    disagreements += _axes.disagreements(axes)
    nic = live or configured
    queues = _evidence.queues(seen).get(key) if live else None
    return {
        "domain": seen.domain,
        "pid": seen.pid,
        "interface": _shown(nic) if nic else {"mac": key},
        "configured": nested(configured.driver) if configured else {},
        "live": nested(live.driver) if live else {},
        "argv": {
            "vhost": _argv.has_vhost(netdev or {}),
            "queues": _argv.queues(netdev) if netdev else queues,
            "netdev": netdev or {},
        },
        "fds": _process.count_devices(seen.links),
        "threads": [
            {"tid": thread.tid, "comm": thread.comm, "class": thread.klass, "cpu_ns": thread.cpu_ns}
            for thread in seen.threads
        ],
        "served_by": _served_by(seen, live),
        "witnesses": {name: sign.says for name, sign in signs.items()},
        "effective": effective,
        "axes": axes,
        "datapath": datapath,
        "agree": datapath != UNKNOWN and not disagreements,
        "disagreements": disagreements,
        "notes": list(dict.fromkeys(sign.note for sign in signs.values() if sign.note)),
    }


def _served_by(seen: Observation, live: Optional[Interface]) -> Optional[dict[str, Any]]:
    """The process beside QEMU that serves the NIC, None where none is seen or none does."""
    peer = _evidence.connected_to(seen, live) if live is not None else None
    return peer and dict(peer._asdict())


def _shown(nic: Interface) -> dict[str, Any]:
    return {field: value for field, value in nic._asdict().items() if field not in ("driver", "twin", "managed")}


def _disagreements(signs: dict[str, _evidence.Sign]) -> list[str]:
    found = list(dict.fromkeys(sign.why for sign in signs.values() if sign.why))
    spoken = {name: sign.says for name, sign in signs.items() if sign.says != UNKNOWN}
    if len(set(spoken.values())) > 1:
        found.append("; ".join(f"{name} says {says}" for name, says in spoken.items()))
    return found

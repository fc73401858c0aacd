# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lab's guest as a libvirt domain: read it, plan the steps to what the lab wants, take them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Callable, List, Mapping, NamedTuple, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import ApplyError, LabError
from ansible_collections.virtio.lab.plugins.module_utils._guest import _recipe, _stored
from ansible_collections.virtio.lab.plugins.module_utils._libvirt import _mark, _power, _xml
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._domain import OFF, PAUSED, RUNNING, state_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._driver_xml import INTERFACES
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import interfaces
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner
from ansible_collections.virtio.lab.plugins.module_utils._switch._edit import own_links
from ansible_collections.virtio.lab.plugins.module_utils._switch._host_side import halted, remains, there
from ansible_collections.virtio.lab.plugins.module_utils._switch._plan import refuse_halted

if TYPE_CHECKING:
    import libvirt
    from lxml.etree import _Element


class Have(NamedTuple):
    """A domain that exists: the lab it belongs to, the recipe it follows, its state in virsh's words.

    persistent is False for one that libvirt forgets as soon as it is off. notes: all that stands in its metadata.
    links: those of the hypervisor that a datapath made for its NICs, and that nobody else needs. halted: by the name of
    its link the pid of each process that serves one of them and was stopped.
    """

    lab: Optional[str]
    recipe: Optional[dict[str, Any]]
    state: str
    uuid: str = ""
    persistent: bool = True
    notes: tuple[_Element, ...] = ()
    links: tuple[str, ...] = ()
    halted: Mapping[str, int] = {}


class Stop(NamedTuple):
    """How a guest is stopped: asked for as long as timeout_s, then only with allow_destroy switched off hard."""

    timeout_s: float
    allow_destroy: bool


def read(connection: libvirt.virConnect, name: str, runner: Runner) -> Optional[Have]:
    """Return the domain of that name, None when there is none."""
    domain = lookup(connection, name)
    if domain is None:
        return None
    import libvirt  # pylint: disable=import-outside-toplevel

    root = _xml.parse(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))
    told = state_of(domain)
    # Any other state is on its way from one to another, and active.
    state = (told if told in (PAUSED, OFF) else RUNNING) if domain.isActive() else OFF
    lab, recipe, persistent = _mark.mark_of(root), _stored.read_recipe(root), bool(domain.isPersistent())
    notes, links, stopped = (
        tuple(root.iterfind("metadata/*")),
        _own_links(root, runner),
        halted(root.iterfind(INTERFACES)),
    )
    return Have(lab, recipe, state, domain.UUIDString(), persistent, notes, links, stopped)


def _own_links(root: _Element, runner: Runner) -> tuple[str, ...]:
    names = [name for nic in interfaces(root) for names in own_links(nic.mac) for name in names]
    return tuple(sorted(there(names, runner) | remains(names))) if names else ()


def lookup(connection: libvirt.virConnect, name: str) -> Optional[libvirt.virDomain]:
    """Return the domain of that name, None when there is none."""
    import libvirt  # pylint: disable=import-outside-toplevel

    try:
        return connection.lookupByName(name)
    except libvirt.libvirtError as error:
        if error.get_error_code() == libvirt.VIR_ERR_NO_DOMAIN:
            return None
        raise


def plan(want: Optional[_recipe.Guest], name: str, lab: str, have: Optional[Have], redefine: bool = False) -> list[str]:
    """Return the steps, of stop, release, undefine, define, resume and start, that lead to want; to nothing where want
    is None.

    Raises LabError when the name is taken by something the lab did not make, or when the recipe is another one and
    redefine does not allow to make the guest anew.
    """
    if have is None:
        return [] if want is None else ["define", "start"]
    if have.lab != lab:
        owner = f"belongs to lab {have.lab}" if have.lab else "was not made by a lab"
        raise LabError(f"there is a domain {name} that {owner}; lab {lab} leaves it alone: choose another name")
    stop = [] if have.state == OFF else ["stop"]
    # What replaces a NIC that is on another datapath is on none of its links.
    release = ["release"] if have.links else []
    if want is None:
        return [*stop, *release, *(["undefine"] if have.persistent else [])]
    differences = _differences(have.recipe, _recipe.recipe(want))
    if not differences:
        wake = {PAUSED: ["resume"], OFF: ["start"]}.get(have.state, [])
        if wake == ["start"]:
            refuse_halted(name, have.halted)
        return [*([] if have.persistent else ["define"]), *wake]
    if not redefine:
        raise LabError(
            f"guest {name} follows another recipe ({'; '.join(differences)}); "
            "remove it, or allow with redefine that it is made anew"
        )
    return [*stop, *release, "define", "start"]


def diff(want: Optional[_recipe.Guest], have: Optional[Have], steps: Sequence[str]) -> dict[str, Any]:
    """Return {"before", "after"}: recipe and state. Both are the same if, and only if, there are no steps."""
    before = _shown(have.state, have.persistent, have.recipe or {}) if have else {"state": "absent"}
    if not steps:
        return {"before": before, "after": before}
    after = _shown(RUNNING, True, _plain(_recipe.recipe(want))) if want else {"state": "absent"}
    return {"before": before, "after": after}


def definition(
    want: _recipe.Guest, lab: str, have: Optional[Have], connection: libvirt.virConnect, runner: Runner
) -> str:
    """Return virt-install's XML for want with the lab's mark and the recipe in its metadata; nothing is changed.

    A guest that is there keeps its UUID, so that it is defined in place. Raises LabError when virt-install refuses.
    """
    root = _xml.parse(runner(_recipe.argv(want, connection.getURI(), in_place=have is not None)).stdout)
    if have is not None:
        root.find("uuid").text = have.uuid
        _mark.keep_notes(root, have.notes)
    _mark.set_mark(root, lab)
    _stored.write_recipe(root, _recipe.recipe(want))
    return _xml.dump(root)


def missing(want: _recipe.Guest, connection: libvirt.virConnect) -> List[str]:
    """What want needs to start and is not there, said of each network."""
    running = {network.name(): bool(network.isActive()) for network in connection.listAllNetworks()}
    return [
        f"network {name} {'does not run' if name in running else 'does not exist'}"
        for name in dict.fromkeys(interface.network for interface in want.interfaces)
        if not running.get(name)
    ]


def require_networks(want: _recipe.Guest, connection: libvirt.virConnect) -> None:
    """Raise LabError that names the networks without which want would not start."""
    wrong = missing(want, connection)
    if wrong:
        raise LabError(f"guest {want.name} cannot be started: {', '.join(wrong)}")


def apply(
    steps: Sequence[str],
    connection: libvirt.virConnect,
    name: str,
    text: Optional[str],
    stop: Stop,
    release: Callable[[], None] = lambda: None,
) -> None:
    """Take the steps in their order; text is what definition() returned. Raises ApplyError with the steps taken.

    release removes the links of the hypervisor that datapaths made for the guest.
    """
    import libvirt  # pylint: disable=import-outside-toplevel

    for position, step in enumerate(steps):
        try:
            if step == "release":
                release()
            else:
                _take(step, connection, name, text, stop)
        except (LabError, libvirt.libvirtError) as error:
            raise ApplyError(f"guest {name}: {step} failed: {error}", steps[:position]) from error


def _take(step: str, connection: libvirt.virConnect, name: str, text: Optional[str], stop: Stop) -> None:
    import libvirt  # pylint: disable=import-outside-toplevel

    domain = lookup(connection, name)
    if step == "define":
        if domain is not None and domain.hasManagedSaveImage():  # it would come back with the old definition
            domain.managedSaveRemove()
        connection.defineXML(text)
    elif domain is None:
        raise LabError("somebody else has removed it meanwhile")
    elif step == "stop":
        _stop(domain, stop)
    elif step == "undefine":
        domain.undefineFlags(
            libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE
            | libvirt.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
            | libvirt.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA
            | libvirt.VIR_DOMAIN_UNDEFINE_NVRAM
        )
    elif step == "resume":
        domain.resume()
    else:
        domain.create()


def _stop(domain: libvirt.virDomain, stop: Stop) -> None:
    import libvirt  # pylint: disable=import-outside-toplevel

    try:
        _power.shut_down(domain, *stop)
    except libvirt.libvirtError as error:
        if error.get_error_code() != libvirt.VIR_ERR_NO_DOMAIN:  # that is a transient guest that has gone
            raise


def _differences(have: Optional[dict[str, Any]], want: dict[str, Any]) -> list[str]:
    if have is None:
        return ["it does not say from which it was made"]
    return [f"{key}: {have.get(key)} -> {value}" for key, value in want.items() if have.get(key) != _plain(value)]


def _shown(state: str, persistent: bool, recipe: dict[str, Any]) -> dict[str, Any]:
    return {"state": state, "persistent": persistent, **recipe}


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value))

# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lab's guest as a libvirt domain: read it, plan the steps to what the lab wants, take them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._guest import _recipe
from ansible_collections.virtio.lab.plugins.module_utils._libvirt import _mark, _xml
from ansible_collections.virtio.lab.plugins.module_utils._runner import Runner

if TYPE_CHECKING:
    import libvirt

_RECIPE_TAG = f"{{{_mark.NAMESPACE}}}recipe"


class Have(NamedTuple):
    """A domain that exists: the lab it belongs to, the recipe it was made from, whether it runs."""

    lab: Optional[str]
    recipe: Optional[dict[str, Any]]
    active: bool


def read(connection: libvirt.virConnect, name: str) -> Optional[Have]:
    """Return the domain of that name, None when there is none."""
    domain = lookup(connection, name)
    if domain is None:
        return None
    import libvirt  # pylint: disable=import-outside-toplevel

    root = _xml.parse(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))
    written = root.findtext(f"metadata/{{{_mark.NAMESPACE}}}lab/{_RECIPE_TAG}")
    return Have(_mark.mark_of(root), json.loads(written) if written else None, bool(domain.isActive()))


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
    """Return the steps, of stop, undefine, define and start, that lead to want; to nothing where want is None.

    Raises LabError when the name is taken by something the lab did not make, or when the recipe is another one and
    redefine does not allow to make the guest anew.
    """
    if have is not None and have.lab != lab:
        owner = f"belongs to lab {have.lab}" if have.lab else "was not made by a lab"
        raise LabError(f"there is a domain {name} that {owner}; lab {lab} leaves it alone: choose another name")
    stop = ["stop"] if have and have.active else []
    if want is None:
        return [*stop, "undefine"] if have else []
    if have is None:
        return ["define", "start"]
    differences = _differences(have.recipe, _recipe.recipe(want))
    if not differences:
        return [] if have.active else ["start"]
    if not redefine:
        raise LabError(
            f"guest {name} was made from another recipe ({'; '.join(differences)}); "
            "remove it, or allow with redefine that it is made anew"
        )
    return [*stop, "undefine", "define", "start"]


def apply(
    steps: list[str], connection: libvirt.virConnect, name: str, lab: str, want: Optional[_recipe.Guest], runner: Runner
) -> None:
    """Take the steps in their order; a guest to be stopped is one that is thrown away, so it is not asked."""
    for step in steps:
        domain = lookup(connection, name)
        if step == "stop" and domain is not None:
            domain.destroy()
        elif step == "undefine" and domain is not None:
            domain.undefineFlags(_everything())
        elif step == "start" and domain is not None:
            domain.create()
        elif step == "define" and want is not None:
            connection.defineXML(marked_xml(want, lab, connection.getURI(), runner))


def marked_xml(want: _recipe.Guest, lab: str, uri: str, runner: Runner) -> str:
    """Return virt-install's XML for want with the lab's mark and the recipe in its metadata."""
    root = _xml.parse(runner(_recipe.argv(want, uri)).stdout)
    _mark.set_mark(root, lab)
    mark = root.find(f"metadata/{{{_mark.NAMESPACE}}}lab")
    written = mark.makeelement(_RECIPE_TAG, {})
    written.text = json.dumps(_recipe.recipe(want), sort_keys=True)
    mark.append(written)
    return _xml.dump(root)


def _differences(have: Optional[dict[str, Any]], want: dict[str, Any]) -> list[str]:
    if have is None:
        return ["it does not say from which"]
    return [f"{key}: {have.get(key)} -> {value}" for key, value in want.items() if have.get(key) != _plain(value)]


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _everything() -> int:
    import libvirt  # pylint: disable=import-outside-toplevel

    return (
        libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE
        | libvirt.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
        | libvirt.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA
        | libvirt.VIR_DOMAIN_UNDEFINE_NVRAM
    )

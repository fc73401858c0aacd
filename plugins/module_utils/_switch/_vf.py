# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which virtual function a NIC gets: the one that parent names, or one of the card that it names.

Of a card it is the one that the NIC has already, else the first that is free. libvirt takes one whoever uses it, so
that is asked here, before anything is changed.
"""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import Function
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._registry import DATAPATHS
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._foreign import _json
from ansible_collections.virtio.lab.plugins.module_utils._foreign._reads import reads
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import select
from ansible_collections.virtio.lab.plugins.module_utils._sriov._host import Host
from ansible_collections.virtio.lab.plugins.module_utils._sriov._model import Pf, User, Vf
from ansible_collections.virtio.lab.plugins.module_utils._sriov._reconcile import look
from ansible_collections.virtio.lab.plugins.module_utils._switch._edit import Edit, parent_of, vf_of
from ansible_collections.virtio.lab.plugins.module_utils._switch._plan import Have, Wish
from ansible_collections.virtio.lab.plugins.module_utils._witness._host_links import is_vf

Links = Mapping[str, Mapping[str, Any]]
_MODES = tuple(dict.fromkeys(one.attachment.mode for one in DATAPATHS if one.attachment.on_vf and one.attachment.mode))
_MAKE = "make some (virtio.lab.sriov_vf with numvfs)"


class Held(NamedTuple):
    """What a NIC has now: the PCI address of the virtual function that it is stored on, its running link, its guest.

    passed: whether the next one may be without a link, as it is passed through.
    """

    address: Optional[str] = None
    target: Optional[str] = None
    domain: Optional[str] = None
    passed: bool = False

    def has(self, user: User) -> bool:
        """Whether it is the NIC itself that uses a virtual function."""
        return (user.kind, user.name) in (("link", self.target), ("guest", self.domain))


def chosen(want: Wish, haves: Sequence[Have], host: Optional[Host] = None) -> Wish:
    """Return the wish with the virtual function that it means; raises LabError where there is none to be had."""
    edit = want.edit
    if edit is None or edit.datapath is None:
        return want
    of = edit.datapath.attachment
    if not of.on_vf and of.mode not in _MODES:
        return want
    host = host or Host()
    meant = [
        (have, nic)
        for have in haves
        for nic in select(have.stored, have.live, want.selector, have.domain, True)
        if nic.key in have.elements
    ]
    links = links_of(host)
    if not of.on_vf:
        for have, nic in meant:
            _refuse_vf(edit, have.elements[nic.key], links)
        return want
    if len(meant) != 1:
        raise LabError(
            f"datapath {edit.datapath.name} is for one NIC a call, as each needs a virtual function of its own, and "
            f"{len(meant)} are meant; name one by mac"
        )
    have, nic = meant[0]
    held = Held(address_of(have.elements[nic.key], links), nic.target, have.domain, of.mode is None)
    pf, vf = choose(edit.parent, held, look(None, host), links)
    _refuse_card(pf, edit.bridge or (have.bridges.get(edit.network) if edit.network else None), links)
    return want._replace(edit=edit._replace(vf=Function(vf.address or "", vf.interface)))


def choose(parent: Optional[str], held: Held, pfs: Sequence[Pf], links: Links) -> tuple[Pf, Vf]:
    """Return a virtual function and its card. Pure."""
    every = [(pf, vf) for pf in pfs for vf in pf.vfs if vf.address]
    own = next(((pf, vf) for pf, vf in every if vf.address == held.address), None)
    if not pfs:
        raise LabError(
            "no interface here is the physical function of a card with SR-IOV, so there is no virtual function; enable "
            "SR-IOV in the firmware and in the card's own settings, or take a card that has it"
        )
    if parent is None:
        if own is None:
            raise LabError(
                "parent is missing; name a virtual function by its link or PCI address, or the physical one of which a "
                f"free one is taken ({', '.join(pf.name for pf in pfs)})"
            )
        return _fit(own, held, links)
    address = parent.lower() if parent.count(":") == 2 else f"0000:{parent.lower()}"
    named = next(((pf, vf) for pf, vf in every if parent == vf.interface or address == vf.address), None)
    if named is not None:
        return _fit(named, held, links)
    altnames = {name: link["ifname"] for link in links.values() for name in link.get("altnames") or ()}
    card = next((pf for pf in pfs if altnames.get(parent, parent) == pf.name or address == pf.device), None)
    if card is None:
        there = ", ".join([*(pf.name for pf in pfs), *(vf.interface or vf.address or "" for _pf, vf in every)])
        raise LabError(f"parent is {parent}, and no physical or virtual function here is called so; there are {there}")
    return _of_card(card, held, links)


def address_of(element: Any, links: Links) -> Optional[str]:
    """Return the PCI address of the virtual function that an <interface> is on, None for none."""
    if vf_of(element):
        return vf_of(element)
    link = links.get(parent_of(element) or "", {})
    return str(link.get("parentdev") or "") or None


def _of_card(card: Pf, held: Held, links: Links) -> tuple[Pf, Vf]:
    found = [vf for vf in card.vfs if vf.address]
    if not found:
        raise LabError(f"physical function {card.name} has no virtual functions; {_MAKE}")
    # The NIC's own first: asked again, nothing changes.
    for vf in sorted(found, key=lambda vf: vf.address != held.address):
        if _lacks(vf, held, links) is None:
            return card, vf
    why = "; ".join(f"{vf.interface or vf.address} {_lacks(vf, held, links)}" for vf in found)
    raise LabError(f"physical function {card.name} has no virtual function that is free: {why}")


def _fit(named: tuple[Pf, Vf], held: Held, links: Links) -> tuple[Pf, Vf]:
    vf = named[1]
    why = _lacks(vf, held, links)
    if why:
        raise LabError(f"virtual function {vf.interface or vf.address} {why}; take another one")
    return named


def _lacks(vf: Vf, held: Held, links: Links) -> Optional[str]:
    """Why a virtual function cannot be had, None where it can."""
    is_own = vf.address == held.address
    users = [user for user in vf.in_use if not (is_own and held.has(user))]
    if users:
        return f"is in use by {' and '.join(user.words for user in users)}"
    if is_own and held.passed and len(vf.in_use) > len(users):
        return None
    if not vf.driver:
        return "has no driver, so it has no link"
    if not vf.interface:
        return f"is bound to {vf.driver}, so it has no link"
    link = links.get(vf.interface, {})
    if link.get("master"):
        return f"is a port of {link['master']}"
    if [one for one in link.get("addr_info") or () if one.get("scope") == "global"]:
        return "has an address of the hypervisor"
    return None


def links_of(host: Host) -> Links:
    """The links of this network namespace by name, with their addresses."""
    return parse(host.runner(["ip", "-j", "-d", "address", "show"]).stdout)


@reads("what `ip -j -d address` prints")
def parse(text: str) -> Links:
    """Return the links that `ip -j -d address` prints, by name."""
    entries = _json.loads(text or "[]", "what `ip -j -d address` prints")
    return {entry["ifname"]: entry for entry in entries if entry.get("ifname")}


def _refuse_card(pf: Pf, bridge: Optional[str], links: Links) -> None:
    if not pf.up:
        raise LabError(
            f"physical function {pf.name} is down, so its virtual functions carry no packet; set it up "
            f"(ip link set {pf.name} up)"
        )
    if bridge is not None and links.get(pf.name, {}).get("master") != bridge:
        mac = links.get(bridge, {}).get("address", "ITS-MAC")
        raise LabError(
            f"physical function {pf.name} is no port of {bridge}, so the NIC would leave its network; make it one "
            f"(ip link set {pf.name} master {bridge}; bridge fdb add {mac} dev {pf.name} self), or leave hang_on and "
            "bridge out"
        )


def _refuse_vf(edit: Edit, element: Any, links: Links) -> None:
    """A macvtap in passthrough mode on a virtual function is a datapath of its own."""
    mode = edit.datapath.attachment.mode if edit.datapath else None
    others = [one.name for one in DATAPATHS if one.attachment.on_vf and one.attachment.mode == mode]
    stays = None if edit.network or edit.bridge else parent_of(element)
    parent = edit.parent or stays
    if mode and others and parent in links and is_vf(parent or ""):
        raise LabError(
            f"{parent} is a virtual function, and the datapath over one in {mode} mode is {' or '.join(others)}; ask "
            "for that"
        )

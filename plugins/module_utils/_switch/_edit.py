# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Another <interface> for a NIC: on a datapath of the registry, or the very one that it had before. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping, NamedTuple, Optional

from ansible_collections.virtio.lab.plugins.module_utils._datapaths import _attachments
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import Datapath, Function, HostLink, Nic
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._element import interface
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._server import served_at
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import nested, read
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import etree, parse

if TYPE_CHECKING:
    from lxml.etree import _Element

# What of <source> a user writes; libvirt adds to it while the guest runs.
_SOURCES = {"network": ("network",), "bridge": ("bridge",), "direct": ("dev", "mode"), "vhostuser": ("path", "mode")}


class Edit(NamedTuple):
    """What a NIC shall be: on a datapath with these options, or as it was `before`, an <interface> in XML.

    driver has keys as Interface.driver; network, bridge and parent are where it hangs, None for where it hangs now.
    vf is the virtual function that parent means.
    """

    datapath: Optional[Datapath]
    driver: Mapping[str, str] = {}
    model: Optional[str] = None
    mtu: Optional[int] = None
    network: Optional[str] = None
    bridge: Optional[str] = None
    parent: Optional[str] = None
    before: Optional[str] = None
    vf: Optional[Function] = None


def edited(edit: Edit, old: _Element, bridges: Mapping[str, str]) -> _Element:
    """Return the new <interface> of a NIC.

    bridges has by name the bridge of each network of libvirt's, and the master of each link that was made for a NIC.
    Raises LabError for what cannot be.
    """
    if edit.before is not None:
        element = _restored(edit.before)
        if read(element).mac != read(old).mac:
            raise LabError(f"restore has the MAC address {read(element).mac}, and the NIC has {read(old).mac}")
        return element
    if edit.datapath is None:
        raise LabError("neither a datapath nor an <interface> to restore is given")
    return interface(edit.datapath, nic_of(edit, old, bridges), old)


def links(edit: Edit, old: _Element, bridges: Mapping[str, str]) -> list[HostLink]:
    """Return the links of the hypervisor that the new <interface> needs, in the order in which they are made."""
    nic = nic_of(edit, old, bridges)
    if edit.datapath is not None:
        return edit.datapath.links(nic)
    # What comes back needs what it had, which went with it; where it hung is known where it hangs on a bridge now.
    again = edited(edit, old, bridges)
    named, nic = used_links(again) if nic.bridge else set(), nic._replace(driver=read(again).driver)
    made = (one.links(nic) for one in _attachments.ATTACHMENTS)
    return next((links_of for links_of in made if named & {link.name for link in links_of}), [])


def nic_of(edit: Edit, old: _Element, bridges: Mapping[str, str]) -> Nic:
    """Return the NIC that an edit is about: what is not asked for stays as the old <interface> has it."""
    source = old.find("source")
    network = edit.network or (None if source is None or edit.bridge else source.get("network"))
    bridge = edit.bridge or bridges.get(network or "") or (None if source is None else source.get("bridge"))
    parent = edit.parent or (None if edit.network or edit.bridge else parent_of(old))
    nic = Nic(read(old).mac, network, bridge, parent, edit.driver, edit.model, edit.mtu, vf=edit.vf)
    if not network and bridge in (None, _attachments.ovs_bridge_name(nic)):
        # What was made for it tells nothing of where the NIC hangs, but leads there.
        return nic._replace(bridge=_behind(used_links(old), nic.mac, bridges))
    stays = source is not None and all(
        asked in (None, source.get(key)) for key, asked in (("network", edit.network), ("bridge", edit.bridge))
    )
    return nic._replace(is_ovs_port=stays and read(old).virtualport == _attachments.OPENVSWITCH)


def own_links(mac: str) -> tuple[tuple[str, ...], ...]:
    """Return the names of all links that datapaths make for the NIC of that MAC address, those together that go so."""
    nic = Nic(mac, bridge="any")
    made = [tuple(link.name for link in one.links(nic)) for one in _attachments.ATTACHMENTS]
    return tuple(dict.fromkeys(names for names in made if names))


def vf_of(element: _Element) -> Optional[str]:
    """Return the PCI address of the card's function that an <interface> passes through, None for none."""
    return read(element).source if element.get("type") == "hostdev" else None


def parent_of(old: _Element) -> Optional[str]:
    """Return the user's own link that a macvtap is on top of, None where there is none or it was made for the NIC."""
    source = old.find("source")
    dev = None if source is None or old.get("type") != "direct" else source.get("dev")
    return None if dev == _attachments.parent_name(Nic(read(old).mac)) else dev


def _behind(used: set[str], mac: str, bridges: Mapping[str, str]) -> Optional[str]:
    """Return the bridge that the links lead to which were made for the NIC and which it uses, None for none."""
    for attachment in _attachments.ATTACHMENTS:
        made = attachment.links(Nic(mac, bridge="any"))
        if used & {link.name for link in made}:
            return next((bridges[link.name] for link in made if link.master and bridges.get(link.name)), None)
    return None


def used_links(element: _Element) -> set[str]:
    """Return the links of the hypervisor that an <interface> names, by themselves or by the socket they go with."""
    source, target = element.find("source"), element.find("target")
    served = None if source is None else served_at(source.get("path") or "")
    named = [one.get(key) for one in (source, target) if one is not None for key in ("dev", "bridge")]
    return {name for name in (*named, served) if name}


def shape(element: _Element) -> dict[str, Any]:
    """Return what of an <interface> makes its datapath, in plain data: equal for what does the same."""
    kind, source, target, mtu = element.get("type", ""), element.find("source"), element.find("target"), None
    if element.find("mtu") is not None:
        mtu = int(element.find("mtu").get("size"))
    nic = read(element)
    if source is not None and source.get("network"):
        kind = "network"  # libvirt shows what the network resolved to
    found = {
        "type": kind,
        **{key: source.get(key) for key in _SOURCES.get(kind, ()) if source is not None and source.get(key)},
        **({"tap": target.get("dev")} if target is not None and not nic.managed else {}),
        **({"virtualport": nic.virtualport} if nic.virtualport else {}),
        **({"router": nic.router} if nic.router else {}),
        "model": nic.model,
        "driver": nested(nic.driver),
    }
    if kind == "hostdev":  # libvirt adds by which driver it is passed through
        found.update(address=nic.source, driver={})
    return {**found, "mtu": mtu} if mtu is not None else found


def text_of(element: _Element) -> str:
    """Return an <interface> as one text, without what stood behind it."""
    element.tail = None
    return str(etree.tostring(element, encoding="unicode"))


def _restored(text: str) -> _Element:
    element = parse(text)
    if element.tag != "interface" or not read(element).mac:
        raise LabError(f"restore is <{element.tag}>; an <interface> with its MAC address would be right")
    return element

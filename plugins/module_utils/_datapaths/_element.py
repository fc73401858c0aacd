# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""libvirt's <interface> of a NIC on a datapath. Pure.

https://libvirt.org/formatdomain.html#network-interfaces
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from ansible_collections.virtio.lab.plugins.module_utils._datapaths._attachments import ovs_bridge_name
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import Datapath, Nic
from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import SIDES
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import etree

if TYPE_CHECKING:
    from lxml.etree import _Element

# What any NIC may have, and keeps: its place in the guest above all.
_KEPT = ("address", "rom", "boot", "acpi", "link")
# What the datapath says anew, or libvirt makes up for a running guest.
_MADE_ANEW = ("mac", "model", "source", "target", "driver", "alias", "mtu", "backend")


def interface(datapath: Datapath, nic: Nic, old: Optional[_Element] = None) -> _Element:
    """Return the <interface> of a NIC on a datapath, with what the old one has that goes with any datapath.

    Raises LabError for what the datapath cannot carry: nothing that the user set is dropped without a word.
    """
    _check(datapath, nic, old)
    found = etree.Element("interface", type=datapath.attachment.kind(nic))
    etree.SubElement(found, "mac", address=nic.mac)
    found.extend(datapath.attachment.source(nic))
    if datapath.frontend.models:
        etree.SubElement(found, "model", type=nic.model or datapath.frontend.models[0])
    else:
        found.set("managed", "yes")  # libvirt takes it from its driver and gives it back
    _add_driver(found, datapath, nic)
    if nic.mtu is not None:
        etree.SubElement(found, "mtu", size=str(nic.mtu))
    made_anew = _made_anew(nic, old)
    for child in [] if old is None else old:
        if child.tag in (*_KEPT, *datapath.attachment.takes) and child.tag not in made_anew:
            found.append(_copy(child))
    return found


def _made_anew(nic: Nic, old: Optional[_Element]) -> tuple[str, ...]:
    """A port of the bridge that was made for the NIC is the datapath's; one of another bridge is the user's."""
    source = None if old is None else old.find("source")
    is_ours = source is not None and source.get("bridge") == ovs_bridge_name(nic)
    return (*_MADE_ANEW, "virtualport") if is_ours else _MADE_ANEW


def takes(datapath: Datapath, what: str) -> bool:
    """Whether the <interface> of a datapath can have that child beside what all have."""
    return what in datapath.attachment.takes


def _check(datapath: Datapath, nic: Nic, old: Optional[_Element]) -> None:
    name, attachment = f"interface {nic.mac}", datapath.attachment
    if nic.model is not None and not datapath.frontend.models:
        raise LabError(f"{name}: {datapath.frontend.title} has no model to choose; leave model out")
    if nic.model is not None and nic.model not in datapath.frontend.models:
        raise LabError(
            f"{name}: the model of datapath {datapath.name} is {' or '.join(datapath.frontend.models)}, not {nic.model}"
        )
    if nic.driver and not datapath.frontend.has_driver:
        raise LabError(
            f"{name}: datapath {datapath.name} has {datapath.frontend.title}, which takes no attributes of <driver>; "
            f"leave out {', '.join(nic.driver)}"
        )
    offloads = [key for key in nic.driver if "." in key]
    if offloads and not datapath.offloads:
        raise LabError(f"{name}: {attachment.title} has no offloads to switch; leave out {', '.join(offloads)}")
    if nic.mtu is not None and not takes(datapath, "mtu"):
        raise LabError(f"{name}: the MTU of {attachment.title} is not libvirt's to set; leave mtu out")
    if attachment.on_vf and nic.vf is None:
        raise LabError(f"{name}: datapath {datapath.name} needs a virtual function; name it, or its card, by parent")
    needs_bridge = attachment.kind(nic) == "bridge" or attachment.links(nic)
    if not nic.bridge and not nic.network and needs_bridge:
        raise LabError(f"{name}: datapath {datapath.name} needs the bridge that the NIC hangs on, and it has none")
    for child in [] if old is None else old:
        if isinstance(child.tag, str) and child.tag not in (*_KEPT, *_made_anew(nic, old), *attachment.takes):
            raise LabError(
                f"{name} has <{child.tag}>, which {attachment.title} cannot have; take it out of the domain's XML "
                f"first, or choose another datapath than {datapath.name}"
            )


def _add_driver(found: _Element, datapath: Datapath, nic: Nic) -> None:
    if not datapath.frontend.has_driver:
        return
    # Named wherever there is a choice: without a name libvirt falls back to QEMU without a word.
    named = {"name": datapath.backend.driver} if datapath.backend.driver and datapath.attachment.device else {}
    wanted = {**{key: value for key, value in nic.driver.items() if key != "name"}, **named}
    if not wanted:
        return
    driver = etree.SubElement(found, "driver", {key: text for key, text in wanted.items() if "." not in key})
    for side in SIDES:
        own = {key.partition(".")[2]: text for key, text in wanted.items() if key.startswith(f"{side}.")}
        if own:
            etree.SubElement(driver, side, own)


def _copy(element: _Element) -> _Element:
    copied = etree.fromstring(etree.tostring(element))
    copied.tail = None
    return copied

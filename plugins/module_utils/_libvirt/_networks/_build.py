# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A want written into a network's XML: only what is wanted changes, everything else stays. Pure."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, Mapping, Optional

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._mark import clear_mark, keep_notes, set_mark
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._build_dns import (
    set_dns,
    set_dnsmasq_options,
)
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._build_forward import mode_of, set_forward
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._build_ip import set_ips, set_routes
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._build_metadata import set_metadata
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._build_port import (
    set_bandwidth,
    set_portgroups,
    set_virtualport,
    set_vlan,
)
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._element import child_of, replace, yes_no
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._model import VIRTUAL, Want
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._values import chosen_by_libvirt
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import parse

if TYPE_CHECKING:
    from lxml.etree import _Element

# What libvirt gives every network that lacks it; a document that is silent about one keeps what is there.
_GIVEN_BY_LIBVIRT = ("uuid", "mac")


def merged(current: Optional[_Element], want: Want) -> _Element:
    """Return the <network> that current, None when there is none yet, becomes by want. merged() twice is merged().

    Raises LabError when the document of want is no network, or one of another name or UUID.
    """
    if want.document is not None:
        root = _document(current, want)
    elif current is None:
        root = parse("<network/>")
        replace(root, "name").text = want.name
        _set_options(root, {"mode": "nat", **want.options}, want)
    else:
        root = deepcopy(current)
        _set_options(root, want.options, want)
    if want.uuid is not None:
        child_of(root, "uuid").text = want.uuid
    if want.lab is None:
        clear_mark(root)
    else:
        set_mark(root, want.lab)
    return root


def _set_options(root: _Element, options: Mapping[str, Any], want: Want) -> None:
    yes_no(root, "ipv6", options.get("ipv6"))
    yes_no(root, "trustGuestRxFilters", options.get("trust_guest_rx_filters"))
    set_forward(root, options)
    _set_bridge(root, options)
    if "mac" in options:
        child_of(root, "mac").set("address", options["mac"].lower())
    if "mtu" in options:
        child_of(root, "mtu").set("size", str(options["mtu"]))
    _set_domain(root, options)
    set_dns(root, options.get("dns", {}))
    set_dnsmasq_options(root, options.get("dnsmasq_options"))
    set_ips(root, want.ips, want.all_ips)
    set_routes(root, options.get("routes"))
    set_virtualport(root, options.get("virtualport"))
    set_vlan(root, options.get("vlan"))
    set_bandwidth(root, options.get("bandwidth"))
    set_portgroups(root, options.get("portgroups"))
    set_metadata(root, options.get("metadata", ()))
    if "isolated_ports" in options:
        yes_no(child_of(root, "port"), "isolated", options["isolated_ports"])


def _set_bridge(root: _Element, options: Mapping[str, Any]) -> None:
    named = {"bridge": "name", "zone": "zone", "mac_table_manager": "macTableManager"}
    values = {attribute: options[option] for option, attribute in named.items() if option in options}
    if "stp" in options:
        values["stp"] = "on" if options["stp"] else "off"
    if "delay" in options:
        values["delay"] = str(options["delay"])
    there = root.find("bridge")
    name = None if there is None else there.get("name")
    if "name" in values and mode_of(root) in VIRTUAL and name and chosen_by_libvirt(values["name"] or None, name):
        # There is a bridge, and the name that libvirt chose for it is as good as any.
        del values["name"]
    for attribute, value in values.items():
        if value == "":
            child_of(root, "bridge").attrib.pop(attribute, None)
        else:
            child_of(root, "bridge").set(attribute, value)


def _set_domain(root: _Element, options: Mapping[str, Any]) -> None:
    name = options.get("domain")
    if name == "":
        for domain in root.findall("domain"):
            root.remove(domain)
        return
    if name is not None:
        child_of(root, "domain").set("name", name)
    domain = root.find("domain")
    if domain is not None:
        yes_no(domain, "localOnly", options.get("domain_local_only"))


def _document(current: Optional[_Element], want: Want) -> _Element:
    """Return the document of want, with what libvirt itself gave to current where the document is silent."""
    root = parse(want.document or "")
    if root.tag != "network":
        raise LabError(f"network {want.name}: xml is a <{root.tag}>; a <network> is right")
    named = root.findtext("name", "").strip()
    if named not in ("", want.name):
        raise LabError(f"network {want.name}: xml names the network {named!r}; the names must be the same")
    replace(root, "name").text = want.name
    told = root.findtext("uuid", "").strip().lower()
    if want.uuid is not None and told not in ("", want.uuid):
        raise LabError(f"network {want.name}: xml has the uuid {told}, the task {want.uuid}; they must be the same")
    clear_mark(root)
    if current is not None:
        _keep_what_libvirt_gave(root, current)
    return root


def _keep_what_libvirt_gave(root: _Element, current: _Element) -> None:
    for tag in _GIVEN_BY_LIBVIRT:
        given = current.find(tag)
        if root.find(tag) is None and given is not None and not (tag == "mac" and mode_of(root) not in VIRTUAL):
            root.append(deepcopy(given))
    keep_notes(root, current.iterfind("metadata/*"))
    bridge = current.find("bridge")
    name = None if bridge is None else bridge.get("name")
    if name is not None and mode_of(root) in VIRTUAL and mode_of(current) in VIRTUAL:
        mine = child_of(root, "bridge")
        if chosen_by_libvirt(mine.get("name"), name):
            mine.set("name", name)

# Copyright: (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What libvirt would refuse of a whole definition, said before anything is changed. Pure."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._build_forward import mode_of
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._model import VIRTUAL, Wish
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._values import prefix_length

if TYPE_CHECKING:
    from lxml.etree import _Element

# What stands in the XML of a network with a bridge of its own, and the option that takes it away.
_VIRTUAL_ONLY = {"ip": "ips: []", "dns": "xml", "domain": "domain: ''", "route": "routes: []"}
# networkValidate() of libvirt's src/network/bridge_driver.c, which its parser, all that judges beforehand, knows not.
_VLAN_MODES = ("bridge", "passthrough", "hostdev")


def check(root: _Element, want: Wish) -> None:
    """Raise LabError when the definition root, made from want, contradicts itself."""
    mode, name = mode_of(root), want.name
    if mode in VIRTUAL:
        if mode != "isolated" and root.find("ip") is None:
            raise LabError(f"network {name}: mode {mode} needs an address; give it a subnet or ips")
    else:
        for tag, remedy in _VIRTUAL_ONLY.items():
            if root.find(tag) is not None:
                raise LabError(
                    f"network {name}: mode {mode} puts guests on what the host has, so it takes no {tag}; "
                    f"{remedy} takes it away"
                )
    _check_forward(mode, root, want)
    for holder in (root, *root.iterfind("portgroup")):
        _check_traffic(mode, root, holder, name)
    _check_dhcp(root, name)
    if want.ips is not None:
        _check_leases(root, name)
    if "domain_local_only" in want.options and root.find("domain") is None:
        raise LabError(f"network {name}: domain_local_only says something of a domain, but there is none; give domain")


def _check_forward(mode: str, root: _Element, want: Wish) -> None:
    asked = want.options.get("forward", {})
    if mode == "isolated" and asked:
        raise LabError(f"network {want.name}: an isolated network forwards nothing; leave out forward")
    if "nat" in asked and mode != "nat":
        raise LabError(f"network {want.name}: forward.nat is for mode nat, the mode is {mode}")
    devices = [option for option in ("interfaces", "pf", "addresses") if asked.get(option)]
    if len(devices) > 1:
        raise LabError(f"network {want.name}: forward.{' and forward.'.join(devices)} exclude each other; give one")
    if mode == "hostdev" and root.find("forward/interface") is not None:
        raise LabError(f"network {want.name}: mode hostdev takes forward.pf or forward.addresses, no interfaces")
    if mode != "hostdev" and root.find("forward/address") is not None:
        raise LabError(f"network {want.name}: forward.addresses are for mode hostdev, the mode is {mode}")
    if mode == "bridge" and root.find("bridge") is not None and root.find("forward/interface") is not None:
        raise LabError(f"network {want.name}: mode bridge takes a bridge or forward.interfaces, not both")


def _check_traffic(mode: str, root: _Element, holder: _Element, name: str) -> None:
    """Check vlan and bandwidth of holder, the network root itself or one of its portgroups."""
    where = "" if holder is root else f" in portgroup {holder.get('name')}"
    if holder.find("vlan/tag") is not None and mode not in _VLAN_MODES:
        raise LabError(
            f"network {name}: vlan{where} is for the modes {', '.join(_VLAN_MODES)}, the mode is {mode}; "
            "vlan: {} takes it away"
        )
    bounded = any(limits.attrib for limits in holder.iterfind("bandwidth/*"))
    if bounded and mode not in VIRTUAL and not (mode == "bridge" and root.find("bridge[@name]") is not None):
        raise LabError(
            f"network {name}: bandwidth{where} needs a bridge, and mode {mode} has none here; "
            "bandwidth: {} takes it away"
        )


def _check_dhcp(root: _Element, name: str) -> None:
    served: dict[str, str] = {}
    for ip in root.iterfind("ip"):
        if ip.find("dhcp/range") is None and ip.find("dhcp/host") is None:
            continue
        family, address = ip.get("family", "ipv4"), ip.get("address", "")
        if family in served:
            raise LabError(
                f"network {name}: both {served[family]} and {address} have DHCP; libvirt serves one subnet of {family}"
            )
        served[family] = address


def _check_leases(root: _Element, name: str) -> None:
    """Refuse fixed leases that the network keeps from a subnet that it had before."""
    for ip in root.iterfind("ip[@address]"):
        subnet = ip_network(f"{ip.get('address')}/{prefix_length(ip)}", strict=False)
        for host in ip.iterfind("dhcp/host[@ip]"):
            if ip_address(host.get("ip", "")) not in subnet:
                raise LabError(
                    f"network {name}: its fixed lease {host.get('ip')} lies outside of the new subnet {subnet}; "
                    "give the hosts too, or hosts: [] to remove them"
                )

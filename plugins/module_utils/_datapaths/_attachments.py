# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attachments: where the packets leave QEMU."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Callable, Optional

from ansible_collections.virtio.lab.plugins.module_utils._datapaths import _server
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._datapath import (
    Attachment,
    Host,
    HostLink,
    Nic,
    OwnNetwork,
)
from ansible_collections.virtio.lab.plugins.module_utils._datapaths._server import Server
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._interface import read
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._networks._values import pci_attributes
from ansible_collections.virtio.lab.plugins.module_utils._libvirt._xml import etree

if TYPE_CHECKING:
    from lxml.etree import _Element

MACVTAP_MODES = ("vepa", "bridge", "private", "passthrough")
# `ip` and the kernel call the fourth one by a shorter word.
KERNEL_MODES = {
    "vepa": "vepa",
    "bridge": "bridge",
    "private": "private",
    "passthrough": "passthru",
}
_BRIDGE_END = "the bridge of the NIC's network"
OPENVSWITCH = "openvswitch"  # as libvirt and the kernel call it


def _element(tag: str, **attributes: str) -> _Element:
    return etree.Element(tag, attributes)


def _nothing(_nic: Nic) -> list[HostLink]:
    return []


def _no_needs(_host: Host) -> list[str]:
    return []


def _needs_tun(host: Host) -> list[str]:
    return [host.tun] if host.tun else []


def _needs_macvtap(host: Host) -> list[str]:
    return [host.macvtap] if host.macvtap else []


def tap_name(nic: Nic) -> str:
    """The TAP that is made beforehand for a NIC: no more than the 15 bytes of a link's name, and its MAC in it.

    >>> tap_name(Nic("52:54:00:00:96:01"))
    'vlt525400009601'
    """
    return f"vlt{nic.mac.replace(':', '')}"


def parent_name(nic: Nic) -> str:
    """The link that the macvtap of a NIC goes on top of: the user's, or one end of a veth that is made for it."""
    return nic.parent or f"vlp{nic.mac.replace(':', '')}"


def _tap_kind(nic: Nic) -> str:
    return "network" if nic.network else "bridge"


def _tap_source(nic: Nic) -> list[_Element]:
    return [_element("source", network=nic.network) if nic.network else _element("source", bridge=nic.bridge or "")]


TAP = Attachment(
    name="tap",
    title="a TAP that libvirt makes, on a network or bridge",
    # Of type ethernet too where libvirt makes the TAP itself.
    types=("network", "bridge", "ethernet"),
    netdev="tap",
    device="tun",
    persistent=False,
    kind=_tap_kind,
    source=_tap_source,
    lacks=_needs_tun,
    links=_nothing,
    takes=("mtu", "filterref", "bandwidth", "vlan", "virtualport", "port"),
    host_end=_BRIDGE_END,
)


def ovs_bridge_name(nic: Nic) -> str:
    """The bridge of Open vSwitch that is made for a NIC."""
    return f"vlo{nic.mac.replace(':', '')}"


def _ovs_source(nic: Nic) -> list[_Element]:
    if nic.is_ovs_port:
        return _tap_source(nic)
    return [_element("source", bridge=ovs_bridge_name(nic)), _element("virtualport", type=OPENVSWITCH)]


def _ovs_links(nic: Nic) -> list[HostLink]:
    """A bridge of its own, and a veth from it into the bridge of the NIC's network, as the load's far end is there."""
    if nic.is_ovs_port:
        return []
    mac = nic.mac.replace(":", "")
    near, far = f"vls{mac}", f"vlf{mac}"
    return [
        HostLink(near, "veth", {"peer": far}),
        HostLink(far, "veth", {}, nic.bridge),
        HostLink(ovs_bridge_name(nic), OPENVSWITCH, {"port": near}),
    ]


def _lacks_ovs(host: Host) -> list[str]:
    return [reason for reason in (host.tun, host.openvswitch, host.openvswitch_kernel) if reason]


OVS = Attachment(
    name="ovs",
    title="a TAP as a port of Open vSwitch, kernel datapath",
    types=("bridge", "network"),
    netdev="tap",
    device="tun",
    persistent=False,
    kind=lambda nic: _tap_kind(nic) if nic.is_ovs_port else "bridge",
    source=_ovs_source,
    lacks=_lacks_ovs,
    links=_ovs_links,
    takes=("mtu", "bandwidth", "vlan", "virtualport", "port"),
    host_end=f"{_BRIDGE_END}, by a veth from the bridge of Open vSwitch into it",
    ovs_port=True,
)


def _own_tap(nic: Nic) -> list[HostLink]:
    multi = int(nic.driver.get("queues", "1")) > 1
    attributes = {"mode": "tap", "multi_queue": multi, "vnet_hdr": True}
    return [HostLink(tap_name(nic), "tun", attributes, nic.bridge, owned=True)]


ETHERNET = Attachment(
    name="ethernet",
    title="a TAP made beforehand, which QEMU opens without privilege",
    types=("ethernet",),
    netdev="tap",
    device="tun",
    persistent=True,
    kind=lambda _nic: "ethernet",
    source=lambda nic: [_element("target", dev=tap_name(nic), managed="no")],
    lacks=_needs_tun,
    links=_own_tap,
    takes=("mtu", "filterref", "bandwidth"),
    host_end=_BRIDGE_END,
)


def _veth(nic: Nic) -> list[HostLink]:
    """A macvtap cannot be reached from its own parent, so the parent is a veth whose other end is in the bridge."""
    if nic.parent:
        return []
    far = f"vlb{nic.mac.replace(':', '')}"
    return [HostLink(parent_name(nic), "veth", {"peer": far}), HostLink(far, "veth", {}, nic.bridge)]


def macvtap(mode: str) -> Attachment:
    """A macvtap in one of libvirt's modes."""
    return Attachment(
        name=f"macvtap_{mode}",
        title=f"a macvtap in {mode} mode",
        types=("direct",),
        mode=mode,
        netdev="tap",
        device="tap",
        kind=lambda _nic: "direct",
        source=lambda nic: [_element("source", dev=parent_name(nic), mode=mode)],
        lacks=_needs_macvtap,
        links=_veth,
        takes=("bandwidth",),
        host_end=f"{_BRIDGE_END}, by a veth below the macvtap; not the macvtap's parent itself",
    )


SRIOV_MACVTAP = macvtap("passthrough")._replace(
    name="sriov_macvtap",
    title="a macvtap in passthrough mode on a virtual function",
    source=lambda nic: [_element("source", dev=(nic.vf and nic.vf.link) or "", mode="passthrough")],
    lacks=lambda host: [why for why in (host.macvtap, host.sriov) if why],
    links=_nothing,
    host_end="what the card's physical function hangs on: the bridge that it is a port of, or its own address",
    on_vf=True,
)


def _function_source(nic: Nic) -> list[_Element]:
    source = _element("source")
    source.append(_element("address", **pci_attributes(nic.vf.address if nic.vf else "0000:00:00.0")))
    return [source]


SRIOV_VF = Attachment(
    name="vf",
    title="a virtual function that the guest has itself",
    types=("hostdev",),
    netdev="",
    device="vfio",
    kind=lambda _nic: "hostdev",
    source=_function_source,
    lacks=lambda host: [why for why in (host.sriov, host.iommu, host.vfio) if why],
    links=_nothing,
    host_end=SRIOV_MACVTAP.host_end,
    sole_backend="hardware",
    on_vf=True,
)

MACVTAPS = tuple(macvtap(mode) for mode in MACVTAP_MODES)

USER = Attachment(
    name="user",
    title="QEMU's user-mode network (SLIRP)",
    types=("user",),
    netdev="user",
    kind=lambda _nic: "user",
    source=lambda _nic: [],
    lacks=_no_needs,
    links=_nothing,
    host_end="a loopback address of the host, which the guest connects to as 10.0.2.2",
    directions=("host_to_guest", "guest_to_host", "round_trip"),
    sole_backend="qemu",
    own_network=OwnNetwork("10.0.2.0/24", "10.0.2.2", "127.0.0.1"),
)

PASST_PROGRAM = "passt"  # as libvirt calls it too

PASST = Attachment(
    name="passt",
    title="passt, by a socket",
    types=("user",),
    netdev="stream",
    kind=lambda _nic: "user",
    source=lambda _nic: [_element("backend", type=PASST_PROGRAM)],
    lacks=lambda host: [host.passt] if host.passt else [],
    links=_nothing,
    host_end="a loopback address of the host, which the guest connects to as its router",
    directions=USER.directions,
    sole_backend="qemu",
    router=PASST_PROGRAM,
    programs=(PASST_PROGRAM,),
)


def _served(of: Server, title: str, lacks: Callable[[Host], list[str]], host_end: str = _BRIDGE_END) -> Attachment:
    """The socket of a process that serves the NIC over vhost-user, behind which is a link of the hypervisor."""

    def source(nic: Nic) -> list[_Element]:
        # QEMU connects: as a server it would wait for the other process without end.
        return [_element("source", type="unix", path=of.socket(of.name(nic.mac)), mode="client")]

    return Attachment(
        name=of.kind,
        title=title,
        types=("vhostuser",),
        netdev="vhost-user",
        kind=lambda _nic: "vhostuser",
        source=source,
        lacks=lacks,
        links=lambda nic: [HostLink(of.name(nic.mac), of.kind, {}, nic.bridge)],
        host_end=host_end,
        sole_backend="vhost_user",
        shared_memory=True,
        programs=of.programs,
        counted=of.name,
    )


TESTPMD = _served(
    _server.TESTPMD,
    "DPDK's testpmd, which forwards to a TAP",
    lambda host: [why for why in (host.dpdk_testpmd, host.tun) if why],
)
OVS_DPDK = _served(
    _server.OVS_DPDK,
    "a port of Open vSwitch, DPDK datapath in user space",
    lambda host: [why for why in (host.openvswitch_dpdk, host.tun) if why],
    f"{_BRIDGE_END}, by a veth from the bridge of Open vSwitch into it",
)

ATTACHMENTS = (TAP, ETHERNET, OVS, *MACVTAPS, USER, PASST, TESTPMD, OVS_DPDK, SRIOV_MACVTAP, SRIOV_VF)


def asked_ip(element: _Element) -> Optional[ipaddress.IPv4Interface | ipaddress.IPv6Interface]:
    """Return the address of IPv4 that an <interface> asks for in its own network, None for the usual one."""
    ip = next((ip for ip in element.iterfind("ip") if ip.get("family") != "ipv6"), None)
    return None if ip is None else ipaddress.ip_interface(f"{ip.get('address')}/{ip.get('prefix', '24')}")


def own_network(element: _Element) -> Optional[OwnNetwork]:
    """Return the network that QEMU makes for the NIC of an <interface>, None where it makes none."""
    found = next((one.own_network for one in ATTACHMENTS if element.get("type") in one.types), None)
    if found is None or read(element).router:
        return None
    asked = asked_ip(element)
    return found if asked is None else found._replace(subnet=str(asked.network), host=str(asked.network[2]))

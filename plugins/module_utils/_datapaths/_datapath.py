# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a datapath is: a frontend that the guest has, a backend that moves the packets, an attachment to the host.

Each of the three is a small value that says what it needs of the host, what it contributes to libvirt's <interface>,
and by what it is known when it is in effect. A datapath names one combination (_registry has them all). Nothing here
touches the world.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Mapping, NamedTuple, Optional

if TYPE_CHECKING:
    from lxml.etree import _Element

AXES = ("frontend", "backend", "attachment")
DIRECTIONS = ("host_to_guest", "guest_to_host", "round_trip", "guest_to_guest")


class Host(NamedTuple):
    """What datapaths ask of a hypervisor: None where it can be had, else why not, in words with the remedy."""

    kvm: Optional[str] = None
    vhost_net: Optional[str] = None
    macvtap: Optional[str] = None
    tun: Optional[str] = None
    openvswitch: Optional[str] = None
    openvswitch_kernel: Optional[str] = None
    dpdk_testpmd: Optional[str] = None
    shared_memory: Optional[str] = None
    sriov: Optional[str] = None
    openvswitch_dpdk: Optional[str] = None
    passt: Optional[str] = None
    iommu: Optional[str] = None
    vfio: Optional[str] = None


class Function(NamedTuple):
    """A virtual function of an SR-IOV card: its PCI address, and its own link while the card's driver serves it."""

    address: str
    link: Optional[str] = None


class Nic(NamedTuple):
    """What stays the same of a guest's NIC over all the datapaths that it is put onto.

    network: libvirt's, bridge: the device that the network, or the NIC itself, hangs on. parent: the link that a
    macvtap goes on top of, None for one that is made for it. driver: the attributes of <driver> as Interface.driver
    has them. model: one of the frontend's models where it matters which. mtu: in bytes. is_ovs_port: whether what it
    hangs on is the user's own Open vSwitch. vf: the virtual function that it has, or that a macvtap goes on top of.
    """

    mac: str
    network: Optional[str] = None
    bridge: Optional[str] = None
    parent: Optional[str] = None
    driver: Mapping[str, str] = {}
    model: Optional[str] = None
    mtu: Optional[int] = None
    is_ovs_port: bool = False
    vf: Optional[Function] = None


class HostLink(NamedTuple):
    """A link of the hypervisor that a datapath needs: the kind and attributes of module link or tuntap.

    Or of the kind of a Server, which comes and goes with that.

    Or a bridge of Open vSwitch, of kind openvswitch, whose attribute port is a link that is there by then.
    master: the bridge that it is a port of. owner: whether QEMU's own user shall own it.
    """

    name: str
    kind: str
    attributes: Mapping[str, Any] = {}
    master: Optional[str] = None
    owned: bool = False


class Frontend(NamedTuple):
    """What the guest has. models: libvirt's, the first is the usual one; devices: how QEMU's -device begins.

    Without models the device is not QEMU's to make. drivers: the guest drivers that serve it. has_driver: whether its
    <driver> takes a virtio device's attributes.
    multiqueue: whether it has more than one queue pair where it is asked for. module: the Linux module that serves it.
    """

    name: str
    title: str
    models: tuple[str, ...]
    devices: tuple[str, ...]
    drivers: tuple[str, ...]
    module: str
    has_driver: bool = False
    multiqueue: bool = False


class Backend(NamedTuple):
    """Who moves the packets. movers: the classes of threads that do, of which at least one must have worked, in words.

    Without movers it is no thread of the hypervisor. driver: what <driver name=…> says of it, None where it is the only
    one. lacks: what a host has not got for it.
    polls: whether its threads never sleep, so that their CPU time says nothing of the packets.
    """

    name: str
    title: str
    movers: tuple[str, ...]
    mover: str
    driver: Optional[str]
    lacks: Callable[[Host], list[str]]
    polls: bool = False


class OwnNetwork(NamedTuple):
    """A network that is made for one NIC alone. The host opens no connection into it; the guest opens them out of it.

    subnet: where the guest's address lies. host: what the guest connects to. listens: where on the host that comes out.
    """

    subnet: str
    host: str
    listens: str


class Attachment(NamedTuple):
    """Where the packets leave QEMU.

    types: libvirt's, as the running domain shows them; mode: that of <source>, where there is one. netdev: the type of
    QEMU's -netdev, "" for none. device: what QEMU holds open for it, tun, tap (a macvtap's) or vfio, None for nothing.
    persistent: whether its TAP outlives QEMU, None where that does not tell. takes: what of an <interface> it can carry
    beside MAC, address and ROM. host_end: in words, where the far end of a load sits. links: what must be made on the
    host first.
    sole_backend: the only backend that can serve it, None where there is a choice. directions: of the loads that it can
    carry. own_network: the network that QEMU makes for the NIC, None where the host reaches the guest by its address.
    router: the program beside QEMU that makes such a network, as libvirt calls it; it depends on the host what network.
    ovs_port: whether its TAP is a port of Open vSwitch. on_vf: whether the packets leave by a virtual function.
    shared_memory: whether another process moves the packets in the guest's memory. The domain must share that from its
    first boot on, and whether it is in effect shows only once the guest's driver has started. programs: what that
    process may be. counted: the link of the
    hypervisor that its packets pass, by the NIC's MAC address; None for the one that libvirt names.
    """

    name: str
    title: str
    types: tuple[str, ...]
    netdev: str
    source: Callable[[Nic], list[_Element]]
    kind: Callable[[Nic], str]
    lacks: Callable[[Host], list[str]]
    links: Callable[[Nic], list[HostLink]]
    host_end: str
    device: Optional[str] = None
    mode: Optional[str] = None
    persistent: Optional[bool] = None
    takes: tuple[str, ...] = ()
    directions: tuple[str, ...] = DIRECTIONS
    sole_backend: Optional[str] = None
    own_network: Optional[OwnNetwork] = None
    router: Optional[str] = None
    ovs_port: bool = False
    on_vf: bool = False
    shared_memory: bool = False
    programs: tuple[str, ...] = ()
    counted: Optional[Callable[[str], str]] = None

    @property
    def has_own_network(self) -> bool:
        """Whether the NIC is in a network that is made for it alone, into which the host opens no connection."""
        return self.own_network is not None or self.router is not None

    @property
    def has_parent(self) -> bool:
        """Whether there is a link below it, or a function of a card, that a user can name."""
        return self.mode is not None or self.on_vf


class Datapath(NamedTuple):
    """One combination under the name that lab files, run documents and reports have for it. note: for its docs row."""

    name: str
    title: str
    frontend: Frontend
    backend: Backend
    attachment: Attachment
    note: str = ""

    @property
    def axes(self) -> tuple[str, str, str]:
        """The names of its three parts: no two datapaths have the same."""
        return self.frontend.name, self.backend.name, self.attachment.name

    @property
    def multiqueue(self) -> bool:
        """Whether it can have more than one queue pair."""
        return self.frontend.multiqueue and self.attachment.device is not None

    @property
    def offloads(self) -> bool:
        """Whether libvirt can switch its offloads: of a virtio NIC whose packets leave QEMU with their headers."""
        return self.frontend.has_driver and self.attachment.device is not None

    @property
    def directions(self) -> tuple[str, ...]:
        """The directions of load that it can carry."""
        return self.attachment.directions

    def refuses(self, direction: str, from_host: bool = False) -> Optional[str]:
        """Return why a load cannot be measured through it, in words, None where it can.

        from_host: whether its client can be nowhere but on the host.
        """
        of = self.attachment
        if direction not in of.directions:
            return f"{of.title} does not carry {direction}; it carries {', '.join(of.directions)}"
        if from_host and of.has_own_network:
            return f"the host reaches no guest through {of.title}; take a tool whose client can be in the guest"
        return None

    def lacks(self, host: Host) -> list[str]:
        """Return what the host has not got for it, in words with the remedy; [] where it can be had."""
        return [*self.backend.lacks(host), *self.attachment.lacks(host)]

    def links(self, nic: Nic) -> list[HostLink]:
        """Return the links of the hypervisor that must be there before the NIC is, in the order they are made."""
        return self.attachment.links(nic)

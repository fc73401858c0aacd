# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of the modules that give a guest's NICs another driver or datapath."""

from __future__ import annotations


class ModuleDocFragment:
    """What a <driver> can say, and how a guest is treated meanwhile."""

    DOCUMENTATION = r"""
options:
  driver:
    description:
      - What the C(<driver>) of the NICs shall say. Where only it changes, what is not given stays as it is.
    type: dict
    suboptions:
      name:
        description:
          - The backend, V(qemu) for packets handled by QEMU itself, V(vhost) for vhost-net in the kernel.
          - Only NICs with a TAP have this choice, those of the types C(network), C(bridge), C(ethernet) and C(direct).
            It is an error for one of another type (C(vhostuser), C(vdpa), C(user), C(server), C(client), C(mcast),
            C(udp)) that is meant. Devices that are passed through are never meant.
        type: str
        choices: [qemu, vhost]
      queues:
        description:
          - Number of queue pairs, 1 to 256.
        type: int
      rx_queue_size:
        description:
          - Descriptors in a receive ring. Needs libvirt 2.3.0.
        type: int
        choices: [256, 512, 1024]
      tx_queue_size:
        description:
          - Descriptors in a transmit ring; more than 256 for interfaces of type C(vhostuser) only. Needs libvirt 3.7.0.
        type: int
        choices: [256, 512, 1024]
      txmode:
        description:
          - How QEMU sends when the backend is V(qemu).
        type: str
        choices: [iothread, timer]
      ioeventfd:
        description:
          - Whether a kick of the guest wakes another thread by an eventfd instead of stopping the vCPU.
        type: bool
      event_idx:
        description:
          - Whether guest and host tell each other up to which descriptor they need no interrupt or kick.
        type: bool
      packed:
        description:
          - Whether packed virtqueues are offered. Needs libvirt 6.3.0.
        type: bool
      iommu:
        description:
          - Whether the device uses an emulated IOMMU or the guest's bounce buffers. Needs libvirt 3.5.0.
        type: bool
      ats:
        description:
          - Whether the device offers PCI address translation services. Needs libvirt 3.5.0.
        type: bool
      rss:
        description:
          - Whether QEMU steers received packets to queues by their hash. Needs libvirt 8.3.0.
        type: bool
      rss_hash_report:
        description:
          - Whether the guest is told the hash of each packet. Needs libvirt 8.3.0.
        type: bool
      host:
        description:
          - Offloads that the host offers for what the guest sends.
        type: dict
        suboptions:
          csum:
            description: Checksums.
            type: bool
          gso:
            description: Generic segmentation.
            type: bool
          tso4:
            description: TCP segmentation over IPv4.
            type: bool
          tso6:
            description: TCP segmentation over IPv6.
            type: bool
          ecn:
            description: TCP segmentation with explicit congestion notification.
            type: bool
          ufo:
            description: UDP fragmentation.
            type: bool
          mrg_rxbuf:
            description: Receive buffers that are merged.
            type: bool
      guest:
        description:
          - Offloads that the guest may take for what it receives.
        type: dict
        suboptions:
          csum:
            description: Checksums.
            type: bool
          tso4:
            description: TCP segmentation over IPv4.
            type: bool
          tso6:
            description: TCP segmentation over IPv6.
            type: bool
          ecn:
            description: TCP segmentation with explicit congestion notification.
            type: bool
          ufo:
            description: UDP fragmentation.
            type: bool
  fresh:
    description:
      - Whether O(apply=hotplug) and O(apply=power_cycle) go ahead even where the wanted driver is in effect, so that
        the virtio devices are new ones. Every call is a change then.
    type: bool
    default: false
  unplug_timeout_s:
    description:
      - How long the guest may take to let go of a NIC with O(apply=hotplug), in seconds.
    type: float
    default: 30
  shutdown_timeout_s:
    description:
      - How long a shutdown may take, in seconds. The guest agent is asked first and, where it listens, given half of
        the time that is left; then the ACPI button is pressed. Both are tried again until the time is over, as a guest
        that boots hears neither.
    type: float
    default: 60
  allow_destroy:
    description:
      - Whether a guest may be switched off hard when it does not shut down in time.
    type: bool
    default: false
  wait_for:
    description:
      - What tells that the guest can be used again. V(agent) waits for the guest agent to answer, with O(apply=hotplug)
        for it to know the NIC; a guest without an agent's channel is not waited for. V(port) waits for a TCP server.
      - V(address) waits until the guest's NICs have the addresses again that they had before, of IPv4, or where there
        was none the global ones of IPv6. It needs a guest agent that is connected.
    type: str
    choices: [agent, address, port, none]
    default: agent
  port:
    description:
      - The TCP port to wait for with O(wait_for=port).
    type: int
  address:
    description:
      - Where O(port) is waited for. By default at any address that libvirt knows of the guest.
    type: str
  wait_s:
    description:
      - How long to wait, in seconds. V(0) does not wait for the agent.
    type: float
    default: 300
"""
